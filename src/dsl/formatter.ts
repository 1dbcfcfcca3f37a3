/**
 * The one layout of rule files.
 *
 * Items keep their order, entries of a block stand one to a line with their texts in a column that depends only on the
 * kind of the block, so adding an entry moves no other line. Formatting a formatted file changes nothing. What was
 * printed is parsed again and compared with the tree it came from: a formatter that changed a rule would be worse than
 * none.
 */
import { assert } from '../core/assert.ts';
import type { Node } from './ast-expression.ts';
import type { Comment, File } from './ast.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { printItems } from './formatter-item.ts';
import { Printer } from './formatter-printer.ts';
import { parseFile } from './parser.ts';
import { createSource } from './source.ts';
import type { Source } from './source.ts';
import { sameTree } from './walk.ts';

export interface FormattedFile {
  /** The formatted text; the text as it was if it has errors. */
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Formats a source. Text with syntax errors is left as it is. Throws `AssertionFailure` if the layout changed the tree. */
export function formatFile(source: Source): FormattedFile {
  const { file, diagnostics } = parseFile(source);
  if (diagnostics.some((found) => found.severity === 'error')) return { text: source.text, diagnostics };
  return { text: printFile(file, 'parsed'), diagnostics };
}

/**
 * Prints a tree, and checks that the text says the same. Comments of a `generated` tree are left out, documentation comes from
 * `doc` of its items, and its spans, which may lie anywhere, decide nothing.
 */
export function printFile(file: File, origin: 'parsed' | 'generated'): string {
  const comments = origin === 'parsed' ? file.comments : [];
  const printer = new Printer(file.span.source.text, comments, origin === 'parsed');
  if (file.language !== undefined) {
    const line = { kind: 'Language', span: languageSpan(file) };
    printer.leaf(line, 0, [`language ${file.language.raw}`]);
    printer.separate();
  }
  printItems(printer, file.items);
  const text = printer.finish();
  const printed = parseFile(createSource(file.span.source.path, text));
  assert(printed.diagnostics.length === 0, 'the formatted text has mistakes');
  assert(sameTree(printed.file.items, file.items), 'the formatted text has another meaning');
  // Documentation of a generated tree was compared with its items and is a comment only now.
  const lost = origin === 'parsed' && !sameTree(printed.file.comments.map(words), comments.map(words));
  assert(!lost, 'the formatted text lost a comment');
  return text;
}

function languageSpan(file: File): Node['span'] {
  const { span } = file.language ?? file;
  return {
    source: span.source,
    start: Math.max(0, span.source.text.lastIndexOf('language', span.start)),
    end: span.end,
  };
}

/** A comment moved out of an item may lose the third slash, which would make it documentation of the item. */
function words(comment: Comment): string {
  return comment.text.replace(/^\/+/, '');
}
