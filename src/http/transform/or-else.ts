/** `or_else(v)`: a value in place of an absent one. */
import type { MapTransformation } from './transformation.ts';
import type { Value } from '../value.ts';

export const or_else: MapTransformation = {
  kind: 'map',
  name: 'or_else',
  doc: 'The value itself, or the given one if it is absent. Unknown stays unknown.',
  parameters: [{ name: 'value', kind: 'Value' }],
  from: [
    'Bool',
    'Int',
    'Float',
    'String',
    'Bytes',
    'Ip',
    'Cidr',
    'Duration',
    'Size',
    'Date',
    'Method',
    'MediaType',
    'Json',
    'Route',
  ],
  to: 'String',
  sameType: true,
  result: 'one',
  examples: [
    { input: 'a', args: ['b'], output: 'a' },
    { input: '', args: ['b'], output: '' },
    { input: 0, args: [7], output: 0 },
  ],
  bind: () => (value) => value,
  absent: ([value]) => value as Value,
};
