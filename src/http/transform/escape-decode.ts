/** `escape_decode`: ANSI C escapes, as SecLang's escapeSeqDecode reads them. */
import { hexPair, load, unload } from './bytes.ts';
import { LETTER_ESCAPES, octalDigits, octalValue } from './escapes.ts';
import type { TextTransformation } from './transformation.ts';

function escapeDecode(text: string): string {
  const first = text.indexOf('\\');
  if (first < 0) return text;
  const buffer = load(text);
  const length = text.length;
  let out = first;
  for (let at = first; at < length; ) {
    if (buffer[at] !== 0x5c || at + 1 >= length) {
      buffer[out++] = buffer[at++]!;
      continue;
    }
    const letter = buffer[at + 1]!;
    const octal = octalDigits(buffer, at + 1, length);
    if (octal > 0) {
      buffer[out++] = octalValue(buffer, at + 1, octal) & 0xff;
      at += 1 + octal;
      continue;
    }
    if ((letter | 0x20) === 0x78 && at + 3 < length) {
      const value = hexPair(buffer[at + 2], buffer[at + 3]);
      if (value >= 0) {
        buffer[out++] = value;
        at += 4;
        continue;
      }
    }
    buffer[out++] = LETTER_ESCAPES[letter] ?? letter;
    at += 2;
  }
  return unload(buffer, out, text);
}

export const escape_decode: TextTransformation = {
  kind: 'text',
  name: 'escape_decode',
  doc: 'Decodes ANSI C escapes: letters, \\xHH and octal; drops the backslash of any other. SecLang: escapeSeqDecode.',
  parameters: [],
  triggers: '\\',
  erases: false,
  examples: [
    { input: '\\x41\\102\\t', output: 'AB\t' },
    { input: '\\777', output: '\xff' },
    { input: '\\xzz\\q', output: 'xzzq' },
    { input: 'a\\', output: 'a\\' },
  ],
  bind: () => escapeDecode,
};
