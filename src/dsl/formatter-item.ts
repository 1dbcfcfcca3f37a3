/** Layout of items: declarations of one line, in columns where they follow each other; blocks with space around them. */
import { FORMATTED_LINE_COLUMNS_MAX } from '../core/limits.ts';
import type { Item, List } from './ast.ts';
import { printBlockItem } from './formatter-block.ts';
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
import type { Printer } from './formatter-printer.ts';

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
  printer.document(item.doc);
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

/** Prints all items of a file. */
export function printItems(printer: Printer, items: readonly Item[]): void {
  for (let index = 0; index < items.length; ) {
    const run = alignedRun(items, index, printer);
    const widths = widthsOf(run);
    for (const item of run) printItem(printer, item, widths);
    index += run.length;
  }
}
