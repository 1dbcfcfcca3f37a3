/** `sha1`: for comparison with recorded values; no protection against collisions. */
import { digest, fromHex } from './digest.ts';
import type { TextTransformation } from './transformation.ts';

export const sha1: TextTransformation = {
  kind: 'text',
  name: 'sha1',
  doc: 'The raw SHA-1 digest, 20 bytes; `|> hex_encode` makes it readable.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: '', output: fromHex('da39a3ee5e6b4b0d3255bfef95601890afd80709') },
    { input: 'abc', output: fromHex('a9993e364706816aba3e25717850c26c9cd0d89d') },
    { input: '\xff', output: fromHex('85e53271e14006f0265921d02d4d736cdc580b0b') },
  ],
  bind: () => (text) => digest('sha1', text),
};
