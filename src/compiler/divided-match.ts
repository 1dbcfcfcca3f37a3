/**
 * Whether a match can be hidden by the cuts of a long value: its bytes may stand so far apart, with what the steps delete
 * in between, that no segment holds them all.
 *
 * Segments share half a window. A match of L bytes comes from at most L bytes and what the steps took away between them;
 * that much was taken away from the segment with its first half window, so the segment itself shows it.
 */
import type { BoundStep } from './steps.ts';

/** Steps whose result at a place depends on what stands near it, or that only delete and replace runs of bytes. */
const MEASURABLE: ReadonlySet<string> = new Set([
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
  'trim',
  'trim_left',
  'trim_right',
  'squeeze',
  'remove_nulls',
  'replace_nulls',
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
  const lengths = [text.length];
  let result = text;
  for (const step of steps) {
    if (step.kind !== 'text') return true;
    result = step.apply(result);
    lengths.push(result.length);
  }
  let span = matchBytes;
  for (let i = steps.length - 1; i >= 0; i--) {
    if (steps[i].step.name === 'nfkc') span *= NFKC_SHRINK_MAX;
    else span += Math.max(0, lengths[i] - lengths[i + 1]);
  }
  return span >= overlapBytes;
}
