/**
 * What the examples of a policy show: of each rule that it matches and what it must leave alone, of each
 * sub-expression of its condition that it can be true and that it can be false (W603).
 *
 * A sub-expression is a test as written between `and`, `or` and `not`. Tests that no request decides, as those of a
 * switch, are left out. A rule without any example is reported once, not test by test.
 */
import { explainable } from '../compiler/explain.ts';
import type { ExplainableEngine } from '../compiler/explain.ts';
import { isUpToExamples } from '../compiler/written-tests.ts';
import type { WrittenTest } from '../compiler/written-tests.ts';
import type { CheckedPolicy, CheckedRule } from '../dsl/checked.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { spanText } from '../dsl/source.ts';
import { policyOfEachRule } from './example-runner.ts';
import { admit, factsOf, feed } from './inspection.ts';
import { placeholderSecrets } from './rule-set.ts';

/** One sub-expression, in how many examples of the rule it was true, and in how many false. */
export interface TestCoverage {
  readonly text: string;
  readonly path: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  readonly timesTrue: number;
  readonly timesFalse: number;
}

export interface RuleCoverage {
  readonly rule: string;
  readonly hits: number;
  /** `miss` and `pass` together. */
  readonly misses: number;
  readonly todos: number;
  /** What an author should add, in words; empty for a covered rule. */
  readonly missing: readonly string[];
  readonly tests: readonly TestCoverage[];
}

export interface Coverage {
  readonly rules: readonly RuleCoverage[];
  /** Two for each sub-expression, true and false; `percent` is rounded down, so that 100 means all. */
  readonly outcomes: { readonly seen: number; readonly total: number; readonly percent: number };
  /** W603, in order of the rules. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs every `hit`, `miss` and `pass` once more and looks at the tests of its own rule. */
export async function coverageOf(
  policy: CheckedPolicy,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Coverage> {
  const engine = explainable(policyOfEachRule(policy), { secrets: placeholderSecrets(policy) });
  const rules: RuleCoverage[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const rule of policy.rules) {
    const tallies = await tally(rule, engine);
    const tests = tallies.map(testCoverage);
    rules.push({ ...examplesOf(rule), tests });
    if (rule.examples.length > 0) diagnostics.push(...tallies.flatMap((one) => unseen(rule, one)));
    onProgress(rules.length, policy.rules.length);
  }
  const tests = rules.flatMap((rule) => rule.tests);
  const seen = tests.reduce(
    (sum, test) => sum + Math.min(1, test.timesTrue) + Math.min(1, test.timesFalse),
    0,
  );
  const total = 2 * tests.length;
  const percent = total === 0 ? 100 : Math.floor((100 * seen) / total);
  return { rules, outcomes: { seen, total, percent }, diagnostics };
}

function examplesOf(rule: CheckedRule): Omit<RuleCoverage, 'tests'> {
  const count = (...kinds: string[]): number =>
    rule.examples.filter((example) => kinds.includes(example.expect)).length;
  const hits = count('hit');
  const misses = count('miss', 'pass');
  const missing = [
    ...(hits === 0 ? ['no `hit`: nothing shows that it matches'] : []),
    ...(misses === 0 ? ['no `miss` or `pass`: nothing shows what it must let through'] : []),
  ];
  return { rule: rule.name, hits, misses, todos: count('todo'), missing };
}

interface Tally {
  readonly test: WrittenTest;
  timesTrue: number;
  timesFalse: number;
}

async function tally(rule: CheckedRule, engine: ExplainableEngine): Promise<readonly Tally[]> {
  const tallies: Tally[] = (engine.tests.get(rule.name) ?? [])
    .filter((test) => isUpToExamples(test.condition))
    .map((test) => ({ test, timesTrue: 0, timesFalse: 0 }));
  for (const { expect, request } of rule.examples) {
    if (expect === 'todo' || request.later.length > 0) continue;
    const admission = admit(request);
    if ('reason' in admission) continue;
    const transaction = engine.begin(admission.head, { ...factsOf(request), gates: 'off' });
    try {
      await feed(transaction, request);
      for (const one of tallies) {
        const { truth } = transaction.traceLeaf(one.test.leaf);
        if (truth === (one.test.negated ? 'false' : 'true')) one.timesTrue++;
        else if (truth === 'true' || truth === 'false') one.timesFalse++;
      }
    } finally {
      transaction.close();
    }
  }
  return tallies;
}

function testCoverage({ test, timesTrue, timesFalse }: Tally): TestCoverage {
  const { span } = test.condition;
  const { line, column } = span.source.lineAt(span.start);
  const text = spanText(span).replace(/\s+/g, ' ');
  return { text, path: span.source.path, line, column, timesTrue, timesFalse };
}

function unseen(rule: CheckedRule, { test, timesTrue, timesFalse }: Tally): Diagnostic[] {
  if (timesTrue > 0 && timesFalse > 0) return [];
  const lacks =
    timesTrue > 0 ? 'makes this false' : timesFalse > 0 ? 'makes this true' : 'makes this true or false';
  return [
    diagnostic('W603', test.condition.span, `no example of \`${rule.name}\` ${lacks}`, {
      help: `add an example in which ${timesTrue > 0 ? 'it does not hold' : 'it holds'}`,
    }),
  ];
}
