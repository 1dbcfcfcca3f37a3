/** `plus_decode`: the other half of application/x-www-form-urlencoded. */
import type { TextTransformation } from './transformation.ts';

export const plus_decode: TextTransformation = {
  kind: 'text',
  name: 'plus_decode',
  doc: 'Replaces plus signs by spaces, as form decoding does before it decodes escapes.',
  parameters: [],
  triggers: '+',
  erases: false,
  examples: [
    { input: 'a+b', output: 'a b' },
    { input: 'a%2Bb', output: 'a%2Bb' },
    { input: '++', output: '  ' },
  ],
  bind: () => (text) => (text.includes('+') ? text.replaceAll('+', ' ') : text),
};
