/** Where literals and comments of JavaScript end (ECMA-262 §12.4, §12.9). All give a position between `at` and `end`. */
import * as c from './token-class.ts';

const BACKSLASH = 0x5c;
/** Numeric literals (§12.9.3), a little more: what begins with a digit and is none is no script. */
const NUMBER =
  /^(?:0[xX][0-9a-fA-F_]+n?|0[bBoO][0-7_]+n?|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.?[0-9_]*)(?:[eE][0-9_]*)?n?)$/;

const isLineEnd = (code: number): boolean => code === 0x0a || code === 0x0d;

export function isDigitAt(text: string, at: number): boolean {
  return c.TOKEN_CLASS[text.charCodeAt(at)] === c.DIGIT;
}

/** Position of the closing quote, `end` when there is none, -1 when a line ends first. `at` is behind the opening one. */
export function stringEnd(text: string, at: number, end: number, quote: number): number {
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === BACKSLASH) at++;
    else if (isLineEnd(code)) return -1;
  }
  return end;
}

/** Position of the backtick or of the `${` that ends these characters of a template; `end` when there is none. */
export function templateEnd(text: string, at: number, end: number): number {
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === 0x60 || (code === 0x24 && text.charCodeAt(at + 1) === 0x7b)) return at;
  }
  return end;
}

/** Position behind a regular expression and its flags; -1 when it does not end on its line. `at` is behind the slash. */
export function regexEnd(text: string, at: number, end: number): number {
  let inClass = false;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isLineEnd(code)) return -1;
    if (code === BACKSLASH) at++;
    else if (code === 0x5b) inClass = true;
    else if (code === 0x5d) inClass = false;
    else if (code === 0x2f && !inClass) return wordEnd(text, at + 1, end);
  }
  return -1;
}

/** Position behind a number; -1 when what begins there is none. */
export function numberEnd(text: string, from: number, end: number): number {
  let at = wordEnd(text, from, end);
  // The dot behind a number of another base begins a member: `0x25.toString(36)`.
  const decimal = text.charCodeAt(from) !== 0x30 || !/[xXbBoO]/.test(text.charAt(from + 1));
  if (decimal && text.charCodeAt(at) === 0x2e && at < end) {
    at++;
    if (isDigitAt(text, at)) at = wordEnd(text, at, end);
  }
  return NUMBER.test(text.slice(from, at)) ? at : -1;
}

export function wordEnd(text: string, at: number, end: number): number {
  while (at < end && c.isWordPart(text.charCodeAt(at))) at++;
  return at;
}

export function lineEnd(text: string, at: number, end: number): number {
  while (at < end && !isLineEnd(text.charCodeAt(at))) at++;
  return at;
}

/** Position behind a block comment; -1 when it does not end. `at` is its slash. */
export function commentEnd(text: string, at: number, end: number): number {
  const close = text.indexOf('*/', at + 2);
  return close < 0 || close + 2 > end ? -1 : close + 2;
}
