/**
 * `url_decode_uni`: the SecLang transformation of that name (urlDecodeUni).
 *
 * The reference keeps the low byte of `%uHHHH` unless an operator loads a code page; here the best-fit mapping to
 * ASCII is always there, as IIS has it, so U+FF1C, U+02BC or U+2215 become what the server would see.
 */
import { bestFitByte } from './best-fit.ts';
import { hexPair, load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

function urlDecodeUni(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  const buffer = load(text);
  const length = text.length;
  let out = 0;
  for (let at = 0; at < length; ) {
    const byte = buffer[at]!;
    if (byte !== 0x25) {
      buffer[out++] = byte === 0x2b ? 0x20 : byte;
      at++;
      continue;
    }
    const next = buffer[at + 1];
    if (at + 1 < length && (next === 0x75 || next === 0x55)) {
      const high = at + 5 < length ? hexPair(buffer[at + 2], buffer[at + 3]) : -1;
      const low = high < 0 ? -1 : hexPair(buffer[at + 4], buffer[at + 5]);
      if (low < 0) {
        buffer[out++] = byte;
        at++;
      } else {
        buffer[out++] = bestFitByte((high << 8) | low);
        at += 6;
      }
      continue;
    }
    const value = at + 2 < length ? hexPair(next, buffer[at + 2]) : -1;
    buffer[out++] = value < 0 ? byte : value;
    at += value < 0 ? 1 : 3;
  }
  return unload(buffer, out, text);
}

export const url_decode_uni: TextTransformation = {
  kind: 'text',
  name: 'url_decode_uni',
  doc: 'Decodes %xx, the %uHHHH of IIS (full-width and other look-alikes of ASCII become ASCII, else the low byte) and plus signs, once. Invalid escapes stay.',
  parameters: [],
  triggers: '%+',
  erases: false,
  growth: 1,
  decodesBefore: { '%': ['0123456789abcdefu', '0123456789abcdef'], '+': [] },
  examples: [
    { input: '%3cscript%3E+', output: '<script> ' },
    { input: '%u003c%uff1c%u02bc', output: "<<'" },
    { input: '%u4e2d', output: '-' },
    { input: '%u12%zz%', output: '%u12%zz%' },
  ],
  bind: () => urlDecodeUni,
};
