/**
 * `html_decode_basic`: SecLang's htmlEntityDecode.
 *
 * It knows numbers and five names in any letter case, each with or without its semicolon; a name counts only if no letter
 * or digit follows it. A number gives its low byte, as the reference cuts it, so `&#x13c;` is `<` here. Numbers beyond
 * 63 bits give the byte 255, since the reference reads them with strtol, which stops at its largest value.
 */
import { hexValue, load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

const NAMES: ReadonlyMap<string, number> = new Map([
  ['quot', 0x22],
  ['amp', 0x26],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['nbsp', 0xa0],
]);
const NAME_CHARS_MAX = 4;

const LARGEST = 2 ** 63; // strtol saturates from here on

function htmlDecodeBasic(text: string): string {
  const first = text.indexOf('&');
  if (first < 0) return text;
  const buffer = load(text);
  const length = text.length;
  let out = first;
  for (let at = first; at < length; ) {
    let end = 0;
    if (buffer[at] === 0x26) end = buffer[at + 1] === 0x23 ? number(buffer, at + 2) : name(buffer, at + 1);
    if (end === 0) {
      buffer[out++] = buffer[at++]!;
      continue;
    }
    buffer[out++] = found;
    at = buffer[end] === 0x3b && end < length ? end + 1 : end;
  }
  return unload(buffer, out, text);
}

/** The byte of the reference found last; a second result that costs no object. */
let found = 0;

/** Offset behind the digits that start at `at`, 0 without digits. Ends at the zero byte. */
function number(buffer: Buffer, at: number): number {
  const hexadecimal = (buffer[at]! | 0x20) === 0x78;
  const radix = hexadecimal ? 16 : 10;
  const start = hexadecimal ? at + 1 : at;
  let magnitude = 0; // exact enough to tell on which side of LARGEST the number is
  let low = 0;
  let end = start;
  for (; ; end++) {
    const digit = hexValue(buffer[end]);
    if (digit < 0 || digit >= radix) break;
    magnitude = Math.min(magnitude * radix + digit, LARGEST);
    low = (low * radix + digit) & 0xff;
  }
  if (end === start) return 0;
  found = magnitude >= LARGEST ? 0xff : low;
  return end;
}

/** Offset behind the name that starts at `at`, 0 if it is none of those known. */
function name(buffer: Buffer, at: number): number {
  let end = at;
  while (end - at <= NAME_CHARS_MAX && isWordByte(buffer[end]!)) end++;
  const byte = NAMES.get(buffer.toString('latin1', at, end).toLowerCase());
  if (byte === undefined) return 0;
  found = byte;
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
  bind: () => htmlDecodeBasic,
};
