/** `hex_encode`: two lower-case digits a byte. */
import type { TextTransformation } from './transformation.ts';

export const hex_encode: TextTransformation = {
  kind: 'text',
  name: 'hex_encode',
  doc: 'Writes every byte as two lower-case hexadecimal digits.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: '<b>', output: '3c623e' },
    { input: '\x00\xff', output: '00ff' },
    { input: '', output: '' },
  ],
  bind: () => (text) => Buffer.from(text, 'latin1').toString('hex'),
};
