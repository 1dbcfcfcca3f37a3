/** `media_type`: a content-type value without its parameters. */
import { parseMediaType } from '../media-type.ts';
import type { MapTransformation } from './transformation.ts';

export const media_type: MapTransformation = {
  kind: 'map',
  name: 'media_type',
  doc: 'The media type of a content-type value, lower-case and without parameters; absent if it is none.',
  parameters: [],
  from: ['String'],
  to: 'MediaType',
  result: 'optional',
  examples: [
    { input: 'Application/JSON; charset=utf-8', output: 'application/json' },
    { input: 'text/html', output: 'text/html' },
    { input: 'json', output: undefined },
  ],
  bind: () => (value) => (typeof value === 'string' ? parseMediaType(value)?.essence : undefined),
};
