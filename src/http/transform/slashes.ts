/** `slashes`: one kind of path separator. */
import type { TextTransformation } from './transformation.ts';

export const slashes: TextTransformation = {
  kind: 'text',
  name: 'slashes',
  doc: 'Replaces backslashes by slashes.',
  parameters: [],
  triggers: '\\',
  erases: false,
  examples: [
    { input: '..\\..\\boot.ini', output: '../../boot.ini' },
    { input: '\\\\host\\share', output: '//host/share' },
    { input: '/etc', output: '/etc' },
  ],
  bind: () => (text) => (text.includes('\\') ? text.replaceAll('\\', '/') : text),
};
