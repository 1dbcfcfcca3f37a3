/** W605: `all` is true over no values, which is seldom meant. Beside `exists`, `count` or `any` of the same it is. */
import type { Condition, Pick, Selection } from '../checked-condition.ts';
import type { Context } from './context.ts';
import { keyOf } from './same.ts';
import { visitCondition } from './tree.ts';

/** Warns of every `all` that nothing beside it keeps from being true over no values. */
export function checkBareAll(context: Context, condition: Condition): void {
  const guarded = new Set<Condition>();
  visitCondition(condition, {
    condition(node) {
      if (node.kind !== 'and') return;
      const looked = new Set(node.items.flatMap(lookedAt));
      for (const item of node.items) {
        if (item.kind !== 'quantified' || item.quantifier !== 'all') continue;
        if (item.source.picks.some((pick) => looked.has(pickKey(pick)))) guarded.add(item);
      }
    },
  });
  visitCondition(condition, {
    condition(node) {
      if (node.kind !== 'quantified' || node.quantifier !== 'all' || guarded.has(node)) return;
      context.report('W605', node.span, '`all` is true over no values', {
        help: 'add `exists(…) and` before it if there must be one',
      });
    },
  });
}

function lookedAt(condition: Condition): readonly string[] {
  if (condition.kind === 'quantified' && condition.quantifier === 'any') return keys(condition.source);
  if (condition.kind !== 'test') return [];
  const { left } = condition;
  if (left.kind === 'aggregate') return keys(left.source);
  return left.kind === 'exists' && 'picks' in left.of ? keys(left.of) : [];
}

function keys(selection: Selection): readonly string[] {
  return selection.picks.map(pickKey);
}

function pickKey(pick: Pick): string {
  return `${pick.field?.name ?? ''} ${keyOf([pick.scalar, pick.key, pick.jsonPath])}`;
}
