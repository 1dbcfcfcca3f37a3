/** Whether two checked values are the same, wherever they stand. */
import type { Scalar } from '../checked-condition.ts';

/** A text that is equal for equal trees. Places and field documentation do not count. */
export function keyOf(node: unknown): string {
  return JSON.stringify(node, (name, value: unknown) => {
    if (name === 'span' || name === 'doc') return undefined;
    return value === Infinity ? 'infinity' : value === -Infinity ? '-infinity' : value;
  });
}

export function sameScalar(a: Scalar, b: Scalar): boolean {
  return a === b || (a.kind === b.kind && keyOf(a) === keyOf(b));
}
