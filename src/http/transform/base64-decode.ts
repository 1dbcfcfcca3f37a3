/**
 * `base64_decode`: RFC 4648, forgiving.
 *
 * A strict decoder gives nothing for text a service still decodes, so this one reads what the lenient ones read: both
 * alphabets, padding or none, any other byte skipped. Padding ends a group, so concatenated texts come out whole.
 */
import { base64Sextets } from './base64-alphabet.ts';
import { reserve, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

const SEXTETS = base64Sextets();
SEXTETS[0x2d] = 62; // base64url
SEXTETS[0x5f] = 63;

function base64Decode(text: string): string {
  if (text === '') return text;
  const buffer = reserve(text.length);
  let out = 0;
  let bits = 0;
  let pending = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    const sextet = SEXTETS[byte]!;
    if (sextet < 0) {
      if (byte === 0x3d) bits = 0;
      continue;
    }
    pending = ((pending << 6) | sextet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      buffer[out++] = (pending >> bits) & 0xff;
    }
  }
  return unload(buffer, out, text);
}

export const base64_decode: TextTransformation = {
  kind: 'text',
  name: 'base64_decode',
  doc: 'Decodes Base64 and base64url, with or without padding; bytes outside the alphabet are skipped.',
  parameters: [],
  triggers: null,
  erases: false,
  readsOver: true,
  growth: 0.75,
  examples: [
    { input: 'PHNjcmlwdD4=', output: '<script>' },
    { input: 'PHNjcmlw\r\ndD4', output: '<script>' },
    { input: '-_8', output: '\xfb\xff' },
    { input: 'YQ==Yg==', output: 'ab' },
    { input: '', output: '' },
  ],
  bind: () => base64Decode,
};
