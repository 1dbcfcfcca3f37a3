/** Walks over checked conditions: every value, every pick, and how a test counts where it stands. */
import { unreachable } from '../../core/assert.ts';
import { TRANSFORMATIONS } from '../../http/transform/registry.ts';
import type { Condition, Pick, Scalar, Selection, Step } from '../checked-condition.ts';

/** Called for what is found; what is left out is passed over. */
export interface TreeVisitor {
  /** `negated`: under an odd number of `not` and `none`. */
  condition?(condition: Condition, negated: boolean): void;
  scalar?(scalar: Scalar, aggregated: boolean): void;
  /** `aggregated`: read by `count`, `sum`, `repeats`, `one` or `exists`. */
  pick?(pick: Pick, aggregated: boolean): void;
  step?(step: Step): void;
}

/** Visits a condition and all below it, parents first. */
export function visitCondition(condition: Condition, visitor: TreeVisitor, negated = false): void {
  visitor.condition?.(condition, negated);
  switch (condition.kind) {
    case 'constant':
      return;
    case 'and':
    case 'or':
      for (const item of condition.items) visitCondition(item, visitor, negated);
      return;
    case 'not':
      visitCondition(condition.item, visitor, !negated);
      return;
    case 'test':
      visitScalar(condition.left, visitor, false);
      visitRelation(condition.relation, visitor);
      return;
    case 'quantified':
      visitSelection(condition.source, visitor, false);
      visitCondition(condition.body, visitor, condition.quantifier === 'none' ? !negated : negated);
      return;
    default:
      unreachable(condition, 'condition');
  }
}

function visitRelation(
  relation: Extract<Condition, { kind: 'test' }>['relation'],
  visitor: TreeVisitor,
): void {
  switch (relation.kind) {
    case 'compare':
      visitScalar(relation.right, visitor, false);
      return;
    case 'in':
      if (relation.set.kind === 'selection') visitSelection(relation.set.source, visitor, false);
      return;
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      if (relation.words.kind === 'scalar') visitScalar(relation.words.scalar, visitor, false);
      return;
    case 'truth':
    case 'matches':
    case 'is':
  }
}

/** Visits a value and all it is made of. */
export function visitScalar(scalar: Scalar, visitor: TreeVisitor, aggregated: boolean): void {
  visitor.scalar?.(scalar, aggregated);
  switch (scalar.kind) {
    case 'pipe':
      visitScalar(scalar.input, visitor, aggregated);
      for (const step of scalar.steps) visitor.step?.(step);
      return;
    case 'aggregate':
      visitSelection(scalar.source, visitor, true);
      return;
    case 'exists':
      if ('picks' in scalar.of) visitSelection(scalar.of, visitor, true);
      else visitScalar(scalar.of, visitor, true);
      return;
    case 'sample':
      if (scalar.key !== undefined) visitScalar(scalar.key, visitor, aggregated);
      return;
    case 'condition':
      visitCondition(scalar.condition, visitor);
      return;
    case 'literal':
    case 'field':
    case 'lines':
    case 'json':
    case 'switch':
    case 'secret':
    case 'limiterPart':
    case 'floodPart':
    case 'bound':
    case 'boundPart':
    case 'capture':
  }
}

/** Visits a selection: its picks and its steps. */
function visitSelection(selection: Selection, visitor: TreeVisitor, aggregated: boolean): void {
  for (const pick of selection.picks) {
    visitor.pick?.(pick, aggregated);
    if (pick.scalar !== undefined) visitScalar(pick.scalar, visitor, aggregated);
  }
  for (const step of selection.steps) visitor.step?.(step);
}

/** Whether a value may be absent. */
export function isOptional(scalar: Scalar): boolean {
  switch (scalar.kind) {
    case 'field':
      return scalar.field.optional;
    case 'lines':
    case 'json':
    case 'limiterPart':
      return true;
    case 'capture':
      return scalar.group !== 0;
    case 'aggregate':
      return scalar.operation === 'one';
    case 'pipe':
      return isOptionalPipe(scalar);
    case 'literal':
    case 'switch':
    case 'secret':
    case 'floodPart':
    case 'bound':
    case 'boundPart':
    case 'exists':
    case 'sample':
    case 'condition':
      return false;
  }
}

/** A transformation may give an absent value for one that is there (`to_ip`); `or_else` ends that. */
function isOptionalPipe(pipe: Extract<Scalar, { kind: 'pipe' }>): boolean {
  let optional = isOptional(pipe.input);
  for (const step of pipe.steps) {
    if (step.name === 'or_else') optional = false;
    else {
      const transformation = TRANSFORMATIONS.get(step.name);
      if (transformation?.kind === 'map' && transformation.result === 'optional') optional = true;
    }
  }
  return optional;
}
