/** `trim_right`: white space at the end. */
import { SPACES, isSpace } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

function trimRight(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

export const trim_right: TextTransformation = {
  kind: 'text',
  name: 'trim_right',
  doc: 'Removes white space at the end. SecLang: trimRight.',
  parameters: [],
  triggers: SPACES,
  erases: true,
  brings: '',
  drops: true,
  examples: [
    { input: ' \ta b\r\n', output: ' \ta b' },
    { input: 'a', output: 'a' },
    { input: '  ', output: '' },
  ],
  bind: () => trimRight,
};
