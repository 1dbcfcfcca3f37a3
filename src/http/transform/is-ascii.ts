/** `is_ascii`: no byte above 127. */
import type { MapTransformation } from './transformation.ts';

const HIGH = /[\x80-\xff]/;

export const is_ascii: MapTransformation = {
  kind: 'map',
  name: 'is_ascii',
  doc: 'True if every byte is ASCII, control characters included.',
  parameters: [],
  from: ['String', 'Bytes'],
  to: 'Bool',
  result: 'one',
  examples: [
    { input: 'plain\n', output: true },
    { input: 'caf\xc3\xa9', output: false },
    { input: '', output: true },
  ],
  bind: () => (value) => typeof value === 'string' && !HIGH.test(value),
};
