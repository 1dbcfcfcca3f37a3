/** `js_decode`: JavaScript string escapes, as SecLang's jsDecode reads them. */
import { hexPair, load, unload } from './bytes.ts';
import { LETTER_ESCAPES, narrowByte, octalDigits, octalValue } from './escapes.ts';
import type { TextTransformation } from './transformation.ts';

function jsDecode(text: string): string {
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
    if (letter === 0x75 && at + 5 < length) {
      const high = hexPair(buffer[at + 2], buffer[at + 3]);
      const low = hexPair(buffer[at + 4], buffer[at + 5]);
      if ((high | low) >= 0) {
        buffer[out++] = narrowByte(high, low);
        at += 6;
        continue;
      }
    } else if (letter === 0x78 && at + 3 < length) {
      const value = hexPair(buffer[at + 2], buffer[at + 3]);
      if (value >= 0) {
        buffer[out++] = value;
        at += 4;
        continue;
      }
    } else if (letter >= 0x30 && letter <= 0x37) {
      let digits = octalDigits(buffer, at + 1, length);
      if (digits === 3 && letter > 0x33) digits = 2; // more than one byte
      buffer[out++] = octalValue(buffer, at + 1, digits);
      at += 1 + digits;
      continue;
    }
    buffer[out++] = LETTER_ESCAPES[letter] ?? letter;
    at += 2;
  }
  return unload(buffer, out, text);
}

export const js_decode: TextTransformation = {
  kind: 'text',
  name: 'js_decode',
  doc: 'Decodes JavaScript escapes: \\uHHHH (full-width forms become ASCII, else the low byte), \\xHH, octal, letters; any other escaped byte stands for itself.',
  parameters: [],
  triggers: '\\',
  erases: false,
  growth: 1,
  decodesBefore: { '\\': ['01234567abfnrtuvx'] },
  examples: [
    { input: '\\u0061lert\\x28\\61)', output: 'alert(1)' },
    { input: '\\uff1cscript', output: '<script' },
    { input: "\\'\\n\\q", output: "'\nq" },
    { input: '\\777', output: '?7' },
    { input: 'end\\', output: 'end\\' },
  ],
  bind: () => jsDecode,
};
