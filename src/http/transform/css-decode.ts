/** `css_decode`: CSS 2 escapes (§4.1.3), as SecLang's cssDecode reads them. */
import { hexPair, hexValue, isSpace, load, unload } from './bytes.ts';
import { narrowByte } from './escapes.ts';
import type { TextTransformation } from './transformation.ts';

const HEX_DIGITS_MAX = 6;

function cssDecode(text: string): string {
  const first = text.indexOf('\\');
  if (first < 0) return text;
  const buffer = load(text);
  const length = text.length;
  let out = first;
  for (let at = first; at < length; ) {
    if (buffer[at] !== 0x5c) {
      buffer[out++] = buffer[at++]!;
      continue;
    }
    at++; // the backslash never stays, not even at the end
    if (at === length) break;
    let digits = 0;
    while (digits < HEX_DIGITS_MAX && at + digits < length && hexValue(buffer[at + digits]) >= 0) digits++;
    if (digits > 0) {
      buffer[out++] = hexEscape(buffer, at, digits);
      at += digits;
      if (at < length && isSpace(buffer[at]!)) at++; // ends the escape
    } else if (buffer[at] === 0x0a) {
      at++; // an escaped line feed is nothing
    } else {
      buffer[out++] = buffer[at++]!;
    }
  }
  return unload(buffer, out, text);
}

/** The byte of an escape of 1 to 6 digits: the last two, and ASCII for a full-width form. */
function hexEscape(buffer: Buffer, at: number, digits: number): number {
  if (digits === 1) return hexValue(buffer[at]);
  const low = hexPair(buffer[at + digits - 2], buffer[at + digits - 1]);
  if (digits < 4) return low;
  for (let index = at; index < at + digits - 4; index++) if (buffer[index] !== 0x30) return low;
  return narrowByte(hexPair(buffer[at + digits - 4], buffer[at + digits - 3]), low);
}

export const css_decode: TextTransformation = {
  kind: 'text',
  name: 'css_decode',
  doc: 'Decodes CSS escapes of one to six hexadecimal digits (the low byte; full-width forms become ASCII) with the white space that ends them; drops the backslash of any other escape.',
  parameters: [],
  triggers: '\\',
  erases: false,
  growth: 1,
  examples: [
    { input: 'java\\000073cript', output: 'javascript' },
    { input: '\\75 rl\\(', output: 'url(' },
    { input: '\\ff41 b\\\nc', output: 'abc' },
    { input: 'x\\', output: 'x' },
  ],
  bind: () => cssDecode,
};
