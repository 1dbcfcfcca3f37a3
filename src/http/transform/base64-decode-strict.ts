/**
 * `base64_decode_strict`: SecLang's base64Decode.
 *
 * ModSecurity 2 reads up to the first byte that is no Base64 and gives what it has; version 3 gives nothing unless the
 * whole text is Base64, but reads across line breaks. This one does both kindnesses: it reads up to the first byte
 * that is neither Base64 nor a line break, so it sees whatever either of them sees.
 */
import { BASE64_BYTE, base64Table, decodeSextets, decodeSextetsInto } from './base64-sextets.ts';
import type { TextTransformation } from './transformation.ts';

const TABLE = base64Table(BASE64_BYTE.ENDS_TEXT);
TABLE[0x0a] = BASE64_BYTE.SKIPPED;
TABLE[0x0d] = BASE64_BYTE.SKIPPED;

export const base64_decode_strict: TextTransformation = {
  kind: 'text',
  name: 'base64_decode_strict',
  doc: 'Decodes Base64 (RFC 4648 §4) up to the first byte that is neither of its alphabet nor a line break; padding ends it. `base64_decode` sees more. SecLang: base64Decode.',
  parameters: [],
  triggers: null,
  erases: false,
  growth: 0.75,
  bindInto: (dropped) => {
    const table = TABLE.slice();
    for (const byte of dropped) table[byte.charCodeAt(0)] = BASE64_BYTE.SKIPPED;
    return (text, into) => decodeSextetsInto(text, table, into);
  },
  examples: [
    { input: 'PHNjcmlwdD4=', output: '<script>' },
    { input: 'PHNj\r\ncmlw!dD4', output: '<scrip' },
    { input: '-_8', output: '' },
    { input: '', output: '' },
  ],
  bind: () => (text) => decodeSextets(text, TABLE),
};
