/** `text`: the canonical spelling of a value of another type. */
import { ipv4 } from '../address.ts';
import type { Value } from '../value.ts';
import type { MapTransformation } from './transformation.ts';

function write(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if ('text' in value) return value.text;
  if (!('json' in value)) return undefined;
  return typeof value.json === 'string' ? value.json : JSON.stringify(value.json);
}

export const text: MapTransformation = {
  kind: 'map',
  name: 'text',
  doc: 'Writes a value as text: numbers in decimal, addresses and networks in canonical form, JSON as JSON (a JSON text as itself).',
  parameters: [],
  from: [
    'String',
    'Bytes',
    'Bool',
    'Int',
    'Float',
    'Ip',
    'Cidr',
    'Size',
    'Method',
    'MediaType',
    'Json',
    'Route',
  ],
  to: 'String',
  result: 'optional',
  examples: [
    { input: 42, output: '42' },
    { input: true, output: 'true' },
    { input: ipv4(0x7f000001), output: '127.0.0.1' },
    { input: { json: ['a', 1] }, output: '["a",1]' },
    { input: { json: 'a' }, output: 'a' },
  ],
  bind: () => write,
};
