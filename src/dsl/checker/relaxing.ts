/**
 * E204: where a match lets a request through, a negated test on a value that may be absent is a hole, because the
 * client can leave the value out. `exists(x)` beside the test, or `|> or_else(v)`, closes it.
 */
import type { Condition, Scalar } from '../checked-condition.ts';
import type { Context } from './context.ts';
import { sameScalar } from './same.ts';
import { isOptional } from './tree.ts';

/** Reports every unguarded negated test on an optional in a condition whose match relaxes. */
export function checkRelaxing(context: Context, condition: Condition): void {
  visit(context, condition, false, []);
}

function visit(context: Context, condition: Condition, negated: boolean, guarded: readonly Scalar[]): void {
  switch (condition.kind) {
    case 'constant':
      return;
    case 'not':
      visit(context, condition.item, !negated, guarded);
      return;
    case 'and':
    case 'or': {
      const conjunction = (condition.kind === 'and') !== negated;
      const guards = conjunction
        ? [...guarded, ...condition.items.flatMap((item) => guardsOf(item, negated))]
        : guarded;
      for (const item of condition.items) visit(context, item, negated, guards);
      return;
    }
    case 'quantified':
      visit(context, condition.body, condition.quantifier === 'none' ? !negated : negated, guarded);
      return;
    case 'test': {
      const { left, relation } = condition;
      if (left.kind === 'condition') {
        visit(context, left.condition, negated, guarded);
        return;
      }
      const sides = relation.kind === 'compare' ? [left, relation.right] : [left];
      const open = sides.find(
        (side) => isOptional(side) && !guarded.some((guard) => sameScalar(guard, inputOf(side))),
      );
      if (!negated || open === undefined) return;
      context.report('E204', condition.span, 'this is true where the value is absent, and a match relaxes', {
        labels: [{ span: open.span, message: 'may be absent' }],
        help: 'add `exists(…) and` before it, or give a value with `|> or_else(…)`',
      });
    }
  }
}

function guardsOf(condition: Condition, negated: boolean): readonly Scalar[] {
  if (condition.kind === 'not') return guardsOf(condition.item, !negated);
  if (negated || condition.kind !== 'test' || condition.left.kind !== 'exists') return [];
  const { of } = condition.left;
  return 'picks' in of ? of.picks.flatMap((pick) => pick.scalar ?? []) : [inputOf(of)];
}

/** The value before its transformations: a guard of it guards what is made of it. */
function inputOf(scalar: Scalar): Scalar {
  return scalar.kind === 'pipe' ? scalar.input : scalar;
}
