/**
 * Where code may have been appended to a value that is no operand itself: a name of two words, an address, a date. Read from
 * its first byte such a value breaks at its second word, and it has no quote to close, though the query around it may
 * have parentheses alone (`concat(a, 5 Main Street) and 1=2-- x` fails on some servers only).
 *
 * What tools append to test a guess compares two constants, directly or somewhere in a call or a CASE, or sorts by a number
 * and cuts off the rest. The search for that is one native regex; whether the rest is code to its end the grammar decides.
 */
import { SQL_SHORT_BYTES_MAX } from '../../core/limits.ts';

/**
 * White space, comments that stand for it, parentheses and signs. No two ways to read one text lead through these patterns:
 * a sign is none before another one, and a word before a parenthesis is a call.
 */
const GAP = String.raw`(?:[\0- (!~+]|-(?!-)|/\*[^*]{0,16}\*/|(?:#|--)[^\n]{0,32}\n)`;
const SIGN = '(?:=|<>|!=|<|>)';
/**
 * Two numbers, a number and a subquery, or two strings in quotes, which nobody compares in prose. Formulas compare numbers
 * (`10 mod 3 = 1 and 7 > 5`), with blanks around the sign; tools send none.
 */
const CONSTANTS = String.raw`(?:\d{1,10}(?:${SIGN}-?\d|\s?r?like\s?-?\d|\s?(?:=|in)\s?\(\s?select\b)|(['"])\w{0,16}\1\s?(?:${SIGN}|r?like)\s?\1)`;
/** What may stand before them: words, and names of functions with their parenthesis. */
const BEFORE = String.raw`(?:(?:not|select|case|when|binary)(?!\()${GAP}{1,8}|\w{1,16}\(${GAP}{0,8})`;
/** Behind a comma, which parts what is no code as well (`1=10, 2=20`), one of them must. */
const JOINED = String.raw`(?:(?:\b(?:and|or|xor|having|where|rlike|regexp|like)${GAP}{1,8}|(?:&&|\|\|)${GAP}{0,8})${BEFORE}{0,6}|,${GAP}{0,8}${BEFORE}{1,6})${CONSTANTS}`;
const SORTED = String.raw`\border${GAP}{1,8}by${GAP}{1,8}\d{1,5}\s?(?:--[\s+-]{0,4}\w{0,8}|#(?:\s\w{0,8})?)$`;
const TAIL = new RegExp(`${JOINED}|${SORTED}`, 'gi');
/** What all such code that compares has, found several times as fast: few texts compare a number or something in quotes. */
const COMPARED = /[\d'"]\s?(?:[=<>!]|[rR]?[lL][iI][kK][eE]|[iI][nN]\b)/;
/** A comment that cuts off the rest behind a number to sort by begins no further from the end. */
const CUT_BYTES = 16;

function isCutOff(text: string): boolean {
  const from = Math.max(0, text.length - CUT_BYTES);
  return text.indexOf('--', from) >= 0 || text.indexOf('#', from) >= 0;
}

/** Offset, from `from` on, of what joins such code to the text before it; -1: none, or the text is a long one. Linear. */
export function tailStart(text: string, from: number): number {
  if (text.length > SQL_SHORT_BYTES_MAX) return -1;
  if (!COMPARED.test(text) && !isCutOff(text)) return -1;
  TAIL.lastIndex = from;
  return TAIL.exec(text)?.index ?? -1;
}
