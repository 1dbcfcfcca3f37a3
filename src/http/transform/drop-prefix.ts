/** `drop_prefix(s)`: for `Bearer `, `www.` and the like. */
import type { TextTransformation } from './transformation.ts';

export const drop_prefix: TextTransformation = {
  kind: 'text',
  name: 'drop_prefix',
  doc: 'Removes a text from the front if it stands there, once; letter case counts.',
  parameters: [{ name: 'prefix', kind: 'String' }],
  triggers: null,
  erases: false,
  examples: [
    { input: 'www.example.com', args: ['www.'], output: 'example.com' },
    { input: 'example.com', args: ['www.'], output: 'example.com' },
    { input: 'aab', args: ['a'], output: 'ab' },
  ],
  bind: ([prefix]) => {
    const head = String(prefix);
    return (text) => (head !== '' && text.startsWith(head) ? text.slice(head.length) : text);
  },
};
