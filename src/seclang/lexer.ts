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
    const words = unfinished ? undefined : wordsOf(logical);
    if (words !== undefined) directives.push({ place, words });
    else {
      const reason = unfinished ? 'the file ends in the middle of it' : 'a quote is not closed';
      report({ code: 'S001', place, reason, kept: 'the directive was left out' });
    }
  }
  return directives;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

const BLANK = /[ \t]/;

/** Undefined if a quote is not closed. */
function wordsOf(line: string): readonly string[] | undefined {
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
    if (end === undefined) return undefined;
    words.push(line.slice(at + 1, end).replaceAll(`\\${quote}`, quote));
    at = end + 1;
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
