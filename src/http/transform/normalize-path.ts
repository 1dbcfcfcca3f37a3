/**
 * `normalize_path`: SecLang's normalizePath.
 *
 * Byte for byte the reference, whose reading of a path is its own: a segment that merely *ends* in `..` (`foo..`)
 * counts as a back-reference as well, and a relative path never climbs above where it starts.
 */
import { load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** Merges slashes and resolves `.` and `..`; with `windows`, backslashes are slashes. Linear. */
export function normalizePath(text: string, windows: boolean): string {
  const end = text.length - 1;
  // Decimals, addresses and sentences have dots; without a separator only one at the end counts.
  const isDivided = text.includes('/') || (windows && text.includes('\\'));
  if (!isDivided && text.charCodeAt(end) !== DOT) return text;
  const buffer = load(text);
  const separates = (byte: number | undefined): boolean => byte === SLASH || (windows && byte === BACKSLASH);
  const relative = !separates(buffer[0]);
  const trailing = separates(buffer[end]);
  let out = 0;
  let at = 0;
  /** A relative path has used up its own segments: back-references stay. */
  let stuck = false;
  while (at <= end) {
    const last = at === end;
    // Only here, as in the reference: of a run of mixed separators a backslash may be the one that stays.
    if (separates(buffer[at])) buffer[at] = SLASH;
    if (!last && separates(buffer[at + 1])) buffer[at + 1] = SLASH;
    if (buffer[at] === DOT && (last || buffer[at + 1] === SLASH)) {
      const before = out === 0 ? SLASH : buffer[out - 1];
      if (before === DOT && relative && (stuck || out <= 2)) {
        stuck = true;
      } else if (before === DOT) {
        out -= 3;
        while (out > 0 && buffer[out] !== SLASH) out--;
        if (out <= 0) {
          stuck = true;
          out = !relative && last ? 1 : 0;
        }
        if (last) break;
        at++;
      } else if (before === SLASH) {
        if (last) break;
        if (out > 0) out--;
        at++;
      }
    } else if (out > 0 && (last || (buffer[at + 1] === SLASH && buffer[at] !== SLASH))) {
      stuck = false;
    }
    if (buffer[at] === SLASH) {
      while (at < end && separates(buffer[at + 1])) at++;
      if (relative && out === 0) {
        at++;
        continue;
      }
    }
    buffer[out++] = buffer[at++]!;
  }
  if (!trailing && out > 0 && buffer[out - 1] === SLASH) out--;
  return unload(buffer, out, text);
}

export const normalize_path: TextTransformation = {
  kind: 'text',
  name: 'normalize_path',
  doc: 'Merges slashes and resolves `.` and `..` segments. SecLang: normalizePath.',
  parameters: [],
  triggers: './',
  endTriggers: '.',
  erases: false,
  examples: [
    { input: '/a/b/../c', output: '/a/c' },
    { input: '/a//./b/', output: '/a/b/' },
    { input: '/../../etc/passwd', output: '/etc/passwd' },
    { input: '../a', output: '../a' },
    { input: 'plain', output: 'plain' },
  ],
  bind: () => (text) => (text.includes('/') || text.includes('.') ? normalizePath(text, false) : text),
};
