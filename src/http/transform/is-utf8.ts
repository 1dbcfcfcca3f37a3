/** `is_utf8`: RFC 3629, without overlong forms and surrogates. */
import { isUtf8 } from 'node:buffer';
import { HIGH_BYTES, reserve } from './bytes.ts';
import type { MapTransformation } from './transformation.ts';

export const is_utf8: MapTransformation = {
  kind: 'map',
  name: 'is_utf8',
  doc: 'True if the bytes are valid UTF-8.',
  parameters: [],
  from: ['String', 'Bytes'],
  to: 'Bool',
  result: 'one',
  examples: [
    { input: 'caf\xc3\xa9', output: true },
    { input: 'caf\xe9', output: false },
    { input: '\xc0\xaf', output: false },
    { input: '', output: true },
  ],
  needsFalse: [...HIGH_BYTES],
  bind: () => (value) => {
    if (typeof value !== 'string') return false;
    const buffer = reserve(value.length);
    return isUtf8(buffer.subarray(0, buffer.write(value, 0, 'latin1')));
  },
};
