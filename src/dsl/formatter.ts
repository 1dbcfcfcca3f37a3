/**
 * The one layout of rule files.
 *
 * Items keep their order, entries of a block stand one to a line with their texts in a column that depends only on the
 * kind of the block, so adding an entry moves no other line. Formatting a formatted file changes nothing. What was
 * printed is parsed again and compared with the tree it came from: a formatter that changed a rule would be worse than
 * none.
 */
import { assert, unreachable } from '../core/assert.ts';
import { FORMATTED_LINE_COLUMNS_MAX } from '../core/limits.ts';
import type {
  AdvanceStep,
  Exclude,
  ExamplesEntry,
  OutageStep,
  Override,
  Rule,
  Scenario,
  ScenarioStep,
  SendStep,
  SwitchStep,
} from './ast-rule.ts';
import type { Node } from './ast-expression.ts';
import type { Comment, File, Flood, Item, Limiter, List, Policy, ProfileEntry } from './ast.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { entryText, flatExpectation, flatSelector, layoutRequest } from './formatter-entry.ts';
import type { ColumnEntry, EntryColumns } from './formatter-entry.ts';
import {
  fillLines,
  flatArray,
  flatLiteral,
  flatPick,
  flatRegex,
  flatSteps,
  flatType,
  indentation,
  layoutExpr,
  prefixed,
} from './formatter-expression.ts';
import { Printer } from './formatter-printer.ts';
import type { Children } from './formatter-printer.ts';
import { printShape } from './formatter-shape.ts';
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
  return { text: printFile(file, { keepBlankLines: true }), diagnostics };
}

export interface PrintOptions {
  /** False for a tree made by a program, whose spans say nothing about blank lines. */
  readonly keepBlankLines: boolean;
}

/** Prints a tree, and checks that the text says the same. */
export function printFile(file: File, options: PrintOptions): string {
  const printer = new Printer(file.span.source.text, file.comments, options.keepBlankLines);
  if (file.language !== undefined) {
    const line = { kind: 'Language', span: languageSpan(file) };
    printer.leaf(line, 0, [`language ${file.language.raw}`]);
    printer.separate();
  }
  for (let index = 0; index < file.items.length; ) {
    const run = alignedRun(file.items, index, printer);
    const widths = widthsOf(run);
    for (const item of run) printItem(printer, item, widths);
    index += run.length;
  }
  const text = printer.finish();
  const printed = parseFile(createSource(file.span.source.path, text));
  assert(printed.diagnostics.length === 0, 'the formatted text has mistakes');
  assert(sameTree(printed.file.items, file.items), 'the formatted text has another meaning');
  assert(
    sameTree(printed.file.comments.map(words), file.comments.map(words)),
    'the formatted text lost a comment',
  );
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

// -- items of one line

/** Items of a kind whose `=` stand under each other: those that follow each other line by line. */
function alignedRun(items: readonly Item[], from: number, printer: Printer): readonly Item[] {
  const { kind } = items[from];
  let end = from + 1;
  if (kind === 'Route' || kind === 'Pattern' || kind === 'List' || kind === 'Const') {
    while (end < items.length && items[end].kind === kind && printer.adjoins(items[end - 1], items[end]))
      end++;
  }
  return items.slice(from, end);
}

/** Widths that the items of a run share. */
interface RunWidths {
  readonly name: number;
  readonly type: number;
}

function widthsOf(run: readonly Item[]): RunWidths {
  let name = 0;
  let type = 0;
  for (const item of run) {
    if ('name' in item && item.name.kind === 'Identifier') name = Math.max(name, item.name.name.length);
    const typed = item.kind === 'Const' || (item.kind === 'List' && item.values !== undefined);
    if (typed) type = Math.max(type, flatType(item.type).length);
  }
  return { name, type };
}

function printItem(printer: Printer, item: Item, widths: RunWidths): void {
  const leaf = (lines: readonly string[]): void => printer.leaf(item, 0, lines);
  switch (item.kind) {
    case 'Import':
      return leaf([`import ${item.path.raw}`]);
    case 'Switch':
      return leaf([`switch ${item.name.name} ${item.on ? 'on' : 'off'}`]);
    case 'Secret':
      return leaf([`secret ${item.name.name}`]);
    case 'Route': {
      const methods = item.methods.map((method) => method.name).join(', ');
      return leaf([`route ${item.name.name.padEnd(widths.name)} = ${methods} ${item.path.raw}`]);
    }
    case 'Pattern':
      return leaf([`pattern ${item.name.name.padEnd(widths.name)} = ${flatRegex(item.regex)}`]);
    case 'Const': {
      const type = flatType(item.type).padEnd(widths.type);
      return leaf([`const ${item.name.name.padEnd(widths.name)} : ${type} = ${flatLiteral(item.value)}`]);
    }
    case 'List':
      return printList(printer, item, widths);
    case 'OverrideSetting': {
      const value = item.value.kind === 'ArrayLiteral' ? flatArray(item.value) : flatLiteral(item.value);
      return leaf([`override ${item.setting} ${item.name.name} = ${value}`]);
    }
    case 'Targets': {
      const head = `targets ${item.name.name} =`;
      const picks = item.items.map(flatPick);
      const flat = `${head} ${picks.join(', ')}`;
      return leaf(flat.length <= FORMATTED_LINE_COLUMNS_MAX ? [flat] : [head, ...fillLines(picks, 2)]);
    }
    case 'Fn': {
      const params = item.params.map((param) => `${param.name.name}: ${flatType(param.type)}`).join(', ');
      const head = `fn ${item.name.name}(${params}): ${flatType(item.result)} =`;
      const [first, ...rest] = layoutExpr(item.body, head.length + 1, 2);
      const inline = rest.length === 0 && head.length + 1 + first.length <= FORMATTED_LINE_COLUMNS_MAX;
      return leaf(
        inline ? [`${head} ${first}`] : [head, ...prefixed(indentation(2), layoutExpr(item.body, 2))],
      );
    }
    default:
      // A block has a blank line before and after it.
      printer.separate();
      printBlockItem(printer, item);
      printer.separate();
  }
}

function printList(printer: Printer, list: List, widths: RunWidths): void {
  const name = list.name.name.padEnd(widths.name);
  const type = flatType(list.type);
  const refresh =
    list.refresh === undefined ? '' : ` refresh ${list.refresh.interval.raw} ${list.refresh.whenStale}`;
  const tail = flatSteps(list.steps) + refresh;
  const { values } = list;
  if (values === undefined) {
    printer.leaf(list, 0, [`list ${name} : ${type} from ${list.from?.raw ?? ''}${tail}`]);
    return;
  }
  const head = `list ${name} : ${type.padEnd(widths.type)} = `;
  const { start, end } = values.span;
  const commentsInArray = printer.hasComment(start, end);
  const commentsOutside =
    printer.hasComment(list.span.start, start) || printer.hasComment(end, list.span.end);
  if (commentsInArray && !commentsOutside) {
    // Entries with remarks stay one to a line, each beside its remark.
    const last = values.elements.length - 1;
    const elements = (): void =>
      values.elements.forEach((element, index) =>
        printer.leaf(element, 2, [flatLiteral(element) + (index < last ? ',' : '')]),
      );
    printer.block(list, 0, `${head}[`, { nodes: values.elements, print: elements }, `]${tail}`);
    return;
  }
  const flat = flatArray(values);
  const fits =
    head.length + flat.length + tail.length <= FORMATTED_LINE_COLUMNS_MAX || values.elements.length < 2;
  const broken = ['[', ...fillLines(values.elements.map(flatLiteral), 2), `]${tail}`];
  printer.leaf(list, 0, fits ? [head + flat + tail] : prefixed(head, broken));
}

// -- blocks

type BlockItem =
  | Policy
  | Rule
  | Limiter
  | Flood
  | Exclude
  | Override
  | Scenario
  | Extract<Item, { kind: 'Shape' }>;

/** Where texts begin inside a block: two columns after the longest word it may have. */
const TEXT_COLUMN = {
  Policy: 'threshold'.length + 2,
  Rule: 'severity'.length + 2,
  Limiter: 'using'.length + 2,
  Flood: 'baseline'.length + 2,
  Exclude: 'because'.length + 2,
  Override: 'severity'.length + 2,
} as const;

function printBlockItem(printer: Printer, item: BlockItem): void {
  switch (item.kind) {
    case 'Shape':
      return printShape(printer, item);
    case 'Scenario':
      return printer.block(item, 0, `scenario ${item.title.raw} {`, {
        nodes: item.steps,
        print: () => printSteps(printer, item.steps, 2),
      });
    case 'Policy':
      return printer.block(
        item,
        0,
        `policy ${item.name.raw} {`,
        entryChildren(printer, item.entries, TEXT_COLUMN.Policy),
      );
    case 'Rule':
      return printer.block(
        item,
        0,
        `rule ${item.name.text} ${item.title.raw} {`,
        entryChildren(printer, item.entries, TEXT_COLUMN.Rule),
      );
    case 'Limiter':
    case 'Flood': {
      const word = item.kind === 'Limiter' ? 'limiter' : 'flood';
      return printer.block(
        item,
        0,
        `${word} ${item.name.name} {`,
        entryChildren(printer, item.entries, TEXT_COLUMN[item.kind]),
      );
    }
    case 'Exclude':
      return printer.block(
        item,
        0,
        `exclude ${item.selectors.map(flatSelector).join(', ')} {`,
        entryChildren(printer, item.entries, TEXT_COLUMN.Exclude),
      );
    case 'Override':
      return printer.block(
        item,
        0,
        `override ${flatSelector(item.selector)} {`,
        entryChildren(printer, item.entries, TEXT_COLUMN.Override),
      );
    default:
      return unreachable(item, 'item');
  }
}

type BlockEntry = ColumnEntry | ExamplesEntry | ProfileEntry;

function entryChildren(
  printer: Printer,
  entries: readonly BlockEntry[],
  textColumn: number,
  column = 2,
): Children {
  return { nodes: entries, print: () => printEntries(printer, entries, textColumn, column) };
}

function printEntries(
  printer: Printer,
  entries: readonly BlockEntry[],
  textColumn: number,
  column: number,
): void {
  const columns = columnsOf(entries);
  for (const entry of entries) {
    if (entry.kind === 'ExamplesEntry') printExamples(printer, entry, column);
    else if (entry.kind === 'ProfileEntry') printProfile(printer, entry, column);
    else {
      const { word, lines } = entryText(entry, column + textColumn, columns);
      printer.leaf(entry, column, lines.length === 0 ? [word] : prefixed(word.padEnd(textColumn), lines));
    }
  }
}

function columnsOf(entries: readonly BlockEntry[]): EntryColumns {
  let subject = 0;
  let direction = 0;
  for (const entry of entries) {
    if (entry.kind === 'ThresholdEntry') subject = Math.max(subject, entry.subject.name.length);
    if (entry.kind === 'EventEntry') direction = Math.max(direction, entry.direction?.length ?? 0);
  }
  return { subject, direction };
}

/** Prints `head { only }` on one line if the block has one child that fits, else one child to a line. */
function printNested(
  printer: Printer,
  node: Node,
  column: number,
  head: string,
  only: string | undefined,
  children: Children,
): void {
  const inline = `${head} { ${only ?? ''} }`;
  const fits = column + inline.length <= FORMATTED_LINE_COLUMNS_MAX;
  if (only !== undefined && fits && !printer.hasComment(node.span.start, node.span.end)) {
    printer.leaf(node, column, [inline]);
  } else printer.block(node, column, `${head} {`, children);
}

/** The text of the only child of a block, if it is one line. */
function onlyLine(children: readonly unknown[], lines: () => readonly string[]): string | undefined {
  if (children.length !== 1) return undefined;
  const all = lines();
  return all.length === 1 ? all[0] : undefined;
}

function printProfile(printer: Printer, entry: ProfileEntry, column: number): void {
  const [first] = entry.entries;
  const only = onlyLine(entry.entries, () => {
    if (first.kind === 'ProfileEntry') return [];
    const { word, lines } = entryText(first, column, columnsOf(entry.entries));
    return lines.length === 0 ? [word] : prefixed(`${word} `, lines);
  });
  printNested(
    printer,
    entry,
    column,
    `profile ${entry.name.raw}`,
    only,
    entryChildren(printer, entry.entries, TEXT_COLUMN.Policy, column + 2),
  );
}

function printExamples(printer: Printer, entry: ExamplesEntry, column: number): void {
  const [first] = entry.examples;
  const only = onlyLine(entry.examples, () =>
    prefixed(`${first.expectation} `, layoutRequest(first.request, column + 'examples { hit  '.length)),
  );
  const print = (): void => {
    for (const example of entry.examples) {
      const word = `${example.expectation.padEnd(4)} `;
      const lines = layoutRequest(example.request, column + 2 + word.length);
      printer.leaf(example, column + 2, prefixed(word, lines));
    }
  };
  printNested(printer, entry, column, 'examples', only, { nodes: entry.examples, print });
}

function printSteps(printer: Printer, steps: readonly ScenarioStep[], column: number): void {
  for (const step of steps) {
    if (step.kind === 'RepeatStep') {
      const only = onlyLine(step.steps, () => {
        const [first] = step.steps;
        return first.kind === 'RepeatStep' ? [] : stepLines(first, column);
      });
      printNested(printer, step, column, `repeat ${step.times.raw}`, only, {
        nodes: step.steps,
        print: () => printSteps(printer, step.steps, column + 2),
      });
    } else printer.leaf(step, column, stepLines(step, column));
  }
}

function stepLines(step: SendStep | AdvanceStep | OutageStep | SwitchStep, column: number): string[] {
  switch (step.kind) {
    case 'SendStep':
      return prefixed('send ', layoutRequest(step.request, column + 'send '.length, [flatExpectation(step)]));
    case 'AdvanceStep':
      return [`advance ${step.duration.raw}`];
    case 'OutageStep':
      return [`${step.change} ${step.service}`];
    case 'SwitchStep':
      return [`switch ${step.name.name} ${step.on ? 'on' : 'off'}`];
    default:
      return unreachable(step, 'step');
  }
}
