/** `trim_left`: white space at the beginning. */
import { SPACES } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';
import { trimEnds } from './trim.ts';

export const trim_left: TextTransformation = {
  kind: 'text',
  name: 'trim_left',
  doc: 'Removes white space at the beginning. SecLang: trimLeft.',
  parameters: [],
  triggers: SPACES,
  erases: true,
  brings: '',
  joins: '',
  drops: true,
  examples: [
    { input: ' \ta b\r\n', output: 'a b\r\n' },
    { input: 'a', output: 'a' },
    { input: '  ', output: '' },
  ],
  bind: () => (text) => trimEnds(text, true, false),
};
