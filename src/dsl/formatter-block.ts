/** Layout of blocks: an entry to a line; inside them, examples, profiles and repeated steps on one line if they are one. */
import { unreachable } from '../core/assert.ts';
import { FORMATTED_LINE_COLUMNS_MAX } from '../core/limits.ts';
import type { Node } from './ast-expression.ts';
import type {
  AdvanceStep,
  OutageStep,
  Scenario,
  ScenarioStep,
  SendStep,
  SwitchStep,
} from './ast-scenario.ts';
import type { Exclude, ExamplesEntry, Override, Rule } from './ast-rule.ts';
import type { Flood, Limiter } from './ast-limiter.ts';
import type { Item, Policy, ProfileEntry } from './ast.ts';
import { entryText, flatExpectation, flatSelector, layoutRequest } from './formatter-entry.ts';
import type { ColumnEntry, EntryColumns } from './formatter-entry.ts';
import { prefixed } from './formatter-expression.ts';
import type { Children, Printer } from './formatter-printer.ts';
import { printShape } from './formatter-shape.ts';

export type BlockItem =
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

export function printBlockItem(printer: Printer, item: BlockItem): void {
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
