/** `hmac_sha256(secret)`: for signatures of web hooks and cookies. */
import { fromHex, hmac } from './digest.ts';
import type { TextTransformation } from './transformation.ts';

export const hmac_sha256: TextTransformation = {
  kind: 'text',
  name: 'hmac_sha256',
  doc: 'The raw HMAC-SHA-256 under a secret, 32 bytes.',
  parameters: [{ name: 'secret', kind: 'Secret' }],
  triggers: null,
  erases: false,
  examples: [
    // RFC 4231, test cases 1 to 3.
    {
      input: 'Hi There',
      args: ['\x0b'.repeat(20)],
      output: fromHex('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'),
    },
    {
      input: 'what do ya want for nothing?',
      args: ['Jefe'],
      output: fromHex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'),
    },
    {
      input: '\xdd'.repeat(50),
      args: ['\xaa'.repeat(20)],
      output: fromHex('773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'),
    },
  ],
  bind: ([secret]) => {
    const key = String(secret);
    return (text) => hmac(key, text);
  },
};
