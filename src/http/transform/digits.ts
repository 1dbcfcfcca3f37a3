/** `digits`: what is left of a card or phone number without its separators. */
import { byteRange, load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

function keepDigits(text: string): string {
  const buffer = load(text);
  let out = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = buffer[at]!;
    if (byte >= 0x30 && byte <= 0x39) buffer[out++] = byte;
  }
  return unload(buffer, out, text);
}

export const digits: TextTransformation = {
  kind: 'text',
  name: 'digits',
  doc: 'Keeps the ASCII digits.',
  parameters: [],
  triggers: byteRange(0x00, 0x2f) + byteRange(0x3a, 0xff),
  erases: false,
  examples: [
    { input: '4111-1111 1111.1111', output: '4111111111111111' },
    { input: '42', output: '42' },
    { input: 'none', output: '' },
  ],
  bind: () => keepDigits,
};
