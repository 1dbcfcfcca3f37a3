/** `is_url_encoded`: SecLang's validateUrlEncoding, with the sense turned round. */
import type { MapTransformation } from './transformation.ts';

const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})/;

export const is_url_encoded: MapTransformation = {
  kind: 'map',
  name: 'is_url_encoded',
  doc: 'True if every percent sign begins an escape of two hexadecimal digits; text without any is.',
  parameters: [],
  from: ['String', 'Bytes'],
  to: 'Bool',
  result: 'one',
  examples: [
    { input: 'a%20b', output: true },
    { input: 'plain', output: true },
    { input: '100%', output: false },
    { input: '%zz', output: false },
  ],
  bind: () => (value) => typeof value === 'string' && !BROKEN_ESCAPE.test(value),
};
