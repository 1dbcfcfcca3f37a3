/**
 * The examples of the shipped rules notice at least this share of small mistakes in their conditions. Every sixteenth
 * mutant is made, always the same, so that this takes seconds; `ward test rules --mutate` makes them all.
 */
import { expect, it } from 'vitest';
import { runMutants } from '../../src/control/mutation-runner.ts';
import { checkRuleSet, compilePolicyForTests } from '../../src/control/rule-set.ts';
import { loadRuleSources, SHIPPED_RULES_DIRECTORY } from '../../src/control/rule-sources.ts';
import { TODAY } from '../support/check-rules.ts';

/** What was reached; whoever adds a rule adds the examples that keep it. */
const PERCENT_MIN = 80;

it(`notice ${PERCENT_MIN} percent of the mistakes made in the shipped rules`, async () => {
  const sources = await loadRuleSources({
    paths: [SHIPPED_RULES_DIRECTORY],
    workingDirectory: process.cwd(),
  });
  const policy = checkRuleSet(sources, { profile: undefined, today: TODAY }).demand();
  const { mutants, percent } = await runMutants(policy, compilePolicyForTests, { every: 16 });
  expect(mutants).toBeGreaterThan(80);
  expect(percent).toBeGreaterThanOrEqual(PERCENT_MIN);
});
