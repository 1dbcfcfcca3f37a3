/** The Kleene tree of a rule as data: closures are made from it, explanations walk it. */
import type { Condition } from '../dsl/checked-condition.ts';
import type { Truth } from '../engine/three-valued.ts';

export type RuleTree =
  | { readonly kind: 'constant'; readonly value: Truth }
  /** `condition` is what the leaf decides, for explanations; the same leaf may stand for it in several rules. */
  | { readonly kind: 'leaf'; readonly id: number; readonly condition: Condition }
  | { readonly kind: 'not'; readonly item: RuleTree }
  | { readonly kind: 'and' | 'or'; readonly items: readonly RuleTree[] };
