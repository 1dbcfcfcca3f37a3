/** `prepend(s)`: for keys and comparisons built from parts. */
import type { TextTransformation } from './transformation.ts';

export const prepend: TextTransformation = {
  kind: 'text',
  name: 'prepend',
  doc: 'Puts a text in front.',
  parameters: [{ name: 'prefix', kind: 'String' }],
  triggers: null,
  erases: false,
  examples: [
    { input: 'a', args: ['/'], output: '/a' },
    { input: '', args: ['x'], output: 'x' },
    { input: 'a', args: [''], output: 'a' },
  ],
  bind: ([prefix]) => {
    const head = String(prefix);
    return (text) => head + text;
  },
};
