/**
 * Kleene's three-valued logic with two faces of the third value (docs/language.md, Evaluation 7 and Streaming): `OPEN` is
 * a test that later values may still decide, `UNKNOWN` one whose value could not be read. At the end of a phase nothing is
 * open.
 */

export const OPEN = 0;
export const FALSE = 1;
export const TRUE = 2;
export const UNKNOWN = 3;

/** One of the four constants; a plain number, because states live in typed arrays. */
export type Truth = number;

const NEGATION = [OPEN, TRUE, FALSE, UNKNOWN];

export function truth(value: boolean): Truth {
  return value ? TRUE : FALSE;
}

export function negate(value: Truth): Truth {
  return NEGATION[value];
}

/** `open` wins over `unknown`: as long as something may still arrive, the whole is not settled. */
export function both(left: Truth, right: Truth): Truth {
  if (left === FALSE || right === FALSE) return FALSE;
  if (left === TRUE) return right;
  if (right === TRUE) return left;
  return left === OPEN || right === OPEN ? OPEN : UNKNOWN;
}

export function either(left: Truth, right: Truth): Truth {
  if (left === TRUE || right === TRUE) return TRUE;
  if (left === FALSE) return right;
  if (right === FALSE) return left;
  return left === OPEN || right === OPEN ? OPEN : UNKNOWN;
}
