/**
 * E302: conditions no request can make true. Found are conjuncts over one value that exclude each other, empty
 * intervals, and capitals looked for after `lower`. What is not found is not proven reachable.
 */
import type { Condition, Scalar, Step } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import type { Context } from './context.ts';
import { requiredLetter } from './patterns.ts';
import { keyOf } from './same.ts';
import { visitCondition } from './tree.ts';

type Test = Extract<Condition, { kind: 'test' }>;
type Quantified = Extract<Condition, { kind: 'quantified' }>;

/** Reports every part of a condition that can never be true. */
export function checkReachable(context: Context, condition: Condition): void {
  const sources = new Map<number, readonly Step[]>();
  visitCondition(condition, {
    condition(node, negated) {
      if (node.kind === 'quantified') sources.set(node.binding, node.source.steps);
      if (node.kind === 'constant' && !node.value && !negated) {
        context.report('E302', node.span, 'this is never true');
      }
      if (node.kind === 'test') checkCase(context, node, sources);
      if (node.kind === 'and' && !negated) checkConjunction(context, node.items);
    },
  });
}

// -- letters of the wrong case

function checkCase(context: Context, test: Test, sources: ReadonlyMap<number, readonly Step[]>): void {
  const steps = [
    ...(test.left.kind === 'pipe' ? inputSteps(test.left.input, sources) : inputSteps(test.left, sources)),
    ...(test.left.kind === 'pipe' ? test.left.steps : []),
  ];
  const last = steps.findLast((step) => CASE_STEPS.has(step.name) || !KEEPS_CASE.has(step.name));
  if (last === undefined || last.keepOriginal || !CASE_STEPS.has(last.name)) return;
  const letters = last.name === 'lower' ? /[A-Z]/ : /[a-z]/;
  const found = wrongLetters(test, letters);
  if (found === undefined) return;
  const what = last.name === 'lower' ? 'a capital' : 'a small letter';
  context.report('E302', found, `${what} never occurs after \`${last.name}\``, {
    labels: [{ span: last.span, message: 'changed here' }],
  });
}

/** Steps that decide the case of letters, and steps that leave it as it is. Others may bring any letter in. */
const CASE_STEPS: ReadonlySet<string> = new Set(['lower', 'upper']);
const KEEPS_CASE: ReadonlySet<string> = new Set([
  'trim',
  'squeeze',
  'remove_nulls',
  'remove_space',
  'slashes',
  'strip_comments',
  'replace_comments',
  'remove_comment_chars',
  'basename',
  'drop_prefix',
  'digits',
]);

function inputSteps(scalar: Scalar, sources: ReadonlyMap<number, readonly Step[]>): readonly Step[] {
  return scalar.kind === 'bound' ? (sources.get(scalar.binding) ?? []) : [];
}

/** Where a letter stands that never occurs. One such word of several is reported too: it was meant to match. */
function wrongLetters(test: Test, letters: RegExp): Span | undefined {
  const { relation, span } = test;
  switch (relation.kind) {
    case 'compare':
      return relation.operator === '==' &&
        relation.right.kind === 'literal' &&
        relation.right.type === 'String' &&
        letters.test(String(relation.right.value))
        ? relation.right.span
        : undefined;
    case 'in':
      return relation.set.kind === 'literals' && relation.set.type === 'String'
        ? wrongWords(relation.set.values, letters, span)
        : undefined;
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return relation.words.kind === 'literals' ? wrongWords(relation.words.words, letters, span) : undefined;
    case 'matches':
      return requiredLetter(relation.pattern, letters) === undefined ? undefined : relation.pattern.span;
    case 'truth':
    case 'is':
      return undefined;
  }
}

function wrongWords(words: readonly unknown[], letters: RegExp, span: Span): Span | undefined {
  return words.some((word) => letters.test(String(word))) ? span : undefined;
}

// -- conjuncts that exclude each other

/** What is left of a value after the conjuncts so far. */
interface Constraint {
  /** Values it must be one of; undefined: any. */
  allowed: ReadonlySet<string | number | boolean> | undefined;
  excluded: Set<string | number | boolean>;
  low: number;
  lowOpen: boolean;
  high: number;
  highOpen: boolean;
  readonly spans: Span[];
}

function checkConjunction(context: Context, items: readonly Condition[]): void {
  const constraints = new Map<string, Constraint>();
  for (const item of flattened(items)) {
    const negated = item.kind === 'not';
    const test = negated ? item.item : item;
    if (test.kind !== 'test') continue;
    const key = keyOf(test.left);
    const constraint = constraints.get(key) ?? newConstraint();
    constraints.set(key, constraint);
    if (!narrow(constraint, test, negated)) continue;
    constraint.spans.push(item.span);
    if (!isEmpty(constraint, test.left)) continue;
    const [first] = constraint.spans;
    context.report('E302', item.span, 'no value satisfies this and what stands before it', {
      ...(first === item.span ? {} : { labels: [{ span: first, message: 'excludes it' }] }),
    });
    constraints.delete(key);
  }
}

function* flattened(items: readonly Condition[]): Iterable<Exclude<Condition, Quantified>> {
  for (const item of items) {
    if (item.kind === 'and') yield* flattened(item.items);
    else if (item.kind !== 'quantified') yield item;
  }
}

function newConstraint(): Constraint {
  return {
    allowed: undefined,
    excluded: new Set(),
    low: -Infinity,
    lowOpen: false,
    high: Infinity,
    highOpen: false,
    spans: [],
  };
}

/** Applies a test; false if it says nothing about single values. */
function narrow(constraint: Constraint, test: Test, negated: boolean): boolean {
  const { relation } = test;
  if (relation.kind === 'truth') {
    restrict(constraint, new Set([!negated]));
    return true;
  }
  if (relation.kind === 'in' && relation.set.kind === 'literals') {
    if (relation.set.values.some((value) => typeof value === 'object')) return false;
    const values = relation.set.values.filter((value) => typeof value !== 'object');
    return negated ? exclude(constraint, values) : restrict(constraint, new Set(values));
  }
  if (relation.kind === 'in' && relation.set.kind === 'range' && !negated) {
    atLeast(constraint, relation.set.low, false);
    atMost(constraint, relation.set.high, false);
    return true;
  }
  if (relation.kind !== 'compare' || relation.right.kind !== 'literal') return false;
  const { value } = relation.right;
  if (typeof value === 'object') return false;
  if (relation.operator === '==') {
    return negated ? exclude(constraint, [value]) : restrict(constraint, new Set([value]));
  }
  if (typeof value !== 'number' || negated) return false;
  if (relation.operator === '<' || relation.operator === '<=') {
    atMost(constraint, value, relation.operator === '<');
  } else atLeast(constraint, value, relation.operator === '>');
  return true;
}

function restrict(constraint: Constraint, values: ReadonlySet<string | number | boolean>): true {
  const { allowed } = constraint;
  constraint.allowed =
    allowed === undefined ? values : new Set([...allowed].filter((value) => values.has(value)));
  return true;
}

function exclude(constraint: Constraint, values: readonly (string | number | boolean)[]): true {
  for (const value of values) constraint.excluded.add(value);
  return true;
}

function atLeast(constraint: Constraint, low: number, open: boolean): void {
  if (low < constraint.low || (low === constraint.low && !open)) return;
  constraint.low = low;
  constraint.lowOpen = open;
}

function atMost(constraint: Constraint, high: number, open: boolean): void {
  if (high > constraint.high || (high === constraint.high && !open)) return;
  constraint.high = high;
  constraint.highOpen = open;
}

const WHOLE_TYPES: ReadonlySet<string> = new Set(['Int', 'Size', 'Duration', 'Date']);

function isEmpty(constraint: Constraint, left: Scalar): boolean {
  const { low, high, allowed, excluded } = constraint;
  const whole = WHOLE_TYPES.has(left.type);
  const least = whole && constraint.lowOpen ? low + 1 : low;
  const most = whole && constraint.highOpen ? high - 1 : high;
  const open = !whole && (constraint.lowOpen || constraint.highOpen);
  if (least > most || (least === most && open)) return true;
  if (allowed === undefined) return false;
  return ![...allowed].some((value) => {
    if (excluded.has(value)) return false;
    if (typeof value !== 'number') return low === -Infinity && high === Infinity;
    const above = constraint.lowOpen ? value > low : value >= low;
    const below = constraint.highOpen ? value < high : value <= high;
    return above && below;
  });
}
