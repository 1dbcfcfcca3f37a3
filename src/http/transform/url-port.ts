/** `url_port`: the port a URL-valued argument would lead to. */
import type { MapTransformation } from './transformation.ts';
import { readUrl } from './url.ts';

export const url_port: MapTransformation = {
  kind: 'map',
  name: 'url_port',
  doc: 'The port of a URL, the default of its scheme if it names none; absent for other text.',
  parameters: [],
  from: ['String'],
  to: 'Int',
  result: 'optional',
  examples: [
    { input: 'http://example.com:8080/', output: 8080 },
    { input: 'https://example.com/', output: 443 },
    { input: 'gopher://example.com/', output: undefined },
    { input: 'text', output: undefined },
  ],
  bind: () => (value) => (typeof value === 'string' ? readUrl(value)?.port : undefined),
};
