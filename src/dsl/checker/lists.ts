/** Lists: their entries read as their type, transformed once, here; and the transformations of the list. */
import { TRANSFORMATIONS } from '../../http/transform/registry.ts';
import type { BoundArgument } from '../../http/transform/transformation.ts';
import { LIST_ENTRIES_MAX } from '../../core/limits.ts';
import type { ArrayLiteral, Literal } from '../ast-expression.ts';
import type { List } from '../ast.ts';
import type { CheckedList } from '../checked.ts';
import type { Scalar, Step } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import { spanText } from '../source.ts';
import type { Context } from './context.ts';
import type { LiteralValue } from './literals.ts';
import { literalAs } from './literals.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { applySteps } from './steps.ts';
import { plainType } from './type-refs.ts';

const LIST_TYPES = ['String', 'Cidr', 'Ip', 'Int', 'Method', 'MediaType'] as const;

type Entry = CheckedList['entries'][number];

/** A list with its entries. `override list` has replaced `values` where it applies. */
export function checkList(
  context: Context,
  list: List,
  values: ArrayLiteral | undefined,
): CheckedList | undefined {
  const type = plainType(context, list.type, LIST_TYPES, 'a list');
  if (type === undefined) return undefined;
  const steps = listSteps(context, list, type);
  if (list.refresh !== undefined && list.from === undefined) {
    context.report('E310', list.refresh.span, 'only a list from a file is refreshed');
  }
  const inline = values === undefined ? [] : inlineEntries(context, values, type, steps);
  const fromFile = values === undefined ? fileEntries(context, list, type, steps) : [];
  return {
    name: list.name.name,
    type,
    entries: [...inline, ...fromFile],
    file: values === undefined ? list.from?.value : undefined,
    refreshMs: list.refresh === undefined ? undefined : list.refresh.interval.value / 1000,
    stale: list.refresh?.whenStale ?? 'keep_last',
    steps,
    span: list.span,
  };
}

function listSteps(context: Context, list: List, type: CheckedList['type']): readonly Step[] {
  const span = list.name.span;
  const entry: Scalar = { kind: 'bound', binding: -1, type, span };
  const typed = applySteps(
    context,
    { form: 'scalar', scalar: entry, optional: false, span },
    list.steps,
    EMPTY_SCOPE,
  );
  if (typed.form === 'broken') return [];
  if (typed.form !== 'scalar' || typed.scalar.type !== type) {
    const [first] = list.steps;
    context.report('E203', first.span, `the entries of a list stay of type ${type}`);
    return [];
  }
  return typed.scalar.kind === 'pipe' ? typed.scalar.steps : [];
}

function inlineEntries(
  context: Context,
  values: ArrayLiteral,
  type: CheckedList['type'],
  steps: readonly Step[],
): Entry[] {
  const entries: Entry[] = [];
  const seen = new Map<string, Span>();
  for (const element of values.elements) {
    const value = entryOf(context, element, type, steps);
    if (value === undefined) continue;
    const key = keyOf(value);
    const first = seen.get(key);
    if (first !== undefined) {
      context.report('E301', element.span, `${spanText(element.span)} stands twice in the list`, {
        labels: [{ span: first, message: 'first here' }],
      });
      continue;
    }
    seen.set(key, element.span);
    entries.push(value);
  }
  return entries;
}

function entryOf(
  context: Context,
  element: Literal,
  type: CheckedList['type'],
  steps: readonly Step[],
): Entry | undefined {
  const value = literalAs(context, element, type);
  return value === undefined ? undefined : transformed(value, steps);
}

function keyOf(value: Entry): string {
  return typeof value === 'object' ? value.text : String(value);
}

/** Lines of a list file: one entry each, `#` begins a comment. A line that cannot be read is an error. */
function fileEntries(
  context: Context,
  list: List,
  type: CheckedList['type'],
  steps: readonly Step[],
): Entry[] {
  const { listFiles } = context.options;
  if (list.from === undefined || listFiles === undefined) return [];
  const lines = listFiles.get(list.from.value);
  if (lines === undefined) {
    context.report('E209', list.from.span, 'the list file cannot be read', {
      help: 'a list must load before its rules can run',
    });
    return [];
  }
  if (lines.length > LIST_ENTRIES_MAX) {
    context.report('E209', list.from.span, `the list file has more than ${LIST_ENTRIES_MAX} lines`);
    return [];
  }
  const entries = new Map<string, Entry>();
  for (const [index, line] of lines.entries()) {
    const text = line.replace(/\s*#.*$/, '').trim();
    if (text === '') continue;
    const value = fileEntry(context, text, type, list.from.span);
    if (value === undefined) {
      const cut = text.slice(0, 60);
      context.report('E209', list.from.span, `line ${index + 1} of the list file is no ${type}: \`${cut}\``);
      return [];
    }
    const entry = transformed(value, steps);
    if (entry !== undefined) entries.set(keyOf(entry), entry);
  }
  return [...entries.values()];
}

function fileEntry(
  context: Context,
  text: string,
  type: CheckedList['type'],
  span: Span,
): LiteralValue | undefined {
  if (type === 'Int') return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
  const literal = { kind: 'StringLiteral', raw: `"${text}"`, value: text, span } as const;
  return context.muted(() => literalAs(context, literal, type));
}

/** An entry after the list's transformations; entries they make absent are dropped. */
function transformed(value: LiteralValue, steps: readonly Step[]): Entry | undefined {
  if (typeof value === 'boolean') return undefined;
  let entry: Entry = value;
  for (const step of steps) {
    const transformation = TRANSFORMATIONS.get(step.name);
    if (transformation?.kind !== 'text' || typeof entry !== 'string') return entry;
    const args: BoundArgument[] = step.args.flatMap((argument) =>
      argument.kind === 'int' || argument.kind === 'string' ? [argument.value] : [],
    );
    entry = transformation.bind(args)(entry);
  }
  return entry;
}
