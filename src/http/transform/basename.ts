/** `basename`: what follows the last separator. */
import type { TextTransformation } from './transformation.ts';

export const basename: TextTransformation = {
  kind: 'text',
  name: 'basename',
  doc: 'Keeps what follows the last slash or backslash.',
  parameters: [],
  triggers: '/\\',
  erases: false,
  examples: [
    { input: '/a/b.php', output: 'b.php' },
    { input: 'C:\\dir\\x.exe', output: 'x.exe' },
    { input: '/dir/', output: '' },
    { input: 'file', output: 'file' },
  ],
  bind: () => (text) => {
    const at = Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\'));
    return at < 0 ? text : text.slice(at + 1);
  },
};
