/** `==`, `<` and their kin on run-time values. Values of different kinds are never equal and never ordered. */
import type { IpAddress } from '../../http/address.ts';
import type { Value } from '../../http/value.ts';

export function isAddress(value: Value): value is IpAddress {
  return typeof value === 'object' && 'words' in value;
}

function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return (
    a.words[0] === b.words[0] &&
    a.words[1] === b.words[1] &&
    a.words[2] === b.words[2] &&
    a.words[3] === b.words[3]
  );
}

/** Strings byte for byte, numbers as numbers, addresses whatever their notation. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  return isAddress(a) && isAddress(b) && sameAddress(a, b);
}

/** Takes the same time wherever the texts differ; only their lengths show. For secrets (CWE-208). */
export function equalInConstantTime(a: Value, b: Value): boolean {
  if (typeof a !== 'string' || typeof b !== 'string' || a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

export type OrderOperator = '<' | '<=' | '>' | '>=';

/** Only numbers have an order (Int, Float, Duration, Size, Date); anything else is `false`. */
export function ordered(operator: OrderOperator, a: Value, b: Value): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return false;
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}
