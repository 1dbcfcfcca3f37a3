/** `replace_comments`: SecLang's replaceComments. */
import type { TextTransformation } from './transformation.ts';

function replaceComments(text: string): string {
  let start = text.indexOf('/*');
  if (start < 0) return text;
  let result = '';
  let from = 0;
  while (start >= 0) {
    result += `${text.slice(from, start)} `;
    const end = text.indexOf('*/', start + 2);
    if (end < 0) return result;
    from = end + 2;
    start = text.indexOf('/*', from);
  }
  return result + text.slice(from);
}

export const replace_comments: TextTransformation = {
  kind: 'text',
  name: 'replace_comments',
  doc: 'Replaces each C comment by one space, an unclosed one up to the end. SecLang: replaceComments.',
  parameters: [],
  triggers: '/',
  erases: false,
  growth: 1,
  decodesBefore: { '/': ['*'] },
  examples: [
    { input: 'union/*x*/select', output: 'union select' },
    { input: 'a/**//**/b', output: 'a  b' },
    { input: 'a/*b', output: 'a ' },
    { input: '/*/', output: ' ' },
    { input: 'a*/b', output: 'a*/b' },
  ],
  bind: () => replaceComments,
};
