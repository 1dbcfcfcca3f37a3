/** `trim_right`: white space at the end. */
import { SPACES } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';
import { trimEnds } from './trim.ts';

export const trim_right: TextTransformation = {
  kind: 'text',
  name: 'trim_right',
  doc: 'Removes white space at the end. SecLang: trimRight.',
  parameters: [],
  triggers: SPACES,
  erases: true,
  brings: '',
  joins: '',
  drops: true,
  examples: [
    { input: ' \ta b\r\n', output: ' \ta b' },
    { input: 'a', output: 'a' },
    { input: '  ', output: '' },
  ],
  bind: () => (text) => trimEnds(text, false, true),
};
