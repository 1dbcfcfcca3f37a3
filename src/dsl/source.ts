/**
 * Source text and positions in it.
 *
 * A `Span` is two offsets and the source they count in, so that a diagnostic can be rendered from the span alone.
 * Offsets are UTF-16 indices into `Source.text`; lines and columns exist only where something is shown to a person.
 */

/** A place in a source, counted from 1. `column` counts UTF-16 units, as editors and SARIF do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One file of rules, read once and never changed. */
export interface Source {
  /** As the author knows it: relative to where the rules were loaded from. Shown as it is. */
  readonly path: string;
  readonly text: string;
  /** Line and column of an offset; offsets outside the text are moved to its nearest end. O(log lines). */
  lineAt(offset: number): Position;
  /** Text of a line counted from 1, without its line end; '' for a line that does not exist. */
  lineText(line: number): string;
  /** Offset of the first character of a line counted from 1. */
  lineStart(line: number): number;
}

/** A half-open stretch of a source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

const CARRIAGE_RETURN = 13;

/** Wraps text as a source. Line starts are found on the first question about lines: O(length), once. */
export function createSource(path: string, text: string): Source {
  let starts: readonly number[] | undefined;
  const lineStarts = (): readonly number[] => (starts ??= findLineStarts(text));

  const lineIndexAt = (offset: number): number => {
    const all = lineStarts();
    let low = 0;
    let high = all.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (all[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  return {
    path,
    text,
    lineAt(offset) {
      const inside = Math.max(0, Math.min(offset, text.length));
      const index = lineIndexAt(inside);
      return { line: index + 1, column: inside - lineStarts()[index] + 1 };
    },
    lineText(line) {
      const all = lineStarts();
      if (line < 1 || line > all.length) return '';
      let end = line < all.length ? all[line] - 1 : text.length;
      if (end > all[line - 1] && text.charCodeAt(end - 1) === CARRIAGE_RETURN) end--;
      return text.slice(all[line - 1], end);
    },
    lineStart(line) {
      const all = lineStarts();
      return all[Math.max(0, Math.min(line, all.length) - 1)];
    },
  };
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The stretch from the start of one span to the end of a later one of the same source. */
export function spanBetween(first: Span, last: Span): Span {
  return { source: first.source, start: first.start, end: Math.max(first.end, last.end) };
}

/** The text a span covers. */
export function spanText(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}
