/**
 * `strip_comments`: SecLang's removeComments.
 *
 * The byte after the end of a comment is taken over unread, and a comment that ends the text leaves a NUL in its place:
 * rules written for the reference are tuned to what it gives.
 */
import { load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

function stripComments(text: string): string {
  if (!/\/\*|<!--|--|#/.test(text)) return text;
  const buffer = load(text);
  const length = text.length;
  let out = 0;
  let at = 0;
  while (at < length) {
    const opener = openerLength(buffer, at, length);
    if (opener < 0) break; // `--` and `#` comment the rest out
    if (opener === 0) {
      buffer[out++] = buffer[at++]!;
      continue;
    }
    at = commentEnd(buffer, at + opener, length);
    buffer[out++] = at < 0 ? 0x20 : buffer[at]!;
    if (at < 0) break;
    at++;
  }
  return unload(buffer, out, text);
}

/** Bytes that open a comment at `at`: 2, 4, none (0), or a comment to the end (-1). */
function openerLength(buffer: Buffer, at: number, length: number): number {
  const byte = buffer[at];
  const next = at + 1 < length ? buffer[at + 1] : 0;
  if (byte === 0x2f && next === 0x2a) return 2;
  if (
    byte === 0x3c &&
    next === 0x21 &&
    at + 3 < length &&
    buffer[at + 2] === 0x2d &&
    buffer[at + 3] === 0x2d
  ) {
    return 4;
  }
  return byte === 0x23 || (byte === 0x2d && next === 0x2d) ? -1 : 0;
}

/** Offset behind the next `*` `/` or `-->`, whichever opened the comment; -1 without one. */
function commentEnd(buffer: Buffer, from: number, length: number): number {
  for (let at = from; at + 1 < length; at++) {
    const next = buffer[at + 1];
    if (buffer[at] === 0x2a && next === 0x2f) return at + 2;
    if (buffer[at] === 0x2d && next === 0x2d && at + 2 < length && buffer[at + 2] === 0x3e) return at + 3;
  }
  return -1;
}

export const strip_comments: TextTransformation = {
  kind: 'text',
  name: 'strip_comments',
  doc: 'Removes C and HTML comments and cuts the text at `--` or `#`; an unclosed comment becomes a space. SecLang: removeComments.',
  parameters: [],
  triggers: '/<-#',
  erases: false,
  examples: [
    { input: 'un/**/ion', output: 'union' },
    { input: 'a<!-- x -->b', output: 'ab' },
    { input: 'id=1 -- rest', output: 'id=1 ' },
    { input: 'a/* open', output: 'a ' },
    { input: 'a/**/', output: 'a\0' },
    { input: 'a-b', output: 'a-b' },
  ],
  bind: () => stripComments,
};
