/** `squeeze` is the `compressWhitespace` of SecLang. */
import { SPACES, isSpace, load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

function squeezeSpace(text: string): string {
  let at = 0;
  for (; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (isSpace(byte) && (byte !== 0x20 || text.charCodeAt(at + 1) === 0x20)) break;
  }
  if (at === text.length) return text;
  const buffer = load(text);
  let out = at;
  let inRun = at > 0 && buffer[at - 1] === 0x20;
  for (; at < text.length; at++) {
    const byte = buffer[at]!;
    const space = isSpace(byte);
    if (!space) buffer[out++] = byte;
    else if (!inRun) buffer[out++] = 0x20;
    inRun = space;
  }
  return unload(buffer, out, text);
}

export const squeeze: TextTransformation = {
  kind: 'text',
  name: 'squeeze',
  doc: 'Replaces every run of white space by one space. SecLang: compressWhitespace.',
  parameters: [],
  triggers: SPACES,
  erases: true,
  brings: ' ',
  joins: '',
  examples: [
    { input: 'a \t\n b', output: 'a b' },
    { input: 'a\nb', output: 'a b' },
    { input: 'a b', output: 'a b' },
    { input: ' \n', output: ' ' },
  ],
  bind: () => squeezeSpace,
};
