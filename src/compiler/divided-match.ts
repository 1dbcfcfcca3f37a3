/**
 * Whether a match can be hidden by the cuts of a long value: its bytes may stand so far apart, with what the steps delete
 * in between, that no segment holds them all.
 *
 * Segments share half a window. A match of L bytes comes from at most L bytes and what the steps took away between them;
 * that much was taken away from the segment with its first half window, so the segment itself shows it. Where all that
 * a step took away is too much, what it took away in one stretch of the match's length decides (deleted-runs.ts).
 */
import { mostDeletedWithin } from './deleted-runs.ts';
import type { BoundStep } from './steps.ts';

/** Steps whose result at a place depends on a few bytes before and after it. */
export const NEARSIGHTED_STEPS: readonly string[] = [
  'lower',
  'upper',
  'nfkc',
  'percent_decode',
  'plus_decode',
  'url_decode_uni',
  'html_decode',
  'html_decode_basic',
  'js_decode',
  'css_decode',
  'escape_decode',
  'unwrap',
  'slashes',
  'replace_nulls',
];

/** Those, and steps that only delete and replace runs of bytes. */
const MEASURABLE: ReadonlySet<string> = new Set([
  ...NEARSIGHTED_STEPS,
  'trim',
  'trim_left',
  'trim_right',
  'squeeze',
  'remove_nulls',
  'remove_space',
  'strip_comments',
  'replace_comments',
  'remove_comment_chars',
  'cmd_line',
]);
/** `nfkc` may lengthen one character and shorten another, so lengths do not tell; it makes one byte of at most four. */
const NFKC_SHRINK_MAX = 4;

export function isMeasurable(steps: readonly BoundStep[]): boolean {
  return steps.every(({ kind, step }) => kind === 'text' && MEASURABLE.has(step.name));
}

/** Whether `matchBytes` of the result may come from `overlapBytes` or more of the text. Cost: the steps once more. */
export function mayBeDivided(
  steps: readonly BoundStep[],
  text: string,
  matchBytes: number,
  overlapBytes: number,
): boolean {
  const texts = [text];
  for (const step of steps) {
    if (step.kind !== 'text') return true;
    texts.push(step.apply(texts[texts.length - 1]));
  }
  return (
    spanOf(steps, texts, matchBytes, () => undefined) >= overlapBytes &&
    spanOf(steps, texts, matchBytes, mostDeletedWithin) >= overlapBytes
  );
}

/** Bytes of the first text that `matchBytes` neighbouring ones of the last may come from; `within` measures a step if it can. */
function spanOf(
  steps: readonly BoundStep[],
  texts: readonly string[],
  matchBytes: number,
  within: typeof mostDeletedWithin,
): number {
  let span = matchBytes;
  for (let i = steps.length - 1; i >= 0; i--) {
    const { name } = steps[i].step;
    if (name === 'nfkc') span *= NFKC_SHRINK_MAX;
    else span += within(name, texts[i], span) ?? Math.max(0, texts[i].length - texts[i + 1].length);
  }
  return span;
}
