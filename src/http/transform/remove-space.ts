/** `remove_space`: SecLang's removeWhitespace. */
import { SPACES, isSpace, load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

/** White space, and both bytes of a no-break space in UTF-8, wherever either stands. */
function isRemoved(byte: number): boolean {
  return isSpace(byte) || byte === 0xa0 || byte === 0xc2;
}

function removeSpace(text: string): string {
  let at = 0;
  while (at < text.length && !isRemoved(text.charCodeAt(at))) at++;
  if (at === text.length) return text;
  const buffer = load(text);
  let out = at;
  for (; at < text.length; at++) {
    const byte = buffer[at]!;
    if (!isRemoved(byte)) buffer[out++] = byte;
  }
  return unload(buffer, out, text);
}

export const remove_space: TextTransformation = {
  kind: 'text',
  name: 'remove_space',
  doc: 'Removes white space and the bytes of a no-break space (\\xA0, \\xC2). SecLang: removeWhitespace.',
  parameters: [],
  triggers: `${SPACES}\xa0\xc2`,
  erases: true,
  brings: '',
  drops: true,
  dropsEach: true,
  examples: [
    { input: 'a \t\r\n\v\fb', output: 'ab' },
    { input: 'a\xc2\xa0b', output: 'ab' },
    { input: 'ab', output: 'ab' },
  ],
  bind: () => removeSpace,
};
