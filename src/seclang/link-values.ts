/** The values that a link of a chain looks at, and tests about one of them. */
import type { Expr, Pick, Pipe, Relation, Step } from '../dsl/ast-expression.ts';
import * as make from './build.ts';
import type { ValueTest } from './relations.ts';
import type { SubjectType } from './subjects.ts';
import { Untranslatable } from './untranslatable.ts';

/** Values of a link, read alike. */
export interface Values {
  readonly picks: readonly Pick[];
  readonly steps: readonly Step[];
  readonly type: SubjectType;
  readonly segmented: boolean;
  readonly notFor: readonly string[];
  /** Set instead of picks if there is exactly one value. */
  readonly single: Pipe | undefined;
}

/** Exactly one text. */
export function oneValue(single: Pipe): Values {
  return { picks: [], steps: [], type: 'String', segmented: false, notFor: [], single };
}

/** In exact mode some bodies have no text. */
export function guardOf({ notFor }: Values): readonly Expr[] {
  if (notFor.length === 0) return [];
  const set = make.array(notFor.map(make.string));
  const relation: Relation = { kind: 'Membership', span: make.SPAN, negated: true, set };
  return [make.test(make.pipe(make.operand('body.kind')), relation)];
}

/** The values after more steps. */
export function withSteps(values: Values, steps: readonly Step[]): Values {
  const { single } = values;
  if (single === undefined) return { ...values, steps: [...values.steps, ...steps] };
  return { ...values, single: make.pipe(single.head, [...single.steps, ...steps]) };
}

/** The value as a selection of one. @throws Untranslatable for a constant */
export function pickOfPipe(value: Pipe): readonly Pick[] {
  if (value.head.kind !== 'Operand') throw new Untranslatable('multiMatch of a constant');
  return [make.pick(value.head)];
}

/** The test of an operator about one value. */
export function applied(value: Pipe, used: ValueTest, relation: Relation | undefined): Expr {
  if (used.build !== undefined) return used.build(value);
  return make.test(make.pipe(value.head, [...value.steps, ...used.steps]), relation);
}
