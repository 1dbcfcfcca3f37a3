/**
 * Lines of a formatted file, with the comments and blank lines of its source put back.
 *
 * Everything printed is an *element* with a span. Before an element come the comments that stood before it, after it
 * the one that ended its line. A comment inside an element that cannot be split goes above it. Runs of blank lines
 * become one; none stands at the edges of a block.
 */
import type { Node } from './ast-expression.ts';
import type { Comment } from './ast.ts';
import { indentation, prefixed, suffixed } from './formatter-expression.ts';

/** What stands in a block, and how it is printed. */
export interface Children {
  readonly nodes: readonly Node[];
  readonly print: () => void;
}

export class Printer {
  readonly #text: string;
  readonly #comments: readonly Comment[];
  /** Parsed text brings its own blank lines and comments; a tree made by a program has neither. */
  readonly #parsed: boolean;
  readonly #lines: string[] = [];
  /** The first comment not printed yet. */
  #next = 0;
  /** Where in the source the last thing printed ends. */
  #previousEnd = 0;
  #blank: 'never' | 'kept' | 'always' = 'never';
  #doc: readonly string[] = [];

  constructor(text: string, comments: readonly Comment[], parsed: boolean) {
    this.#text = text;
    this.#comments = comments;
    this.#parsed = parsed;
  }

  /** A blank line comes before whatever is printed next, comments included. */
  separate(): void {
    if (this.#lines.length > 0) this.#blank = 'always';
  }

  /** Documentation of what is printed next. In parsed text it is among the comments already. */
  document(doc: string | undefined): void {
    if (!this.#parsed && doc !== undefined)
      this.#doc = doc.split('\n').map((line) => `/// ${line}`.trimEnd());
  }

  /** Prints an element that is not split further; comments inside it go above, without the slash that makes a doc. */
  leaf(node: Node, column: number, lines: readonly string[]): void {
    this.#commentsBefore(node.span.start, column);
    this.#commentsBefore(node.span.end, column, true);
    this.#push(node.span.start, prefixed(indentation(column), lines));
    this.#finish(node.span.end);
  }

  /** Prints `head {`, the children and `}`; the comments before the closing brace belong to the children. */
  block(node: Node, column: number, head: string, children: Children, close = '}'): void {
    this.#commentsBefore(node.span.start, column);
    this.#push(node.span.start, [indentation(column) + head]);
    this.#previousEnd = node.span.start;
    this.#commentOnHeadLine(node, children.nodes[0]);
    this.#blank = 'never';
    children.print();
    this.#commentsBefore(node.span.end, column + 2);
    this.#blank = 'never';
    this.#push(node.span.end, [indentation(column) + close]);
    this.#finish(node.span.end);
  }

  /** Whether a comment stands inside a stretch of the source. */
  hasComment(start: number, end: number): boolean {
    let low = 0;
    let high = this.#comments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#comments[middle].span.start < start) low = middle + 1;
      else high = middle;
    }
    return low < this.#comments.length && this.#comments[low].span.start < end;
  }

  /** Whether an element follows another without a blank line or a comment between or inside it. */
  adjoins(previous: Node, node: Node): boolean {
    if (!this.#parsed) return true;
    const between = this.#text.slice(previous.span.end, node.span.start);
    return between.split('\n').length <= 2 && !this.hasComment(node.span.start, node.span.end);
  }

  /** The whole text; comments left over are printed first. */
  finish(): string {
    this.#commentsBefore(this.#text.length + 1, 0);
    return this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`;
  }

  #push(start: number, lines: readonly string[]): void {
    const kept = this.#blank === 'kept' && this.#parsed && this.#blankLineBefore(start);
    if (this.#blank === 'always' || kept) this.#lines.push('');
    this.#blank = 'kept';
    this.#lines.push(...this.#doc);
    this.#doc = [];
    // A loop, not a spread: a list may have more lines than a call takes arguments.
    for (const line of lines) this.#lines.push(line);
  }

  #blankLineBefore(start: number): boolean {
    return /\n[ \t\r]*\n/.test(this.#text.slice(this.#previousEnd, start));
  }

  #finish(end: number): void {
    this.#previousEnd = end;
    const comment = this.#comments[this.#next];
    if (comment === undefined) return;
    if (/^[ \t,]*$/.test(this.#text.slice(end, comment.span.start))) this.#appendComment(comment);
  }

  /** A comment on the line of the opening brace, before the first child. */
  #commentOnHeadLine(node: Node, firstChild: Node | undefined): void {
    const comment = this.#comments[this.#next];
    if (comment === undefined || comment.span.start >= (firstChild?.span.start ?? node.span.end)) return;
    if (!this.#text.slice(node.span.start, comment.span.start).includes('\n')) this.#appendComment(comment);
  }

  #appendComment(comment: Comment): void {
    const last = this.#lines.length - 1;
    this.#lines[last] = suffixed([this.#lines[last]], ` ${comment.text}`)[0];
    this.#next++;
    this.#previousEnd = comment.span.end;
  }

  #commentsBefore(offset: number, column: number, inside = false): void {
    for (;;) {
      const comment = this.#comments[this.#next];
      if (comment === undefined || comment.span.start >= offset) return;
      this.#next++;
      const text = inside && comment.doc ? comment.text.slice(1) : comment.text;
      this.#push(comment.span.start, [indentation(column) + text]);
      this.#previousEnd = comment.span.end;
    }
  }
}
