/** `lower` folds ASCII letters only: the text is bytes, and no charset is assumed. */
import { byteRange, flipCase } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

/** ASCII lower case; the same string if there is no capital. */
export function lowerAscii(text: string): string {
  return flipCase(text, 0x41);
}

export const lower: TextTransformation = {
  kind: 'text',
  name: 'lower',
  doc: 'Turns ASCII capitals into small letters; bytes outside ASCII stay as they are.',
  parameters: [],
  triggers: byteRange(0x41, 0x5a),
  erases: true,
  brings: '',
  joins: '',
  examples: [
    { input: 'UNION Select', output: 'union select' },
    { input: 'plain', output: 'plain' },
    { input: '\xc3\x89A', output: '\xc3\x89a' },
  ],
  bind: () => lowerAscii,
};
