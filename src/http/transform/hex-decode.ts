/** `hex_decode`: pairs of hexadecimal digits, as SecLang's hexDecode reads them. */
import { load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

/** The arithmetic of the reference, which gives some value for bytes that are no digit, too. */
function looseDigit(byte: number): number {
  return byte >= 0x41 ? (byte & 0xdf) - 0x41 + 10 : byte - 0x30;
}

function hexDecode(text: string): string {
  const buffer = load(text);
  let out = 0;
  for (let at = 0; at + 1 < text.length; at += 2) {
    buffer[out++] = looseDigit(buffer[at]!) * 16 + looseDigit(buffer[at + 1]!);
  }
  return unload(buffer, out, text);
}

export const hex_decode: TextTransformation = {
  kind: 'text',
  name: 'hex_decode',
  doc: 'Decodes pairs of hexadecimal digits; a digit without partner is dropped. Meaningful for text made of such digits only.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: '3c62523E', output: '<bR>' },
    { input: '414', output: 'A' },
    { input: '', output: '' },
  ],
  bind: () => hexDecode,
};
