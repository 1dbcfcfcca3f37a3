/**
 * `base64_decode_strict`: SecLang's base64Decode.
 *
 * ModSecurity 2 reads up to the first byte that is no Base64 and gives what it has; version 3 gives nothing unless the
 * whole text is Base64, but reads across line breaks. This one does both kindnesses: it reads up to the first byte
 * that is neither Base64 nor a line break, so it sees whatever either of them sees.
 */
import { base64Sextets } from './base64-alphabet.ts';
import { reserve, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

const SEXTETS = base64Sextets();

function base64DecodeStrict(text: string): string {
  const buffer = reserve(text.length);
  let out = 0;
  let bits = 0;
  let pending = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    const sextet = SEXTETS[byte]!;
    if (sextet < 0) {
      if (byte === 0x0a || byte === 0x0d) continue;
      break;
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

export const base64_decode_strict: TextTransformation = {
  kind: 'text',
  name: 'base64_decode_strict',
  doc: 'Decodes Base64 (RFC 4648 §4) up to the first byte that is neither of its alphabet nor a line break; padding ends it. `base64_decode` sees more. SecLang: base64Decode.',
  parameters: [],
  triggers: null,
  erases: false,
  growth: 0.75,
  examples: [
    { input: 'PHNjcmlwdD4=', output: '<script>' },
    { input: 'PHNj\r\ncmlw!dD4', output: '<scrip' },
    { input: '-_8', output: '' },
    { input: '', output: '' },
  ],
  bind: () => base64DecodeStrict,
};
