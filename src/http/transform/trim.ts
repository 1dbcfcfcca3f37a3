/** `trim`: white space at both ends. */
import { SPACES, isSpace } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

/** Without white space of the C locale at the ends asked for. */
export function trimEnds(text: string, left: boolean, right: boolean): string {
  let start = 0;
  let end = text.length;
  if (left) while (start < end && isSpace(text.charCodeAt(start))) start++;
  if (right) while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return end - start === text.length ? text : text.slice(start, end);
}

/** Without white space of the C locale at both ends. */
export function trimSpace(text: string): string {
  return trimEnds(text, true, true);
}

export const trim: TextTransformation = {
  kind: 'text',
  name: 'trim',
  doc: 'Removes white space (tab, line feed, vertical tab, form feed, carriage return, space) at both ends.',
  parameters: [],
  triggers: SPACES,
  erases: true,
  brings: '',
  joins: '',
  drops: true,
  examples: [
    { input: ' \ta b\r\n', output: 'a b' },
    { input: 'a', output: 'a' },
    { input: '  ', output: '' },
  ],
  bind: () => trimSpace,
};
