/**
 * Which tests can decide a rule about a body of one kind. A rule on a field of a form and the raw text beside it can do without
 * the text of a JSON document, where no such field comes, and a detector is spared 64 KB of it.
 */
import { unreachable } from '../core/assert.ts';
import type { Condition } from '../dsl/checked-condition.ts';
import { BODY_KINDS, mayCome } from '../engine/body-origins.ts';
import { FALSE, OPEN, TRUE, both, either, negate, truth } from '../engine/three-valued.ts';
import type { Truth } from '../engine/three-valued.ts';
import type { BodyKind } from '../http/body/reader.ts';
import type { RuleTree } from './rule-tree-types.ts';

/** Bits of all positions in `BODY_KINDS`. */
export const EVERY_KIND = (1 << BODY_KINDS.length) - 1;

interface Restricted {
  readonly value: Truth;
  /** What the value turns on while it is open. */
  readonly leaves: readonly number[];
}

/**
 * Leaves that a tree turns on, with the kinds of bodies in which it does, as bits. `originsOf` gives the origins whose values a
 * leaf looks at, undefined for one that looks at other things. An excluded test has a value of its own (docs/language.md,
 * Evaluation 9), so that `isExcludable` trees take no test on the kind for decided.
 */
export function decidingKinds(
  tree: RuleTree,
  originsOf: (leaf: number) => number | undefined,
  isExcludable: boolean,
): ReadonlyMap<number, number> {
  const kinds = new Map<number, number>();
  BODY_KINDS.forEach((kind, index) => {
    const valueOf = (leaf: Extract<RuleTree, { kind: 'leaf' }>): Truth => {
      const origins = originsOf(leaf.id);
      if (origins !== undefined) return mayCome(origins, kind) ? OPEN : FALSE;
      return isExcludable ? OPEN : testOfKind(leaf.condition, kind);
    };
    for (const leaf of restricted(tree, valueOf).leaves)
      kinds.set(leaf, (kinds.get(leaf) ?? 0) | (1 << index));
  });
  return kinds;
}

function restricted(
  tree: RuleTree,
  valueOf: (leaf: Extract<RuleTree, { kind: 'leaf' }>) => Truth,
): Restricted {
  switch (tree.kind) {
    case 'constant':
      return { value: tree.value, leaves: [] };
    case 'leaf': {
      const value = valueOf(tree);
      return { value, leaves: value === OPEN ? [tree.id] : [] };
    }
    case 'not': {
      const { value, leaves } = restricted(tree.item, valueOf);
      return { value: negate(value), leaves };
    }
    case 'and':
    case 'or': {
      const items = tree.items.map((item) => restricted(item, valueOf));
      const [join, unit] = tree.kind === 'and' ? [both, TRUE] : [either, FALSE];
      const value = items.reduce((result, item) => join(result, item.value), unit);
      return { value, leaves: value === OPEN ? items.flatMap(({ leaves }) => leaves) : [] };
    }
    default:
      return unreachable(tree, 'rule tree');
  }
}

/** `body.kind == "json"` and `body.kind in [...]` are known with the head; any other condition is open. */
function testOfKind(condition: Condition, kind: BodyKind): Truth {
  if (condition.kind !== 'test') return OPEN;
  const { left, relation } = condition;
  if (left.kind !== 'field' || left.field.name !== 'body.kind') return OPEN;
  if (relation.kind === 'in' && relation.set.kind === 'literals')
    return truth(relation.set.values.includes(kind));
  if (relation.kind === 'compare' && relation.operator === '==' && relation.right.kind === 'literal')
    return truth(relation.right.value === kind);
  return OPEN;
}
