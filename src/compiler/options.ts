/** What a policy is compiled with besides its text. */
import type { CheckedList, CheckedRule, ModeName } from '../dsl/checked.ts';
import type { RuleTree } from './rule-tree-types.ts';

export interface CompileOptions {
  /** Printed in reports; the checker has applied it. */
  readonly profile?: string;
  /** Values of `secret` declarations, latin1. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** Switches that were turned at run time. */
  readonly switches?: ReadonlyMap<string, boolean>;
  /** Contents of list files. */
  readonly lists?: ReadonlyMap<string, CheckedList['entries']>;
  /** `require` lists that are too old to be believed. */
  readonly staleLists?: ReadonlySet<string>;
  /** Replaces the policy's mode. */
  readonly mode?: ModeName;
  /** Replaces the modes of single rules. */
  readonly ruleModes?: ReadonlyMap<string, ModeName>;
  /** Called with the tree of every active rule, for explanations. */
  readonly onTree?: (rule: CheckedRule, tree: RuleTree) => void;
  /** Has the values of every selection kept, and tells which accumulator keeps those of a leaf; for explanations. */
  readonly onValues?: (leaf: number, accumulator: number) => void;
  /** Key of the hashes that stand for redacted values; random when not given. */
  readonly hashKey?: Uint8Array;
}
