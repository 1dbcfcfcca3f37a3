/** `url_encode`: SecLang's urlEncode, for comparison with recorded values. */
import { byteRange, reserve } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

const KEPT = new Uint8Array(256);
for (const byte of Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*'))
  KEPT[byte] = 1;
const HEX_DIGITS = Buffer.from('0123456789abcdef');

function urlEncode(text: string): string {
  let at = 0;
  while (at < text.length && KEPT[text.charCodeAt(at)] === 1) at++;
  if (at === text.length) return text;
  const buffer = reserve(text.length * 3);
  buffer.write(text.slice(0, at), 0, 'latin1');
  let out = at;
  for (; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (KEPT[byte] === 1) buffer[out++] = byte;
    else if (byte === 0x20) buffer[out++] = 0x2b;
    else {
      buffer[out++] = 0x25;
      buffer[out++] = HEX_DIGITS[byte >> 4]!;
      buffer[out++] = HEX_DIGITS[byte & 0x0f]!;
    }
  }
  return buffer.toString('latin1', 0, out);
}

export const url_encode: TextTransformation = {
  kind: 'text',
  name: 'url_encode',
  doc: 'Percent-encodes every byte but ASCII letters, digits and `*`, in small letters; a space becomes `+`. SecLang: urlEncode.',
  parameters: [],
  triggers:
    byteRange(0x00, 0x29) +
    byteRange(0x2b, 0x2f) +
    byteRange(0x3a, 0x40) +
    byteRange(0x5b, 0x60) +
    byteRange(0x7b, 0xff),
  erases: false,
  examples: [
    { input: 'a b/*', output: 'a+b%2f*' },
    { input: '\xff~', output: '%ff%7e' },
    { input: 'abc', output: 'abc' },
  ],
  bind: () => urlEncode,
};
