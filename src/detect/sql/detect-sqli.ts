/**
 * Whether a value would change the structure of an SQL query that it is pasted into.
 *
 * The value is read in each place it may stand in: as code, and inside single quotes, double quotes and backquotes when it
 * has that quote to close; each as MySQL reads and, where the two differ, as the other dialects do. A value that stays
 * data in all of them is none of our business, whatever words it has (Su and Wassermann, "The essence of command injection
 * attacks in web applications", POPL 2006). Linear: at most 24 readings of the text and a bounded share of second
 * looks; no allocation but for rare tests at the end. Most texts are prose or names: two searches of native regexes tell
 * that one reading alone can find anything in them, several times as fast as a loop over bytes.
 */
import { SQL_RELEX_FACTOR, SQL_SHORT_BYTES_MAX, SQL_TAILS_READ_MAX } from '../../core/limits.ts';
import { CHAR, charClass, isWordByte } from './char-class.ts';
import { MYSQL, STANDARD } from './dialect.ts';
import { ENDING } from './finding.ts';
import { ENCLOSURES, enclosureEnd } from './enclosure.ts';
import { Reading } from './reading.ts';
import { readCode, readEnclosure, readString } from './structure-reader.ts';
import { tailStart } from './tail.ts';
import { breaksOutOfEnclosure, breaksOutOfString, isCode, isCodeInside } from './verdict.ts';

/** What a text has that a reading needs. Without any of it every reading finds one operand, which is data. */
const SEEN = {
  SINGLE: 1,
  DOUBLE: 2,
  BACK: 4,
  BACKSLASH: 8,
  /** `#`, `--`, or the beginning of a block comment. */
  COMMENT: 16,
  /** White space, or an operator that two words could stand around. */
  SEPARATOR: 32,
  /** `-` or a slash, which make a comment with the byte behind them. */
  HALF_COMMENT: 64,
} as const;

const marks = new Uint8Array(256);
for (let code = 0; code <= 0x20; code++) marks[code] = SEEN.SEPARATOR;
for (const mark of '\xa0=<>|&(!~+*^%;,') marks[mark.charCodeAt(0)] = SEEN.SEPARATOR;
for (const [mark, bit] of [
  ["'", SEEN.SINGLE],
  ['"', SEEN.DOUBLE],
  ['`', SEEN.BACK],
  ['\\', SEEN.BACKSLASH],
  ['#', SEEN.COMMENT],
  ['-', SEEN.HALF_COMMENT],
  ['/', SEEN.HALF_COMMENT],
] as const) {
  marks[mark.charCodeAt(0)] = bit;
}

/** Pieces of which a value has one if it is more than an operand. */
export const SQL_MARKS: readonly string[] = [
  ...Array.from(marks, (mark, code) =>
    mark === 0 || mark === SEEN.HALF_COMMENT || mark === SEEN.BACKSLASH ? '' : String.fromCharCode(code),
  ).filter((mark) => mark !== ''),
  '--',
  '/*',
];

/** All that is looked for. */
const ALL = 0x7f;

/** What closes a string, begins a comment, or may stand before a statement in the middle; and UNION, the last of those. */
const OPENING = /['"`\\#;(]|--|\/\*/;
const UNION = /union/i;
/** Either, or a mark that closes an enclosure; most texts have none, and are searched once. */
const START = new RegExp(`${OPENING.source}|[uU][nN][iI][oO][nN]|\\]|\\*/|\\$\\$`);

/** Reused by all calls; a thread runs one at a time. */
const reading = new Reading();

/**
 * What package manifests ask for, `>=16 || 14 >=14.17`. It begins with a comparison without a left side: no query has a
 * place for that, and what follows are numbers. Anchored at both ends and read once.
 */
const VERSION_RANGE = /^\s?(?:[<>]=?|[~^=])\s?v?\d[\dx.*\s<>=~^|v-]{0,128}$/;

/** A link up to the value of its last argument: what applications take out of it stands where a number may. */
const LINK = /^[^\s'"`<>(){};,?]{0,256}\?(?:[^\s'"`<>(){};,?]{0,256}&)?[\w.[\]-]{1,32}=/;

/** True when the text, percent-decoded and otherwise as the application gets it, breaks out of a query's data. */
export function detectSqli(text: string): boolean {
  if (!START.test(text)) return changesStructure(text, SEEN.SEPARATOR, false, false);
  const isOpening = OPENING.test(text);
  const seen = isOpening ? marksOf(text) : SEEN.SEPARATOR;
  if ((seen & ~SEEN.BACKSLASH) === 0) return false;
  return changesStructure(text, seen, isOpening || UNION.test(text), true);
}

/** The same without looking first which readings can find anything: what `detectSqli` is tested against. */
export function detectSqliInAllPlaces(text: string): boolean {
  return changesStructure(text, ALL, true, true);
}

/** `seen`: which readings to try; `hasStarts`: whether code may begin in the middle; `mayClose`: or behind an enclosure. */
function changesStructure(text: string, seen: number, hasStarts: boolean, mayClose: boolean): boolean {
  return breaksOut(text, seen, hasStarts, mayClose) && !VERSION_RANGE.test(text);
}

function breaksOut(text: string, seen: number, hasStarts: boolean, mayClose: boolean): boolean {
  if ((seen & SEEN.SINGLE) !== 0 && isStringBroken(text, 0x27, seen)) return true;
  if ((seen & SEEN.DOUBLE) !== 0 && isStringBroken(text, 0x22, seen)) return true;
  if ((seen & SEEN.BACK) !== 0 && isStringBroken(text, 0x60, seen)) return true;
  return (
    isCodeSomewhere(text, seen, hasStarts) ||
    isCodeInLink(text) ||
    (mayClose && isEnclosureBroken(text, seen)) ||
    isCodeAppended(text, seen)
  );
}

function isEnclosureBroken(text: string, seen: number): boolean {
  for (const enclosure of ENCLOSURES) {
    const from = enclosureEnd(text, enclosure);
    if (from < 0) continue;
    readEnclosure(reading, text, from, MYSQL);
    if (breaksOutOfEnclosure(reading)) return true;
    if ((seen & (SEEN.BACKSLASH | SEEN.COMMENT)) === 0) continue;
    readEnclosure(reading, text, from, STANDARD);
    if (breaksOutOfEnclosure(reading)) return true;
  }
  return false;
}

/** Behind words that no query has there: a name of two words, an address. Statements that were posted have conditions too. */
function isCodeAppended(text: string, seen: number): boolean {
  const first = tailStart(text, 1);
  if (first < 0 || STATEMENT.test(text.slice(0, first))) return false;
  let from = first;
  for (let looks = 0; from >= 0 && looks < SQL_TAILS_READ_MAX; looks++) {
    readCode(reading, text, from, MYSQL);
    if (isCode(reading)) return true;
    if ((seen & (SEEN.BACKSLASH | SEEN.COMMENT)) !== 0) {
      readCode(reading, text, from, STANDARD);
      if (isCode(reading)) return true;
    }
    from = tailStart(text, Math.max(reading.brokenAt, from + 1));
  }
  return false;
}

function isCodeInLink(text: string): boolean {
  const link = LINK.exec(text);
  if (link === null) return false;
  readCode(reading, text, link[0].length, MYSQL);
  return isCode(reading);
}

function marksOf(text: string): number {
  let seen = 0;
  for (let at = 0; at < text.length; at++) {
    const mark = marks[text.charCodeAt(at) & 0xff];
    if (mark !== SEEN.HALF_COMMENT) seen |= mark;
    else {
      const code = text.charCodeAt(at);
      if (text.charCodeAt(at + 1) === (code === 0x2d ? 0x2d : 0x2a)) seen |= SEEN.COMMENT;
    }
  }
  return seen;
}

function isStringBroken(text: string, quote: number, seen: number): boolean {
  if (opensPostedStatement(text, quote)) return false;
  if (readString(reading, text, quote, MYSQL) && breaksOutOfString(reading)) return true;
  if ((seen & (SEEN.BACKSLASH | SEEN.COMMENT)) === 0) return false;
  return readString(reading, text, quote, STANDARD) && breaksOutOfString(reading);
}

/** As code from the first byte, then from every place where a statement or a SELECT may begin. */
function isCodeSomewhere(text: string, seen: number, hasStarts: boolean): boolean {
  readCode(reading, text, 0, MYSQL);
  if (isCode(reading)) return true;
  let from = reading.ending === ENDING.BROKEN ? reading.brokenAt : text.length;
  if ((seen & (SEEN.BACKSLASH | SEEN.COMMENT)) !== 0) {
    readCode(reading, text, 0, STANDARD);
    if (isCode(reading)) return true;
    if (reading.ending === ENDING.BROKEN) from = Math.min(from, reading.brokenAt);
  }
  return hasStarts && isCodeInMiddle(text, from);
}

/** As code from each place behind `first` where a statement or a SELECT may begin. */
function isCodeInMiddle(text: string, first: number): boolean {
  let from = nextStart(text, first);
  if (from < 0) return false;
  let relexBytes = text.length * SQL_RELEX_FACTOR;
  const postedAt = postedStatementAt(text);
  for (; from >= 0 && from <= postedAt; from = nextStart(text, from)) {
    readCode(reading, text, from, MYSQL);
    if (isCodeInside(reading)) return true;
    if (reading.ending !== ENDING.BROKEN) return false;
    const read = reading.lexer.at;
    relexBytes -= read - from;
    // Second looks at what was read already are bounded; without them code in what was taken for a string is missed.
    from = relexBytes > 0 ? Math.max(reading.brokenAt, from + 1) : read;
  }
  return false;
}

/**
 * Where the first whole statement begins in a text long enough to be about SQL; what follows belongs to it or is another
 * one. Pasted into a query, such a text breaks at its first statement, so nothing behind that runs; code behind a quote is
 * found by the readings of strings. Infinity when there is none.
 */
function postedStatementAt(text: string): number {
  if (text.length <= SQL_SHORT_BYTES_MAX) return Infinity;
  const at = text.search(STATEMENT);
  return at < 0 ? Infinity : at;
}

/**
 * Whether the first quote of a post opens a string of code, `query("SELECT …`, and a whole statement is in it. Closing a
 * string there, it would be two operands side by side to every server but one that takes statements without a semicolon.
 */
function opensPostedStatement(text: string, quote: number): boolean {
  if (text.length <= SQL_SHORT_BYTES_MAX && !IS_SHORT_POST.test(text)) return false;
  const at = text.indexOf(String.fromCharCode(quote));
  if (!CODE_BEFORE_STRING.test(text.slice(Math.max(0, at - CODE_BEFORE_BYTES), at))) return false;
  STATEMENT_BEHIND_QUOTE.lastIndex = at + 1;
  return STATEMENT_BEHIND_QUOTE.test(text);
}

/** Half as long as a long text, and of several lines. */
const IS_SHORT_POST = new RegExp(`^(?=[^]{${SQL_SHORT_BYTES_MAX / 2}})(?:[^\\n]*\\n){3}`);
/** What stands before a string in the languages people post: an argument, an assignment, an element, a key; its style. */
const CODE_BEFORE_STRING = /[(=[,:>]\s*[+a-z]?$/i;
const CODE_BEFORE_BYTES = 64;
const STATEMENT =
  /\b(?:select\s+[\w*"`[(]|insert\s+into\b|update\s+[\w."`[\]]{1,64}\s+set\b|delete\s+from\b|(?:create|alter|drop)\s+(?:or\s+replace\s+|unique\s+|temp\w{0,6}\s+)?(?:table|index|view|function|trigger|database|schema|sequence|type|extension)\b|with\s+\w{1,64}\s+as\s{0,8}\()/i;

const STATEMENT_BEHIND_QUOTE = new RegExp(`\\s{0,64}${STATEMENT.source}`, 'iy');

/** The next `;`, `union` or `(select`, or -1. */
function nextStart(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3b) return at;
    if ((code | 0x20) === 0x75) {
      if (isAhead(text, at, 'union') && (at === 0 || !isInsideWord(text, at - 1))) return at;
    } else if (code === 0x28) {
      let word = at + 1;
      while (charClass(text, word) === CHAR.SPACE) word++;
      if (isAhead(text, word, 'select')) return at;
      if (word > at + 1) at = word - 1;
    }
  }
  return -1;
}

/** `1union` and `1.0union` are two words for most databases, `xunion` is one. */
function isInsideWord(text: string, at: number): boolean {
  return isWordByte(text, at) && charClass(text, at) !== CHAR.DIGIT;
}

function isAhead(text: string, at: number, word: string): boolean {
  for (let index = 0; index < word.length; index++) {
    if ((text.charCodeAt(at + index) | 0x20) !== word.charCodeAt(index)) return false;
  }
  return !isWordByte(text, at + word.length);
}
