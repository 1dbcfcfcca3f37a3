/** `url_scheme`: what a URL-valued argument would be fetched with. */
import type { MapTransformation } from './transformation.ts';
import { readUrl } from './url.ts';

export const url_scheme: MapTransformation = {
  kind: 'map',
  name: 'url_scheme',
  doc: 'The scheme of a URL, lower-case, as browsers read it; absent if the text is no absolute URL.',
  parameters: [],
  from: ['String'],
  to: 'String',
  result: 'optional',
  examples: [
    { input: 'HTTPS://example.com/', output: 'https' },
    { input: ' java\tscript:alert(1)', output: 'javascript' },
    { input: '/local', output: undefined },
    { input: '//host/', output: undefined },
  ],
  bind: () => (value) => (typeof value === 'string' ? readUrl(value)?.scheme : undefined),
};
