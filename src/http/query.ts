/**
 * The query of a target as name and value pairs (application/x-www-form-urlencoded, WHATWG URL §5.1).
 *
 * Lenient like the servers behind: a name without `=` has an empty value, invalid escapes stay as they are, duplicates
 * come in order. Plus signs are spaces; escapes are decoded once.
 */
import { QUERY_PAIRS_MAX } from '../core/limits.ts';
import { percentDecode } from './transform/percent-decode.ts';

export interface QueryPair {
  readonly name: string;
  readonly value: string;
  /** Offset in the query of the value as sent. */
  readonly at: number;
  /** Bytes the value occupies as sent. */
  readonly length: number;
}

export interface Query {
  readonly pairs: readonly QueryPair[];
  /** There were more than `QUERY_PAIRS_MAX` pairs; the rest was not read. */
  readonly truncated: boolean;
}

/** Reads a query without its question mark. Linear. */
export function parseQuery(query: string): Query {
  const pairs: QueryPair[] = [];
  let start = 0;
  while (start < query.length) {
    let end = query.indexOf('&', start);
    if (end < 0) end = query.length;
    if (end > start) {
      if (pairs.length >= QUERY_PAIRS_MAX) return { pairs, truncated: true };
      pairs.push(readPair(query, start, end));
    }
    start = end + 1;
  }
  return { pairs, truncated: false };
}

function readPair(query: string, start: number, end: number): QueryPair {
  // Searched in the pair: over the whole query, many pairs without `=` would take quadratic time.
  const piece = query.slice(start, end);
  const equals = piece.indexOf('=');
  const valueStart = equals < 0 ? end : start + equals + 1;
  return {
    name: decodeFormText(equals < 0 ? piece : piece.slice(0, equals)),
    value: equals < 0 ? '' : decodeFormText(piece.slice(equals + 1)),
    at: valueStart,
    length: end - valueStart,
  };
}

/** Plus signs to spaces, then one round of escapes; the same string if it holds neither. */
function decodeFormText(text: string): string {
  return percentDecode(text.includes('+') ? text.replaceAll('+', ' ') : text, 1);
}
