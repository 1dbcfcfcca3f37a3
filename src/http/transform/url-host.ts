/** `url_host`: where a URL-valued argument would lead, for rules against open redirects and request forgery. */
import type { MapTransformation } from './transformation.ts';
import { readUrl } from './url.ts';

export const url_host: MapTransformation = {
  kind: 'map',
  name: 'url_host',
  doc: 'The host a browser or fetch would connect to: user info, backslashes and odd forms of addresses are undone, IPv6 stays in brackets, a final dot goes. Absent if the text names none.',
  parameters: [],
  from: ['String'],
  to: 'String',
  result: 'optional',
  examples: [
    { input: 'http://good@evil.example/', output: 'evil.example' },
    { input: 'http://evil.example\\@good.example/', output: 'evil.example' },
    { input: 'https:evil.example', output: 'evil.example' },
    { input: '\\\\EVIL.example.\\x', output: 'evil.example' },
    { input: 'http://0x7f.1:8080/', output: '127.0.0.1' },
    { input: 'http://[::1]/', output: '[::1]' },
    { input: 'relative/path', output: undefined },
  ],
  bind: () => (value) => (typeof value === 'string' ? readUrl(value)?.host : undefined),
};
