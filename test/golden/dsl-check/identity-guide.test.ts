// The policies shown in docs/identity.md check, are laid out as the formatter does, and do what their examples say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, describe, expect, test } from 'vitest';
import { compileProgram } from '../../../src/compiler/compile.ts';
import { inspect } from '../../../src/control/inspection.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import { runExamples } from '../../../src/control/example-runner.ts';
import { formatFile } from '../../../src/dsl/formatter.ts';
import { createSource } from '../../../src/dsl/source.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { checkFiles } from '../../support/check-rules.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/identity.md'), 'utf8');
const policies = [...page.matchAll(/```ward\n(.*?)```/gs)].map((match) => match[1]!);

describe.each(policies.map((text, index) => [index + 1, text] as const))('policy %i', (_index, text) => {
  test('checks, is laid out, and its examples hold', async () => {
    const { policy, diagnostics } = checkFiles([{ path: 'identity.ward', text }]);
    expect(diagnostics).toEqual([]);
    expect(formatFile(createSource('identity.ward', text)).text).toBe(text);
    assert(policy !== null);
    const { results } = await runExamples(policy, compilePolicyForTests);
    expect(results.length).toBeGreaterThan(2);
    expect(results.flatMap(({ diagnostic }) => diagnostic ?? [])).toEqual([]);
  });
});

test('the policy of least privilege refuses what none of its rules names', async () => {
  const { policy } = checkFiles([{ path: 'identity.ward', text: policies.at(-1)! }]);
  assert(policy !== null);
  const engine = createEngine(compileProgram(policy, {}).program);
  const claims = { scope: 'orders:read', role: 'support' };
  const verdict = async (method: string, target: string): Promise<number | null> => {
    const request = { method, target, from: '10.20.3.4', scheme: 'http' as const, headers: [], claims };
    const inspection = await inspect(engine, { ...request, body: undefined, answered: undefined });
    assert(inspection.kind === 'judged');
    const { action, status } = inspection.report.verdict;
    return action === 'pass' ? null : status;
  };
  expect(await verdict('GET', '/orders/7')).toBeNull();
  expect(await verdict('POST', '/orders/7/refunds')).toBeNull();
  for (const [method, target] of [
    ['DELETE', '/orders/7'],
    ['GET', '/orders'],
    ['POST', '/orders'],
    ['GET', '/reports/2026'],
    ['GET', '/orders/7%2frefunds'],
    ['GET', '/ORDERS/7'],
    ['GET', '/'],
  ] as const) {
    expect(await verdict(method, target), `${method} ${target}`).toBe(403);
  }
});
