/**
 * From SecLang text to directives as lists of words.
 *
 * As the reference engine reads: a backslash at the end of a line joins it with the next one, also in comments; `#`
 * begins a comment where a directive could stand; words are separated by blanks and may be quoted; in a quoted word
 * `\"` is a quote and every other backslash stands for itself.
 */
import type { Place } from './ast.ts';
import type { ReportProblem } from './problem.ts';

export interface DirectiveLine {
  readonly place: Place;
  readonly words: readonly string[];
}

/** O(length). A directive whose quote never ends is reported and left out. */
export function readLines(file: string, text: string, report: ReportProblem): readonly DirectiveLine[] {
  const directives: DirectiveLine[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const place = { file, line: at + 1 };
    const parts: string[] = [];
    let part = withoutReturn(lines[at]);
    while (part.endsWith('\\') && at + 1 < lines.length) {
      parts.push(part.slice(0, -1));
      part = withoutReturn(lines[++at]);
    }
    const unfinished = part.endsWith('\\');
    parts.push(part);
    const logical = parts.join('').trim();
    if (logical === '' || logical.startsWith('#')) continue;
    const words = unfinished ? 'the file ends in the middle of it' : wordsOf(logical);
    if (typeof words !== 'string') directives.push({ place, words });
    else report({ code: 'S001', place, reason: words, kept: 'the directive was left out' });
  }
  return directives;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

const BLANK = /[ \t]/;

/** What may stand behind a quoted word: ModSecurity also takes one directly behind another. */
const BLANKS_AND_QUOTES = /[ \t"']/;

const FOLLOWING_CHARS_SHOWN = 12;

/** The words, or why a quote ends in the wrong place. */
function wordsOf(line: string): readonly string[] | string {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    if (BLANK.test(line[at])) {
      at++;
      continue;
    }
    const quote = line[at] === '"' || line[at] === "'" ? line[at] : undefined;
    if (quote === undefined) {
      const start = at;
      while (at < line.length && !BLANK.test(line[at])) at++;
      words.push(line.slice(start, at));
      continue;
    }
    const end = closingQuote(line, at);
    if (end === undefined) return 'a quote is not closed';
    words.push(line.slice(at + 1, end).replaceAll(`\\${quote}`, quote));
    at = end + 1;
    if (at < line.length && !BLANKS_AND_QUOTES.test(line[at]))
      return `a quote is closed before \`${line.slice(at, at + FOLLOWING_CHARS_SHOWN)}\`: inside, it is written \\${quote}`;
  }
  return words;
}

function closingQuote(line: string, open: number): number | undefined {
  const quote = line[open];
  for (let at = open + 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === quote) return at;
  }
  return undefined;
}
