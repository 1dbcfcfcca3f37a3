/** `to_int`: a decimal integer, nothing looser. */
import type { MapTransformation } from './transformation.ts';

const INTEGER = /^-?[0-9]{1,16}$/;

export const to_int: MapTransformation = {
  kind: 'map',
  name: 'to_int',
  doc: 'Reads a decimal integer with an optional minus; absent for other text and beyond 2^53.',
  parameters: [],
  from: ['String', 'Json', 'Float', 'Size'],
  to: 'Int',
  result: 'optional',
  examples: [
    { input: '42', output: 42 },
    { input: '-7', output: -7 },
    { input: ' 1', output: undefined },
    { input: '9007199254740993', output: undefined },
    { input: 2.5, output: undefined },
    { input: { json: 3 }, output: 3 },
  ],
  bind: () => (value) => {
    const inner = typeof value === 'object' && 'json' in value ? value.json : value;
    const number = typeof inner === 'string' && INTEGER.test(inner) ? Number(inner) : inner;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined;
    return number === 0 ? 0 : number; // no negative zero
  },
};
