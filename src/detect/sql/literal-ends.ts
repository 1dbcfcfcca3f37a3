/**
 * Where the pieces of SQL end that have an end of their own: strings, comments, numbers, names in brackets. Functions of a
 * text and an offset, without state; each looks at a byte once or twice.
 */
import { CHAR, charClass, isWordByte } from './char-class.ts';

/** Names in brackets; SQL Server allows 128 characters (sysname). */
const BRACKET_NAME_MAX = 128;
/** Tags of dollar-quoted strings are names, and PostgreSQL cuts names at 63 bytes (NAMEDATALEN). */
const DOLLAR_TAG_MAX = 63;

/**
 * Offset behind the quote that closes a string read from `at`, where a doubled quote stands for one and, if asked, a
 * backslash escapes; -1 when the text does not close it.
 */
export function stringEnd(text: string, from: number, quote: number, backslash: boolean): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      if (text.charCodeAt(at + 1) !== quote) return at + 1;
      at++;
    } else if (backslash && code === 0x5c) at++;
  }
  return -1;
}

/** Offset of the last of the closing signs of comments in each other, the first of which opens at `from`; -1: none. */
export function nestedCommentEnd(text: string, from: number): number {
  let depth = 1;
  for (let at = from + 2; at < text.length - 1; at++) {
    const pair = text.charCodeAt(at) * 256 + text.charCodeAt(at + 1);
    if (pair === 0x2f2a) {
      depth++;
      at++;
    } else if (pair === 0x2a2f) {
      if (--depth === 0) return at;
      at++;
    }
  }
  return -1;
}

/** Offset behind the digits from `from` on. */
export function digitsEnd(text: string, from: number): number {
  let at = from;
  while (charClass(text, at) === CHAR.DIGIT) at++;
  return at;
}

/** Offset behind a number of `0x` or `0b`; -1 when none begins at `from`. */
export function radixNumberEnd(text: string, from: number): number {
  const mark = text.charCodeAt(from + 1) | 0x20;
  if (text.charCodeAt(from) !== 0x30 || (mark !== 0x78 && mark !== 0x62)) return -1;
  if (!isHexDigit(text.charCodeAt(from + 2))) return -1;
  let at = from + 2;
  while (isHexDigit(text.charCodeAt(at))) at++;
  return at;
}

/** Offset behind `[1]`, `[1,2]` from its bracket: an element of an array, or the array, in PostgreSQL; -1: none. */
export function subscriptEnd(text: string, from: number): number {
  const limit = Math.min(text.length, from + BRACKET_NAME_MAX);
  for (let at = from + 1; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5d) return at + 1;
    if (code !== 0x2c && code !== 0x20 && !isWordByte(text, at)) break;
  }
  return -1;
}

/** Offset behind a name in brackets of words and blanks, as SQL Server and SQLite quote it; -1: none. */
export function bracketNameEnd(text: string, from: number): number {
  const limit = Math.min(text.length, from + BRACKET_NAME_MAX + 2);
  for (let at = from + 1; at < limit; at++) {
    if (text.charCodeAt(at) === 0x5d && at > from + 1) return at + 1;
    if (!isWordByte(text, at) && text.charCodeAt(at) !== 0x20) break;
  }
  return -1;
}

/** Offset behind any name in brackets, behind a dot; -1: it does not end. */
export function qualifierEnd(text: string, from: number): number {
  const close = text.slice(from, from + BRACKET_NAME_MAX).indexOf(']');
  return close < 0 ? -1 : from + close + 1;
}

/** Offset of what stands behind a dollar sign and the bytes of a word, the second dollar sign of a tag at best. */
export function dollarTagEnd(text: string, from: number): number {
  let at = from + 1;
  while (at - from <= DOLLAR_TAG_MAX && isWordByte(text, at) && text.charCodeAt(at) !== 0x24) at++;
  return at;
}

function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}
