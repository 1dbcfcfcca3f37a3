/** `json_parse`: JSON inside a text, to compare parts of it. */
import { parseJson } from '../json-value.ts';
import { UNKNOWN } from '../value.ts';
import type { MapTransformation } from './transformation.ts';

export const json_parse: MapTransformation = {
  kind: 'map',
  name: 'json_parse',
  doc: 'Reads JSON (RFC 8259). Malformed text, duplicate keys and deep nesting are unknown, `null` is absent.',
  parameters: [],
  from: ['String', 'Bytes'],
  to: 'Json',
  result: 'optional',
  examples: [
    { input: '7', output: { json: 7 } },
    { input: '[1,"\\u00e9"]', output: { json: [1, '\xc3\xa9'] } },
    { input: 'null', output: undefined },
  ],
  bind: () => (value) => {
    if (typeof value !== 'string') return undefined;
    const json = parseJson(value);
    if (json === undefined) return UNKNOWN;
    return json === null ? undefined : Object.freeze({ json });
  },
};
