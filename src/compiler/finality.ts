/**
 * When a rule becomes true at the earliest: by a value that arrives, or at the end of the body only ("Streaming" of the
 * language page). A block of the second sort refuses after the service saw what is beyond the hold (W505).
 */
import type { CheckedRule, PolicySettings } from '../dsl/checked.ts';
import type { Condition, Scalar } from '../dsl/checked-condition.ts';
import { diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { PHASE } from '../engine/phases.ts';
import { fieldUses, needsEnd, phaseNumber, phaseOf, unpipe, visitNodes } from './analysis.ts';
import { comparisonOf } from './growing.ts';

type Test = Extract<Condition, { kind: 'test' }>;
type Quantified = Extract<Condition, { kind: 'quantified' }>;

/** W505 of every rule that blocks and can be true at the end of a request body only. */
export function finalityDiagnostics(settings: PolicySettings, rules: readonly CheckedRule[]): Diagnostic[] {
  if (settings.bodyBytesMax <= settings.bodyHoldBytes) return [];
  return rules.flatMap((rule) => {
    const { condition, name, phase } = rule;
    if (condition === undefined || phase !== 'body') return [];
    if (!rule.actions.some((action) => action.kind === 'block')) return [];
    const late = lateFor(condition, true);
    if (late === undefined) return [];
    return [
      diagnostic('W505', late.span, `\`${name}\` can block at the end of the body only`, {
        note: 'not final before the end',
        help: 'the service sees what is beyond `hold` before; set `max` of `body` to `hold` if it must not',
      }),
    ];
  });
}

/** The part for which `condition` cannot become `wanted` before the end of the body; undefined if it can. */
function lateFor(condition: Condition, wanted: boolean): Condition | undefined {
  if (phaseOf(condition) < PHASE.BODY) return undefined;
  switch (condition.kind) {
    case 'constant':
      return undefined;
    case 'not':
      return lateFor(condition.item, !wanted);
    case 'and':
    case 'or': {
      const late = condition.items.map((item) => lateFor(item, wanted));
      const needsAll = (condition.kind === 'and') === wanted;
      // One early alternative is enough, as long as the others only add to it.
      const isLate = needsAll ? late.some((part) => part !== undefined) : !late.includes(undefined);
      return isLate ? late.find((part) => part !== undefined) : undefined;
    }
    case 'quantified':
      return isEarlyQuantified(condition, wanted) ? undefined : condition;
    case 'test':
      return condition.left.kind === 'condition' && condition.relation.kind === 'truth'
        ? lateFor(condition.left.condition, wanted)
        : isEarlyTest(condition, wanted)
          ? undefined
          : condition;
  }
}

/** `any` is true, `all` and `none` are false with the first value that says so; the opposite takes all values. */
function isEarlyQuantified({ quantifier, body, source }: Quantified, wanted: boolean): boolean {
  if ((quantifier === 'any') !== wanted) return phaseOf(source) < PHASE.BODY && phaseOf(body) < PHASE.BODY;
  return !readsMore(body);
}

/** The values are kept to the end, because each is held against something that is whole only then. */
function readsMore(body: Condition): boolean {
  let reads = fieldUses(body).some(
    ({ field, kind }) => phaseNumber(field) === PHASE.BODY && (field.atEnd || kind === 'json'),
  );
  visitNodes(body, (node) => {
    if (typeof node.source === 'object' && phaseOf(node.source) === PHASE.BODY) reads = true;
  });
  return reads;
}

function isEarlyTest(test: Test, wanted: boolean): boolean {
  const { left, relation } = test;
  if (left.kind === 'exists') return wanted && 'picks' in left.of;
  if (relation.kind === 'is') return !wanted;
  if (relation.kind === 'in' && relation.set.kind === 'selection') return wanted && isEarlyScalar(left);
  const comparison = comparisonOf(test);
  if (comparison !== undefined && isGrowing(left)) {
    return wanted === (comparison.operator === '>' || comparison.operator === '>=');
  }
  const isSearch =
    relation.kind === 'matches' || relation.kind === 'contains' || relation.kind === 'starts_with';
  if (isSearch && isText(left)) return wanted;
  return isEarlyScalar(left) && !(relation.kind === 'compare' && !isEarlyScalar(relation.right));
}

function isGrowing(left: Scalar): boolean {
  if (left.kind === 'aggregate') return left.operation !== 'one';
  return left.kind === 'field' && left.field.name === 'body.size';
}

/** The raw text of the body, which is read in segments. */
function isText(left: Scalar): boolean {
  const { input } = unpipe(left);
  return input.kind === 'field' && input.field.name === 'body.text';
}

/** Known when its value arrives, as one JSON value is, or earlier. */
function isEarlyScalar(scalar: Scalar): boolean {
  return !isText(scalar) && !needsEnd(scalar, PHASE.BODY);
}
