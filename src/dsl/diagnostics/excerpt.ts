/**
 * Source text on a terminal: what is printed for each character and how many columns it takes.
 *
 * Characters that would move the cursor, change colours or reorder the line are printed as escapes, so that a rule
 * file cannot draw over its own diagnostics. Widths follow Unicode Annex #11 for the wide blocks, which is what
 * terminals do; the rare rest may shift a caret by a column.
 */
import { EXCERPT_COLUMNS_MAX } from '../../core/limits.ts';

const TAB_COLUMNS = 4;
const ESCAPED = /[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/;
const ZERO_WIDTH = /^\p{M}$/u;
/** First and last code points of blocks two columns wide. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

interface Cell {
  readonly text: string;
  readonly columns: number;
}

/** Text as it may be printed anywhere: controls and bidirectional marks escaped, tabs widened. */
export function printable(text: string): string {
  let out = '';
  let column = 0;
  for (const char of text) {
    const { text: shown, columns } = cellOf(char, column);
    out += shown;
    column += columns;
  }
  return out;
}

function cellOf(char: string, column: number): Cell {
  if (char === '\t') {
    const columns = TAB_COLUMNS - (column % TAB_COLUMNS);
    return { text: ' '.repeat(columns), columns };
  }
  const code = char.codePointAt(0) ?? 0;
  if (char.length === 1 && ESCAPED.test(char)) {
    const text = code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
    return { text, columns: text.length };
  }
  if (code < 0x300) return { text: char, columns: 1 };
  if (ZERO_WIDTH.test(char)) return { text: char, columns: 0 };
  return { text: char, columns: WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1 };
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

export interface Excerpt {
  readonly text: string;
  /** Column of the first marked character, from 0. */
  readonly from: number;
  /** Columns marked, at least one. */
  readonly width: number;
}

/**
 * A line and the marked stretch `start`–`end` of it (UTF-16 offsets in the line) in terminal columns. A line wider
 * than the limit is cut to a window around the start of the mark, with `…` where text is left out.
 */
export function excerpt(line: string, start: number, end: number): Excerpt {
  const cutBefore = start > EXCERPT_COLUMNS_MAX / 2 && line.length > EXCERPT_COLUMNS_MAX;
  const first = cutBefore ? start - EXCERPT_COLUMNS_MAX / 4 : 0;
  let text = cutBefore ? '…' : '';
  let column = text.length;
  let offset = first;
  let from: number | undefined;
  let to: number | undefined;
  for (const char of line.slice(first, first + EXCERPT_COLUMNS_MAX)) {
    if (from === undefined && offset + char.length > start) from = column;
    if (to === undefined && offset >= end) to = column;
    const cell = cellOf(char, column);
    text += cell.text;
    column += cell.columns;
    offset += char.length;
  }
  from ??= column;
  to ??= column;
  if (offset < line.length) text += '…';
  return { text, from, width: Math.max(1, to - from) };
}
