/** `upper` folds ASCII letters only, as `lower` does. */
import { byteRange, flipCase } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

export const upper: TextTransformation = {
  kind: 'text',
  name: 'upper',
  doc: 'Turns ASCII small letters into capitals; bytes outside ASCII stay as they are.',
  parameters: [],
  triggers: byteRange(0x61, 0x7a),
  erases: true,
  brings: '',
  joins: '',
  examples: [
    { input: 'get', output: 'GET' },
    { input: 'A1', output: 'A1' },
    { input: '\xe9b', output: '\xe9B' },
  ],
  bind: () => (text) => flipCase(text, 0x61),
};
