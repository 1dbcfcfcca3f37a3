/** Numbers that only grow while a phase runs: a comparison with one may be decided before the end, for good. */
import type { Condition } from '../dsl/checked-condition.ts';
import type { TruthTest } from '../engine/evaluation-context.ts';
import { FALSE, OPEN, TRUE } from '../engine/three-valued.ts';
import type { ProgramBuilder } from './program-builder.ts';
import { accumulate } from './scalars.ts';

export type Comparison = { readonly operator: '==' | '<' | '<=' | '>' | '>='; readonly limit: number };

/** `left op n` with a number. */
export function comparisonOf(condition: Extract<Condition, { kind: 'test' }>): Comparison | undefined {
  const { relation } = condition;
  if (relation.kind !== 'compare' || relation.right.kind !== 'literal') return undefined;
  const limit = relation.right.value;
  return typeof limit === 'number' ? { operator: relation.operator, limit } : undefined;
}

/** What only grows is decided for good once it has passed the limit. */
export function earlyTest(
  builder: ProgramBuilder,
  condition: Extract<Condition, { kind: 'test' }>,
): TruthTest | null {
  const comparison = comparisonOf(condition);
  const { left } = condition;
  if (comparison === undefined) return null;
  const { operator, limit } = comparison;
  const passed = operator === '>' || operator === '>=' ? TRUE : FALSE;
  const beyond =
    operator === '>=' || operator === '<'
      ? (value: number) => value >= limit
      : (value: number) => value > limit;
  if (left.kind === 'aggregate' && left.operation !== 'one') {
    const index = accumulate(builder, left.operation, left.source);
    return ({ accumulators }) => (beyond(accumulators[index].soFar) ? passed : OPEN);
  }
  if (left.kind !== 'field') return null;
  if (left.field.name === 'body.size') return ({ requestBody }) => (beyond(requestBody.size) ? passed : OPEN);
  if (left.field.name === 'response.body.size') {
    return ({ responseBody }) => (beyond(responseBody.size) ? passed : OPEN);
  }
  return null;
}
