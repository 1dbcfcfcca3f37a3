/** `append(s)`: for keys and comparisons built from parts. */
import type { TextTransformation } from './transformation.ts';

export const append: TextTransformation = {
  kind: 'text',
  name: 'append',
  doc: 'Puts a text behind.',
  parameters: [{ name: 'suffix', kind: 'String' }],
  triggers: null,
  erases: false,
  examples: [
    { input: 'a', args: ['/'], output: 'a/' },
    { input: '', args: ['x'], output: 'x' },
    { input: 'a', args: [''], output: 'a' },
  ],
  bind: ([suffix]) => {
    const tail = String(suffix);
    return (text) => text + tail;
  },
};
