/**
 * `nfkc`: Unicode compatibility composition (UAX #15) of UTF-8 text.
 *
 * Full-width, superscript, circled and ligature forms become the plain characters a service may compare against.
 * Overlong forms are no UTF-8 and are not folded: such text comes back unchanged.
 */
import { isUtf8 } from 'node:buffer';
import { COMBINING_RUN_MAX } from '../../core/limits.ts';
import { HIGH_BYTES, reserve } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

/**
 * Canonical ordering sorts each run of combining marks, in quadratic time. Runs longer than any writing system
 * needs (UAX #15 §13, stream-safe text) are cut, so hostile text costs no more than other text.
 */
const LONG_MARK_RUN = new RegExp(`\\p{M}{${COMBINING_RUN_MAX}}`, 'gu');

function normalize(text: string): string {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) < 0x80) at++;
  if (at === text.length) return text;
  const bytes = reserve(text.length);
  bytes.write(text, 0, 'latin1');
  if (!isUtf8(bytes.subarray(0, text.length))) return text;
  const characters = bytes.toString('utf8', 0, text.length);
  const normal = normalizeRuns(characters);
  if (normal === characters) return text;
  const room = reserve(normal.length * 3);
  return room.toString('latin1', 0, room.write(normal, 0, 'utf8'));
}

function normalizeRuns(characters: string): string {
  let result = '';
  let from = 0;
  for (const run of characters.matchAll(LONG_MARK_RUN)) {
    const end = run.index + run[0].length;
    result += characters.slice(from, end).normalize('NFKC');
    from = end;
  }
  return result + characters.slice(from).normalize('NFKC');
}

export const nfkc: TextTransformation = {
  kind: 'text',
  name: 'nfkc',
  doc: 'Normalises UTF-8 text to NFKC, which folds full-width and other compatibility forms. Text that is not valid UTF-8 stays as it is.',
  parameters: [],
  triggers: HIGH_BYTES,
  erases: false,
  examples: [
    { input: '\xef\xbc\x9cscript\xef\xbc\x9e', output: '<script>' },
    { input: 'cafe\xcc\x81', output: 'caf\xc3\xa9' },
    { input: '\xe9t\xe9', output: '\xe9t\xe9' },
    { input: '\xc0\xbcscript', output: '\xc0\xbcscript' },
  ],
  bind: () => normalize,
};
