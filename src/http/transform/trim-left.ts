/** `trim_left`: white space at the beginning. */
import { SPACES, isSpace } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

function trimLeft(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return start === 0 ? text : text.slice(start);
}

export const trim_left: TextTransformation = {
  kind: 'text',
  name: 'trim_left',
  doc: 'Removes white space at the beginning. SecLang: trimLeft.',
  parameters: [],
  triggers: SPACES,
  erases: true,
  brings: '',
  drops: true,
  examples: [
    { input: ' \ta b\r\n', output: 'a b\r\n' },
    { input: 'a', output: 'a' },
    { input: '  ', output: '' },
  ],
  bind: () => trimLeft,
};
