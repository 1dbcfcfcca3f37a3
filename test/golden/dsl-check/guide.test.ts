// The rules shown in the guide are rules: they check without a diagnostic, are laid out as the formatter does, and hold.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, expect, test } from 'vitest';
import { compileScenario } from '../../../src/control/rule-set.ts';
import { runScenarios } from '../../../src/control/scenario/scenario-runner.ts';
import { formatFile } from '../../../src/dsl/formatter.ts';
import { createSource } from '../../../src/dsl/source.ts';
import { checkFiles } from '../../support/check-rules.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/language.md'), 'utf8');
const [first, ...parts] = [...guide.matchAll(/```ward\n(.*?)```/gs)].map((match) => match[1]);
/** What the parts leave out, as one reads on. */
const HEAD = 'language 1\n\npolicy "guide" {\n  mode       enforce\n}\n\n';

test('the first rule of the guide is a whole file', () => {
  expect(checkFiles([{ path: 'first.ward', text: first }]).diagnostics).toEqual([]);
  expect(formatFile(createSource('first.ward', first)).text).toBe(first);
});

test('limits and scenarios of the guide are one policy, and the scenarios hold', async () => {
  expect(parts.length).toBeGreaterThanOrEqual(2);
  const text = HEAD + parts.join('\n');
  const { policy, diagnostics } = checkFiles([{ path: 'limits.ward', text }]);
  expect(diagnostics).toEqual([]);
  expect(formatFile(createSource('limits.ward', text)).text).toBe(text);
  assert(policy !== null);
  expect([policy.limiters.length, policy.floods.length, policy.scenarios.length]).toEqual([2, 1, 2]);
  const results = await runScenarios(policy, compileScenario);
  expect(results.map((result) => [result.requests, result.diagnostic])).toEqual([
    [7, undefined],
    [201, undefined],
  ]);
});
