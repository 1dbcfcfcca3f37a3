/** `remove_nulls`: against NUL bytes put between the letters of a keyword. */
import type { TextTransformation } from './transformation.ts';

export const remove_nulls: TextTransformation = {
  kind: 'text',
  name: 'remove_nulls',
  doc: 'Removes NUL bytes.',
  parameters: [],
  triggers: '\0',
  erases: true,
  brings: '',
  joins: '',
  drops: true,
  dropsEach: true,
  examples: [
    { input: 'un\0ion', output: 'union' },
    { input: '\0', output: '' },
    { input: 'union', output: 'union' },
  ],
  bind: () => (text) => (text.includes('\0') ? text.replaceAll('\0', '') : text),
};
