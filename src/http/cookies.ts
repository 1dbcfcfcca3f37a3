/**
 * The cookie field (RFC 6265 §5.4), read as tolerantly as servers do.
 *
 * Pairs are separated by `;`, names end at the first `=`, blanks around both are dropped. Quotes and escapes stay: what
 * they mean is up to the application, and rules may decode them. A piece without `=` is a cookie without name in
 * browsers and a name without value in some servers; it is reported as a value under the empty name.
 */
import { COOKIE_COUNT_MAX } from '../core/limits.ts';

export interface Cookies {
  /** name, value, name, value, … in order, duplicates included. */
  readonly pairs: readonly string[];
  /** There were more than `COOKIE_COUNT_MAX`; the rest was not read. */
  readonly truncated: boolean;
}

/** Reads one cookie line. Linear. */
export function parseCookies(line: string): Cookies {
  const pairs: string[] = [];
  let start = 0;
  while (start <= line.length) {
    let end = line.indexOf(';', start);
    if (end < 0) end = line.length;
    const piece = line.slice(start, end);
    start = end + 1;
    const equals = piece.indexOf('=');
    const name = equals < 0 ? '' : piece.slice(0, equals).trim();
    const value = piece.slice(equals + 1).trim();
    if (name === '' && value === '') continue;
    if (pairs.length >= COOKIE_COUNT_MAX * 2) return { pairs, truncated: true };
    pairs.push(name, value);
  }
  return { pairs, truncated: false };
}
