/** `md5`: for comparison with recorded values; no protection against collisions. */
import { digest, fromHex } from './digest.ts';
import type { TextTransformation } from './transformation.ts';

export const md5: TextTransformation = {
  kind: 'text',
  name: 'md5',
  doc: 'The raw MD5 digest (RFC 1321), 16 bytes; `|> hex_encode` makes it readable.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: '', output: fromHex('d41d8cd98f00b204e9800998ecf8427e') },
    { input: 'abc', output: fromHex('900150983cd24fb0d6963f7d28e17f72') },
    { input: '\xff', output: fromHex('00594fd4f42ba43fc1ca0427a0576295') },
  ],
  bind: () => (text) => digest('md5', text),
};
