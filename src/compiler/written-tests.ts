/** The tests of a rule as its author wrote them, each with the leaf that decides it. */
import type { Condition } from '../dsl/checked-condition.ts';
import { visitNodes } from './analysis.ts';
import type { RuleTree } from './rule-tree-types.ts';

export interface WrittenTest {
  /** Number of the leaf in the program. */
  readonly leaf: number;
  /** What is written is the opposite of what the leaf decides: `all` and `none` are compiled as `any`. */
  readonly negated: boolean;
  readonly condition: Condition;
}

/** In order of writing, each test once. */
export function writtenTests(tree: RuleTree): readonly WrittenTest[] {
  const tests: WrittenTest[] = [];
  collect(tree, tests);
  return tests;
}

function collect(tree: RuleTree, tests: WrittenTest[]): void {
  switch (tree.kind) {
    case 'constant':
      return;
    case 'leaf':
      add(tests, { leaf: tree.id, negated: false, condition: tree.condition });
      return;
    case 'not':
      if (isWrittenNegation(tree)) {
        add(tests, { leaf: tree.item.id, negated: true, condition: tree.item.condition });
      } else collect(tree.item, tests);
      return;
    case 'and':
    case 'or':
      for (const item of tree.items) collect(item, tests);
  }
}

function add(tests: WrittenTest[], test: WrittenTest): void {
  if (!tests.some((known) => known.leaf === test.leaf && known.negated === test.negated)) tests.push(test);
}

/** True for the negation inside `all` and `none`, which is one test to its author. */
export function isWrittenNegation(
  tree: RuleTree,
): tree is { readonly kind: 'not'; readonly item: Extract<RuleTree, { kind: 'leaf' }> } {
  return tree.kind === 'not' && tree.item.kind === 'leaf' && isQuantified(tree.item.condition);
}

function isQuantified(condition: Condition): boolean {
  return condition.kind === 'quantified' && condition.quantifier !== 'any';
}

/** Fields that a written-down request has no say in. */
const UNWRITTEN_FIELDS: ReadonlySet<string> = new Set(['response.latency', 'request.id']);

/** Whether an example can make a test true as well as false: switches, samples and latencies are as they are. */
export function isUpToExamples(condition: Condition): boolean {
  let isUp = true;
  visitNodes(condition, ({ kind, field }) => {
    if (kind === 'switch' || kind === 'sample') isUp = false;
    if (typeof field === 'object' && UNWRITTEN_FIELDS.has((field as { readonly name: string }).name)) {
      isUp = false;
    }
  });
  return isUp;
}
