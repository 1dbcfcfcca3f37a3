/**
 * `html_decode_basic`: SecLang's htmlEntityDecode.
 *
 * It knows numbers and five names in any letter case, each with or without its semicolon; a name counts only if no letter
 * or digit follows it. A number gives its low byte, as the reference cuts it, so `&#x13c;` is `<` here. Numbers beyond
 * 63 bits give the byte 255, since the reference reads them with strtol, which stops at its largest value.
 */
import { NUMBER_MAX, readNumber, reference, replaceReferences } from './character-reference.ts';
import type { TextTransformation } from './transformation.ts';

const NAMES: ReadonlyMap<string, number> = new Map([
  ['quot', 0x22],
  ['amp', 0x26],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['nbsp', 0xa0],
]);
const NAME_CHARS_MAX = 4;

function readReference(_text: string, buffer: Buffer, at: number): number {
  if (buffer[at + 1] !== 0x23) return readName(buffer, at + 1);
  const end = readNumber(buffer, at + 2);
  reference.codePoint = reference.magnitude >= NUMBER_MAX ? 0xff : reference.lowByte;
  return end;
}

/** Offset behind the name that starts at `at`, 0 if it is none of those known. */
function readName(buffer: Buffer, at: number): number {
  let end = at;
  while (end - at <= NAME_CHARS_MAX && isWordByte(buffer[end]!)) end++;
  const byte = NAMES.get(buffer.toString('latin1', at, end).toLowerCase());
  if (byte === undefined) return 0;
  reference.codePoint = byte;
  return end;
}

/** ASCII letters and digits; the zero byte behind the text is none. */
function isWordByte(byte: number): boolean {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}

export const html_decode_basic: TextTransformation = {
  kind: 'text',
  name: 'html_decode_basic',
  doc: 'Decodes numeric HTML character references, cut to their low byte, and `&quot; &amp; &lt; &gt; &nbsp;`. `html_decode` sees more. SecLang: htmlEntityDecode.',
  parameters: [],
  triggers: '&',
  erases: false,
  examples: [
    { input: '&lt;b&GT;', output: '<b>' },
    { input: '&#x6a;&#00097vascript&colon;', output: 'javascript&colon;' },
    { input: '&#x13c;', output: '<' },
    { input: '&ltscript', output: '&ltscript' },
  ],
  bind: () => (text) => replaceReferences(text, readReference),
};
