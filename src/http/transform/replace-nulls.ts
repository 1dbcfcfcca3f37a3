/** `replace_nulls`: a NUL byte parts two words, as a service in C sees it. */
import type { TextTransformation } from './transformation.ts';

export const replace_nulls: TextTransformation = {
  kind: 'text',
  name: 'replace_nulls',
  doc: 'Replaces each NUL byte by a space. SecLang: replaceNulls.',
  parameters: [],
  triggers: '\0',
  erases: true,
  brings: ' ',
  joins: '',
  examples: [
    { input: 'union\0select', output: 'union select' },
    { input: '\0\0', output: '  ' },
    { input: 'union', output: 'union' },
  ],
  bind: () => (text) => (text.includes('\0') ? text.replaceAll('\0', ' ') : text),
};
