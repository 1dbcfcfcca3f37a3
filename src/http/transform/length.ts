/** `length`: bytes, since text is bytes. */
import type { MapTransformation } from './transformation.ts';

export const length: MapTransformation = {
  kind: 'map',
  name: 'length',
  doc: 'The number of bytes.',
  parameters: [],
  from: ['String', 'Bytes', 'MediaType', 'Method'],
  to: 'Int',
  result: 'one',
  examples: [
    { input: 'abc', output: 3 },
    { input: '\xc3\xa9', output: 2 },
    { input: '', output: 0 },
  ],
  bind: () => (value) => (typeof value === 'string' ? value.length : undefined),
};
