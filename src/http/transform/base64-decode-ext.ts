/**
 * `base64_decode_ext`: SecLang's base64DecodeExt.
 *
 * It takes the bytes of the alphabet and skips all others, NUL as well (where version 2 of the reference stops). Padding
 * is skipped too and ends no group, so texts behind one another run together. Padding after a single character of a
 * group is the one mistake: the result is empty then.
 */
import { BASE64_BYTE, base64Table, decodeSextets } from './base64-sextets.ts';
import type { TextTransformation } from './transformation.ts';

const TABLE = base64Table(BASE64_BYTE.SKIPPED);
TABLE[0x3d] = BASE64_BYTE.PADDING;

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
  bind: () => (text) => decodeSextets(text, TABLE),
};
