/**
 * Conditions evaluated directly, without leaves: what stands inside a binder block, in the condition of an exclusion,
 * or around a capture. Selections inside are read from the head, or from what an accumulator retained.
 */
import { unreachable } from '../core/assert.ts';
import type { Condition, Scalar, Selection } from '../dsl/checked-condition.ts';
import type { EvaluationContext, RetainedValue, TruthTest, ValueTest } from '../engine/evaluation-context.ts';
import { HEAD_ORIGINS, visitSelected } from '../engine/head-values.ts';
import { FACET, ORIGIN_SCALAR } from '../engine/program.ts';
import type { LeafExclusion } from '../engine/program.ts';
import { FALSE, OPEN, TRUE, UNKNOWN, both, either, negate, truth } from '../engine/three-valued.ts';
import type { Truth } from '../engine/three-valued.ts';
import type { MaybeValue } from '../http/value.ts';
import { fieldUses, unpipe } from './analysis.ts';
import { exclusionsOfScalars, exclusionsOfSelection } from './leaf-exclusions.ts';
import { coverageOf, filterOf } from './coverage.ts';
import type { PickCoverage } from './coverage.ts';
import type { ProgramBuilder, QuantifiedParts, Scope } from './program-builder.ts';
import { earlyTest } from './growing.ts';
import { compileRelation } from './relations.ts';
import { accumulate, compileScalar, fieldLabel } from './scalars.ts';
import { bindStep, stepsBefore } from './steps.ts';

export function compileBody(builder: ProgramBuilder, condition: Condition, scope: Scope): TruthTest {
  switch (condition.kind) {
    case 'constant': {
      const result = truth(condition.value);
      return () => result;
    }
    case 'and':
      return conjunction(condition.items.map((item) => compileBody(builder, item, scope)));
    case 'or':
      return disjunction(condition.items.map((item) => compileBody(builder, item, scope)));
    case 'not': {
      const test = compileBody(builder, condition.item, scope.negated());
      return (evaluation) => negate(test(evaluation));
    }
    case 'test':
      return compileTest(builder, condition, scope);
    case 'quantified': {
      const positive = positiveQuantified(condition);
      const test = compileNested(builder, positive.parts, positive.negated ? scope.negated() : scope);
      return positive.negated ? (evaluation) => negate(test(evaluation)) : test;
    }
    default:
      return unreachable(condition, 'condition');
  }
}

/** `all S t` is `not any S not t`, `none S t` is `not any S t`. */
export function positiveQuantified(condition: Extract<Condition, { kind: 'quantified' }>): {
  readonly parts: QuantifiedParts;
  readonly negated: boolean;
} {
  const { quantifier, source, binding, body, span } = condition;
  if (quantifier === 'any') return { parts: { source, binding, body }, negated: false };
  if (quantifier === 'none') return { parts: { source, binding, body }, negated: true };
  return { parts: { source, binding, body: { kind: 'not', item: body, span } }, negated: true };
}

export function conjunction(tests: readonly TruthTest[]): TruthTest {
  return (evaluation) => {
    let result: Truth = TRUE;
    for (let i = 0; i < tests.length; i++) {
      result = both(result, tests[i](evaluation));
      if (result === FALSE) return FALSE;
    }
    return result;
  };
}

export function disjunction(tests: readonly TruthTest[]): TruthTest {
  return (evaluation) => {
    let result: Truth = FALSE;
    for (let i = 0; i < tests.length; i++) {
      result = either(result, tests[i](evaluation));
      if (result === TRUE) return TRUE;
    }
    return result;
  };
}

export function compileTest(
  builder: ProgramBuilder,
  condition: Extract<Condition, { kind: 'test' }>,
  scope: Scope,
): TruthTest {
  const excluded = exclusionsOfScalars(scope.standing.exclusions, condition.left);
  if (excluded.length > 0)
    return unlessExcluded(excluded, scope.standing.negative, plainTest(builder, condition, scope));
  return plainTest(builder, condition, scope);
}

/** A test on an excluded scalar takes the value that favours no match. */
function unlessExcluded(exclusions: readonly number[], negative: boolean, test: TruthTest): TruthTest {
  const side = negative ? TRUE : FALSE;
  return (evaluation) => {
    for (const exclusion of exclusions) if (evaluation.exclusionStates[exclusion] === TRUE) return side;
    return test(evaluation);
  };
}

function plainTest(
  builder: ProgramBuilder,
  condition: Extract<Condition, { kind: 'test' }>,
  scope: Scope,
): TruthTest {
  const { left, relation } = condition;
  if (relation.kind === 'in' && relation.set.kind === 'selection') {
    return compileBody(builder, membershipTest(left, relation.set.source, condition), scope);
  }
  const routes = routeTest(builder, condition, scope);
  if (routes !== undefined) return routes;
  const scalars = (scalar: Scalar, inner: Scope) => compileScalar(builder, scalar, inner);
  const secretLeft = left.type === 'Secret';
  const relationTest = compileRelation(builder, relation, scope, scalars, secretLeft);
  const { input, steps } = unpipe(left);
  if (input.kind === 'bound') {
    const binding = scope.binding(input.binding);
    const test = stepsBefore(
      steps.map((step) => bindStep(builder, step)),
      relationTest,
    );
    return (evaluation) => test(evaluation, evaluation.bound[binding]);
  }
  const read = compileScalar(builder, left, scope);
  const early = earlyTest(builder, condition);
  if (early === null) return (evaluation) => relationTest(evaluation, read(evaluation));
  // A count that broke off is known to be beyond a limit it had passed.
  return (evaluation) => {
    const result = relationTest(evaluation, read(evaluation));
    if (result !== UNKNOWN) return result;
    const bound = early(evaluation);
    return bound === OPEN ? UNKNOWN : bound;
  };
}

/** `x in S` asks whether any value of S equals x. The binding is outside of those the checker hands out. */
export function membershipTest(
  left: Scalar,
  source: Selection,
  { span }: { readonly span: Condition['span'] },
): Extract<Condition, { kind: 'quantified' }> {
  const binding = -1 - span.start;
  const bound: Scalar = { kind: 'bound', binding, type: source.type, span };
  const body: Condition = {
    kind: 'test',
    left: bound,
    relation: { kind: 'compare', operator: '==', right: left },
    span,
  };
  return { kind: 'quantified', quantifier: 'any', source, binding, body, span };
}

/**
 * A test on `route` looks at all views of the path. Where the outcome favours a match it holds if it does for any view, where it favours none only if it does for all
 * (docs/language.md, Types), so that no spelling of a path slips past a restricting rule or into a permitting one.
 */
function routeTest(
  builder: ProgramBuilder,
  condition: Extract<Condition, { kind: 'test' }>,
  scope: Scope,
): TruthTest | undefined {
  const { left, relation } = condition;
  if (left.kind !== 'field' || left.field.name !== 'route') return undefined;
  let names: readonly string[] | undefined;
  if (relation.kind === 'in' && relation.set.kind === 'routes') names = relation.set.names;
  else if (relation.kind === 'in' && relation.set.kind === 'literals')
    names = relation.set.values.map(String);
  else if (relation.kind === 'compare' && relation.operator === '==' && relation.right.kind === 'literal') {
    names = [String(relation.right.value)];
  }
  if (names === undefined) return undefined;
  const wanted = new Set(builder.routes(names));
  return scope.restricts
    ? ({ views }) => truth(views.some((view) => wanted.has(view)))
    : ({ views }) => truth(views.every((view) => wanted.has(view)));
}

/** A quantified test inside another condition: a loop over what is there. */
function compileNested(builder: ProgramBuilder, parts: QuantifiedParts, scope: Scope): TruthTest {
  const { source, binding, body } = parts;
  const index = scope.binding(binding);
  const picks = source.picks.map((pick) => coverageOf(pick, builder.regex));
  const { exclusions, negative } = scope.standing;
  const test = withExclusions(
    valueTest(builder, source, index, compileBody(builder, body, scope)),
    exclusionsOfSelection(exclusions, picks),
    index,
    negative,
  );
  if (isOfHead(picks)) return headLoop(builder, picks, index, test);
  const accumulator = accumulate(builder, 'collect', { ...source, steps: [] });
  return retainedLoop(accumulator, index, test);
}

/** An excluded value counts as one that favours no match. */
export function withExclusions(
  test: ValueTest,
  exclusions: readonly LeafExclusion[],
  binding: number,
  negative: boolean,
): ValueTest {
  if (exclusions.length === 0) return test;
  return (evaluation, value) => {
    const { exclusionStates, boundOrigins, boundNames, boundPaths, boundFacets } = evaluation;
    for (const { exclusion, drops } of exclusions) {
      if (exclusionStates[exclusion] !== TRUE) continue;
      if (drops(boundOrigins[binding], boundFacets[binding], boundNames[binding], boundPaths[binding])) {
        return negative ? TRUE : FALSE;
      }
    }
    return test(evaluation, value);
  };
}

/** The steps of a selection, then its body on the value bound. */
export function valueTest(
  builder: ProgramBuilder,
  source: Selection,
  binding: number,
  body: TruthTest,
): ValueTest {
  const bindAndTest: ValueTest = (evaluation, value) => {
    evaluation.bound[binding] = value;
    return body(evaluation);
  };
  return stepsBefore(
    source.steps.map((step) => bindStep(builder, step)),
    bindAndTest,
  );
}

/** True when all values are in the head, where they can be visited again at no cost in memory. */
export function isOfHead(picks: readonly PickCoverage[]): boolean {
  return picks.every(
    (pick) =>
      (pick.scalar !== undefined && fieldUses(pick.scalar).every(({ field }) => !field.atEnd)) ||
      (pick.scalar === undefined && (pick.origins & ~HEAD_ORIGINS) === 0),
  );
}

function headLoop(
  builder: ProgramBuilder,
  picks: readonly PickCoverage[],
  binding: number,
  test: ValueTest,
): TruthTest {
  const filter = filterOf(picks);
  const origins = picks.reduce((bits, pick) => bits | (pick.scalar === undefined ? pick.origins : 0), 0);
  const facets = picks.reduce((bits, pick) => bits | (1 << pick.facet), 0);
  const scalars = picks.flatMap(({ scalar }) =>
    scalar === undefined
      ? []
      : [{ read: compileScalar(builder, scalar, builder.plainScope()), label: fieldLabel(scalar) }],
  );
  return (evaluation) => {
    let result: Truth = FALSE;
    const look = (value: MaybeValue, origin: number, facet: number, name: string, path: string): void => {
      if (result === TRUE) return;
      result = either(
        result,
        testBound(evaluation, test, binding, { value, origin, facet, name, path, file: null }),
      );
    };
    visitSelected(evaluation, origins, facets, filter, look);
    for (const { read, label } of scalars) {
      const value = read(evaluation);
      if (value !== undefined) look(value, ORIGIN_SCALAR, FACET.VALUE, label, label);
    }
    return result;
  };
}

/** A loop over what an accumulator kept; what it could not keep is one more, unknown value. */
export function retainedLoop(accumulator: number, binding: number, test: ValueTest): TruthTest {
  return (evaluation) => {
    const { retained, incomplete } = evaluation.accumulators[accumulator];
    let result: Truth = incomplete ? UNKNOWN : FALSE;
    for (const kept of retained) {
      result = either(result, testBound(evaluation, test, binding, kept));
      if (result === TRUE) return TRUE;
    }
    return result;
  };
}

function testBound(
  evaluation: EvaluationContext,
  test: ValueTest,
  binding: number,
  kept: RetainedValue,
): Truth {
  evaluation.bind(binding, kept);
  return test(evaluation, kept.value);
}
