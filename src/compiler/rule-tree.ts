/** The Kleene tree of a rule over its leaves. */
import { unreachable } from '../core/assert.ts';
import type { Condition, Selection } from '../dsl/checked-condition.ts';
import { spanBetween } from '../dsl/source.ts';
import type { TruthTest } from '../engine/evaluation-context.ts';
import { FALSE, TRUE, UNKNOWN, both, either, negate, truth } from '../engine/three-valued.ts';
import type { Truth } from '../engine/three-valued.ts';
import { groupCaptures, hasCapture, phaseOf, phaseOfSelection, unpipe } from './analysis.ts';
import { CLAIMS } from './coverage.ts';
import { conjunction, disjunction, membershipTest, positiveQuantified } from './conditions.ts';
import type { RuleTree } from './rule-tree-types.ts';
import { asSelection, captureLeaf, scalarLeaf, selectionLeaf, shapeLeaf } from './leaves.ts';
import type { RuleContext } from './leaves.ts';

export function compileTree(context: RuleContext, condition: Condition, negative = false): RuleTree {
  switch (condition.kind) {
    case 'constant':
      return { kind: 'constant', value: truth(condition.value) };
    case 'and':
    case 'or': {
      const items = condition.kind === 'and' ? groupCaptures(condition.items) : condition.items;
      return { kind: condition.kind, items: items.map((item) => compileItem(context, item, negative)) };
    }
    case 'not':
      return { kind: 'not', item: compileTree(context, condition.item, !negative) };
    case 'quantified': {
      const { parts, negated } = positiveQuantified(condition);
      const leaf: RuleTree = {
        kind: 'leaf',
        id: selectionLeaf(context, parts, negative !== negated),
        condition,
      };
      return negated ? { kind: 'not', item: leaf } : leaf;
    }
    case 'test':
      return compileTest(context, condition, negative);
    default:
      return unreachable(condition, 'condition');
  }
}

/** A group of conjuncts around a capture is one leaf: a capture lives only inside one evaluation. */
function compileItem(context: RuleContext, item: Condition, negative: boolean): RuleTree {
  if (item.kind !== 'quantified' && hasCapture(item)) {
    const split = splitGroup(context, item, negative);
    if (split !== null) return split;
    return { kind: 'leaf', id: scalarLeaf(context, item, negative), condition: item };
  }
  return compileTree(context, item, negative);
}

/**
 * Captures of an earlier phase are known before the first value of a later one comes: the tests on its values need not
 * wait for the end.
 */
function splitGroup(context: RuleContext, group: Condition, negative: boolean): RuleTree | null {
  if (group.kind !== 'and' || context.masks) return null;
  const end = group.items.findIndex((item) => sourceOf(item) !== undefined);
  const binders = group.items.slice(0, end);
  const phase = phaseOf(binders);
  const readers = group.items.slice(end).map((item) => ({ item, source: sourceOf(item) }));
  if (end < 1 || readers.some(({ source }) => source === undefined || phaseOfSelection(source) <= phase)) {
    return null;
  }
  const condition: Condition =
    end === 1
      ? binders[0]
      : { kind: 'and', items: binders, span: spanBetween(binders[0].span, binders[end - 1].span) };
  const { id, held } = captureLeaf(context, condition, negative);
  const inner = { ...context, held: new Map([...context.held, ...held]) };
  return {
    kind: 'and',
    items: [
      { kind: 'leaf', id, condition },
      ...readers.map(({ item }) => compileTree(inner, item, negative)),
    ],
  };
}

/** What a test of values goes over. */
function sourceOf(item: Condition): Selection | undefined {
  if (item.kind === 'not') return sourceOf(item.item);
  if (item.kind === 'quantified') return item.source;
  const isMember =
    item.kind === 'test' && item.relation.kind === 'in' && item.relation.set.kind === 'selection';
  return isMember ? item.relation.set.source : undefined;
}

function compileTest(
  context: RuleContext,
  condition: Extract<Condition, { kind: 'test' }>,
  negative: boolean,
): RuleTree {
  const { left, relation } = condition;
  if (relation.kind === 'truth' && left.kind === 'condition')
    return compileTree(context, left.condition, negative);
  if (relation.kind === 'truth' && left.kind === 'exists' && 'picks' in left.of) {
    const body: Condition = { kind: 'constant', value: true, span: condition.span };
    const binding = -1 - condition.span.start;
    // Like `count`, it takes the selection whole: exclusions are about tests on values.
    const whole: RuleContext = { ...context, exclusions: [] };
    return {
      kind: 'leaf',
      id: selectionLeaf(whole, { source: left.of, binding, body }, negative),
      condition,
    };
  }
  if (relation.kind === 'in' && relation.set.kind === 'selection') {
    return compileTree(context, membershipTest(left, relation.set.source, condition), negative);
  }
  const { input, steps } = unpipe(left);
  if (relation.kind === 'is' && input.kind === 'json' && input.field.name !== CLAIMS && steps.length === 0) {
    return { kind: 'leaf', id: shapeLeaf(context, condition, input, negative), condition };
  }
  const selection = asSelection(condition);
  const id =
    selection === undefined
      ? scalarLeaf(context, condition, negative)
      : selectionLeaf(context, selection, negative);
  return { kind: 'leaf', id, condition };
}

/** Leaves in order of writing. */
export function leavesOf(tree: RuleTree): number[] {
  switch (tree.kind) {
    case 'constant':
      return [];
    case 'leaf':
      return [tree.id];
    case 'not':
      return leavesOf(tree.item);
    case 'and':
    case 'or':
      return [...new Set(tree.items.flatMap(leavesOf))];
  }
}

export function treeTest(tree: RuleTree): TruthTest {
  switch (tree.kind) {
    case 'constant': {
      const { value } = tree;
      return () => value;
    }
    case 'leaf': {
      const { id } = tree;
      return (evaluation) => evaluation.leaf(id);
    }
    case 'not': {
      const test = treeTest(tree.item);
      return (evaluation) => negate(test(evaluation));
    }
    case 'and':
      return conjunction(tree.items.map(treeTest));
    case 'or':
      return disjunction(tree.items.map(treeTest));
  }
}

/** The value of a tree none of whose observed leaves was touched; UNKNOWN where scalars decide. */
export function restingValue(tree: RuleTree, isObserved: (leaf: number) => boolean): Truth {
  switch (tree.kind) {
    case 'constant':
      return tree.value;
    case 'leaf':
      return isObserved(tree.id) ? FALSE : UNKNOWN;
    case 'not':
      return negate(restingValue(tree.item, isObserved));
    case 'and':
      return tree.items.reduce<Truth>((result, item) => both(result, restingValue(item, isObserved)), TRUE);
    case 'or':
      return tree.items.reduce<Truth>(
        (result, item) => either(result, restingValue(item, isObserved)),
        FALSE,
      );
  }
}
