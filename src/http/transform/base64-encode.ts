/** `base64_encode`: for comparison with recorded values. */
import type { TextTransformation } from './transformation.ts';

export const base64_encode: TextTransformation = {
  kind: 'text',
  name: 'base64_encode',
  doc: 'Writes the bytes as Base64 (RFC 4648 §4) with padding. SecLang: base64Encode.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: '<script>', output: 'PHNjcmlwdD4=' },
    { input: '\xfb\xff', output: '+/8=' },
    { input: '', output: '' },
  ],
  bind: () => (text) => Buffer.from(text, 'latin1').toString('base64'),
};
