/**
 * Results of steps and detectors on long texts. Tests on a segment of a long value run one after another, and most begin with
 * the same steps, or ask the same detector: each would read 64 KB anew. The few results kept are those of the segment under
 * test.
 */
import {
  REMEMBERED_TEXTS_MAX,
  REMEMBERED_TEXT_BYTES_MAX,
  REMEMBERED_TEXT_BYTES_MIN,
} from '../core/limits.ts';

/** The same pure function, which does not work twice on a long text it saw lately. Looking up compares a few strings. */
export function rememberingLong<T>(apply: (text: string) => T): (text: string) => T {
  const inputs: string[] = [];
  const results: T[] = [];
  let next = 0;
  return (text) => {
    if (text.length < REMEMBERED_TEXT_BYTES_MIN || text.length > REMEMBERED_TEXT_BYTES_MAX)
      return apply(text);
    const known = inputs.indexOf(text);
    if (known >= 0) return results[known];
    const result = apply(text);
    inputs[next] = text;
    results[next] = result;
    next = (next + 1) % REMEMBERED_TEXTS_MAX;
    return result;
  };
}
