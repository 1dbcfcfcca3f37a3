/** Small helpers on the values steps pass on. */
import { FALSE, TRUE, either } from '../engine/three-valued.ts';
import type { Truth } from '../engine/three-valued.ts';
import type { MaybeValue, Value } from '../http/value.ts';

export function isText(value: MaybeValue): value is string {
  return typeof value === 'string';
}

/** `or` over a list; stops at the first true. */
export function anyOver(values: readonly Value[], test: (value: Value) => Truth): Truth {
  let result: Truth = FALSE;
  for (const value of values) {
    result = either(result, test(value));
    if (result === TRUE) return TRUE;
  }
  return result;
}
