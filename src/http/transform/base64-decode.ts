/**
 * `base64_decode`: RFC 4648, forgiving.
 *
 * A strict decoder gives nothing for text a service still decodes, so this one reads what the lenient ones read: both
 * alphabets, padding or none, any other byte skipped. Padding ends a group, so concatenated texts come out whole.
 */
import { BASE64_BYTE, base64Table, decodeSextets } from './base64-sextets.ts';
import type { TextTransformation } from './transformation.ts';

const TABLE = base64Table(BASE64_BYTE.SKIPPED);
TABLE[0x2d] = 62; // base64url
TABLE[0x5f] = 63;
TABLE[0x3d] = BASE64_BYTE.ENDS_GROUP;

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
  bind: () => (text) => decodeSextets(text, TABLE),
};
