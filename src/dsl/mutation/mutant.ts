/** What a mutant is: a condition with one small mistake in it, which an example ought to notice. */
import { MUTANTS_PER_LIST_MAX } from '../../core/limits.ts';
import type { Condition, Scalar } from '../checked-condition.ts';
import type { Span } from '../source.ts';

/** A condition with one change. */
export interface Mutant {
  /** What was changed. */
  readonly span: Span;
  /** The mistake, in words, `and becomes or`. */
  readonly change: string;
  /** The example that would notice it, in words. */
  readonly wanted: string;
  readonly condition: Condition;
}

/** A change of a part, before it is put back into the condition it is a part of. */
export interface Change<Part> {
  readonly span: Span;
  readonly change: string;
  readonly wanted: string;
  readonly part: Part;
}

/** Puts the changed part where it was. */
export function changesOf<Part, Whole>(
  changes: readonly Change<Part>[],
  put: (part: Part) => Whole,
): Change<Whole>[] {
  return changes.map((change) => ({ ...change, part: put(change.part) }));
}

/** The list without each of its entries, one at a time; of a long list some, evenly spread. */
export function eachLeftOut<Item>(
  items: readonly Item[],
): { readonly item: Item; readonly rest: readonly Item[] }[] {
  return spread(items.length, MUTANTS_PER_LIST_MAX).map((index) => ({
    item: items[index],
    rest: items.filter((_, other) => other !== index),
  }));
}

/** At most `max` of the numbers below `length`, evenly spread and always the same. */
export function spread(length: number, max: number): readonly number[] {
  const count = Math.min(length, max);
  return Array.from({ length: count }, (_, index) => Math.floor((index * length) / count));
}

/** A value as its author would write it. */
export function shownLiteral(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

export function isLiteral(scalar: Scalar): scalar is Extract<Scalar, { kind: 'literal' }> {
  return scalar.kind === 'literal';
}
