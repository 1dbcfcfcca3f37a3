/**
 * `base64_decode_ext`: SecLang's base64DecodeExt.
 *
 * It takes the bytes of the alphabet and skips all others, NUL as well (where version 2 of the reference stops). Padding
 * is skipped too and ends no group, so texts behind one another run together. Padding after a single character of a
 * group is the one mistake: the result is empty then.
 */
import { base64Sextets } from './base64-alphabet.ts';
import { load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

const SEXTETS = base64Sextets();
const PAD = 0x3d;

function base64DecodeExt(text: string): string {
  const buffer = load(text);
  let out = 0;
  let bits = 0;
  let pending = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = buffer[at]!;
    if (byte === PAD) {
      // Six bits wait after the first character of a group. What follows the text is the zero of `load`.
      if (bits === 6 && buffer[at + 1] !== PAD) return '';
      continue;
    }
    const sextet = SEXTETS[byte]!;
    if (sextet < 0) continue;
    pending = ((pending << 6) | sextet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      buffer[out++] = (pending >> bits) & 0xff;
    }
  }
  return unload(buffer, out, text);
}

export const base64_decode_ext: TextTransformation = {
  kind: 'text',
  name: 'base64_decode_ext',
  doc: 'Decodes Base64 (RFC 4648 §4) and skips every byte outside of its alphabet, padding as well. `base64_decode` sees more. SecLang: base64DecodeExt.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: 'P.HNjcmlwdD4=', output: '<script>' },
    { input: 'YQ==YmM', output: 'a\x06&' },
    { input: 'YWJjZ=', output: '' },
    { input: '', output: '' },
  ],
  bind: () => base64DecodeExt,
};
