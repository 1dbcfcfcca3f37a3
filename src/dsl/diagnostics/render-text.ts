/**
 * Diagnostics for people: the message, the place, the line with carets, what to do.
 *
 *     error[E202]: a list needs a quantifier
 *       --> rules/api.ward:162:13
 *     162 |   when      args.values |> canon matches sql_union
 *         |             ^^^^^^^^^^^ List<String>
 *         = help: write `any args.values |> canon matches sql_union`
 */
import type { Span } from '../source.ts';
import type { Diagnostic } from './diagnostic.ts';
import { excerpt, printable } from './excerpt.ts';

export interface TextStyle {
  /** ANSI colours. The caller knows the terminal and NO_COLOR. */
  readonly colour: boolean;
}

type Paint = (text: string) => string;

interface Palette {
  readonly error: Paint;
  readonly warning: Paint;
  readonly strong: Paint;
  readonly frame: Paint;
  readonly label: Paint;
}

const plain: Paint = (text) => text;
const ansi =
  (codes: string): Paint =>
  (text) =>
    `\x1b[${codes}m${text}\x1b[0m`;
const PLAIN: Palette = { error: plain, warning: plain, strong: plain, frame: plain, label: plain };
const COLOURED: Palette = {
  error: ansi('1;31'),
  warning: ansi('1;33'),
  strong: ansi('1'),
  frame: ansi('34'),
  label: ansi('36'),
};

/** One stretch to underline. */
interface Mark {
  readonly span: Span;
  readonly line: number;
  readonly primary: boolean;
  readonly text: string;
}

/** All diagnostics, a blank line between two; '' for none. Ends with a line feed otherwise. */
export function renderText(diagnostics: readonly Diagnostic[], style: TextStyle): string {
  const palette = style.colour ? COLOURED : PLAIN;
  return diagnostics.map((one) => renderOne(one, palette)).join('\n');
}

function renderOne(found: Diagnostic, palette: Palette): string {
  const paint = palette[found.severity];
  const marks = marksOf(found);
  const gutter = Math.max(...marks.map((mark) => String(mark.line).length));
  const lines = [
    `${paint(`${found.severity}[${found.code}]`)}${palette.strong(`: ${printable(found.message)}`)}`,
  ];
  let previous: Mark | undefined;
  for (const mark of marks) {
    if (previous?.span.source !== mark.span.source) {
      const main = mark.span.source === found.span.source ? found.span : mark.span;
      lines.push(placeLine(main, gutter, palette));
    } else if (mark.line > previous.line + 1) lines.push(`${' '.repeat(gutter)} ${palette.frame(':')}`);
    lines.push(...markedLine(mark, previous, gutter, mark.primary ? paint : palette.label, palette));
    previous = mark;
  }
  if (found.help !== undefined) {
    lines.push(
      `${' '.repeat(gutter)} ${palette.frame('=')} ${palette.strong('help')}: ${printable(found.help)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** The marks in the order they are shown: the main source top to bottom, then the others. */
function marksOf(found: Diagnostic): Mark[] {
  const mark = (span: Span, primary: boolean, text: string): Mark => ({
    span,
    line: span.source.lineAt(span.start).line,
    primary,
    text,
  });
  const labels = (found.labels ?? []).map((label) => mark(label.span, false, label.message));
  const all = [mark(found.span, true, found.note ?? ''), ...labels];
  const here = all.filter((one) => one.span.source === found.span.source);
  const elsewhere = all.filter((one) => one.span.source !== found.span.source);
  return [...here.sort((a, b) => a.span.start - b.span.start), ...elsewhere];
}

/** `--> path:line:column`, of the main place where there is one in this source. */
function placeLine(span: Span, gutter: number, palette: Palette): string {
  const { line, column } = span.source.lineAt(span.start);
  return `${' '.repeat(gutter - 1)}${palette.frame('-->')} ${printable(span.source.path)}:${line}:${column}`;
}

function markedLine(
  mark: Mark,
  previous: Mark | undefined,
  gutter: number,
  paint: Paint,
  palette: Palette,
): string[] {
  const { source, start, end } = mark.span;
  const lineText = source.lineText(mark.line);
  const from = start - source.lineStart(mark.line);
  const to = Math.min(end - source.lineStart(mark.line), lineText.length);
  const shown = excerpt(lineText, from, Math.max(to, from));
  const underline = (mark.primary ? '^' : '-').repeat(shown.width);
  const text = mark.text === '' ? '' : ` ${printable(mark.text)}`;
  const bar = palette.frame('|');
  const sameLine = previous?.span.source === source && previous.line === mark.line;
  const sourceLine = `${palette.frame(String(mark.line).padStart(gutter))} ${bar} ${shown.text}`.trimEnd();
  const caretLine = `${' '.repeat(gutter)} ${bar} ${' '.repeat(shown.from)}${paint(underline + text)}`;
  return sameLine ? [caretLine] : [sourceLine, caretLine];
}
