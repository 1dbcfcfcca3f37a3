// The oracle is judged by people's examples: what the authors of the shipped rules wrote down must hold in it too.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { policyAsEnforced, policyOfEachRule } from '../../../src/control/example-runner.ts';
import { evaluateNaively } from '../../oracle/evaluate.ts';
import { checkFiles } from '../../support/check-rules.ts';
import { exchangeOf } from '../../support/exchange-of.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'rules');
const files = readdirSync(folder).filter((name) => name.endsWith('.ward'));
const { policy, diagnostics } = checkFiles(
  files.map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') })),
);

test('the shipped rules check without a diagnostic', () => {
  expect(diagnostics).toEqual([]);
});

const rules = policy?.rules ?? [];
const cases = rules.flatMap(({ name, examples }) =>
  examples.map((example) => [name, example.expect, example.request.target, example] as const),
);

test('they have examples', () => {
  expect(cases.length).toBeGreaterThan(100);
});

describe('every example holds', () => {
  test.each(cases)('%s %s %s', (name, expected, _target, { request }) => {
    const exchange = exchangeOf(request);
    if (policy === null || exchange === undefined) {
      // The guard refuses the request before any rule: a clean request never is.
      expect(expected).not.toBe('pass');
      return;
    }
    if (expected === 'pass') {
      expect(evaluateNaively(policyAsEnforced(policy), exchange).verdict.action).toBe('pass');
      return;
    }
    const { matches } = evaluateNaively(policyOfEachRule(policy), exchange);
    expect(matches.includes(name)).toBe(expected === 'hit');
  });
});
