/** `sha256` (FIPS 180-4). */
import { digest, fromHex } from './digest.ts';
import type { TextTransformation } from './transformation.ts';

export const sha256: TextTransformation = {
  kind: 'text',
  name: 'sha256',
  doc: 'The raw SHA-256 digest, 32 bytes; `|> hex_encode` makes it readable.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: '', output: fromHex('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855') },
    { input: 'abc', output: fromHex('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad') },
    { input: '\xff', output: fromHex('a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89') },
  ],
  bind: () => (text) => digest('sha256', text),
};
