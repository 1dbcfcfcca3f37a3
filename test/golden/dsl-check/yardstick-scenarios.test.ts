// The limits, floods and scenarios of the two yardsticks hold as written. Rules that use what is not built yet are left out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, expect, test } from 'vitest';
import { compilePolicyForTests, compileScenario } from '../../../src/control/rule-set.ts';
import { runExamples } from '../../../src/control/example-runner.ts';
import { runScenarios } from '../../../src/control/scenario/scenario-runner.ts';
import { parseFile } from '../../../src/dsl/parser.ts';
import { createSource } from '../../../src/dsl/source.ts';
import { checkFiles } from '../../support/check-rules.ts';

/** The text without the rules at which something is refused as not built yet; nothing but rules may go. */
function withoutLaterRules(path: string): string {
  const text = readFileSync(join(import.meta.dirname, path), 'utf8');
  const later = checkFiles([{ path, text }]).diagnostics.filter(({ code }) => code === 'E901');
  const items = parseFile(createSource(path, text)).file.items.filter(({ span }) =>
    later.some((found) => found.span.start >= span.start && found.span.end <= span.end),
  );
  expect(items.map(({ kind }) => kind).filter((kind) => kind !== 'Rule')).toEqual([]);
  return items
    .sort((a, b) => b.span.start - a.span.start)
    .reduce((rest, { span }) => rest.slice(0, span.start) + rest.slice(span.end), text);
}

test.each([
  { path: 'orders-api.ward', limiters: ['login_failures', 'per_client'], floods: ['l7'], requests: [7, 201] },
  { path: 'team-policies.ward', limiters: ['by_ip', 'by_user', 'by_key'], floods: [], requests: [22] },
])('$path', async ({ path, limiters, floods, requests }) => {
  const lists = new Map([
    ['lists/banned.txt', []],
    ['blocked.txt', []],
  ]);
  const { policy, diagnostics } = checkFiles([{ path, text: withoutLaterRules(path) }], { listFiles: lists });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  assert(policy !== null);
  expect(policy.limiters.map(({ name }) => name)).toEqual(limiters);
  expect(policy.floods.map(({ name }) => name)).toEqual(floods);
  const results = await runScenarios(policy, compileScenario);
  expect(results.map(({ requests: sent, diagnostic }) => [sent, diagnostic?.message])).toEqual(
    requests.map((count) => [count, undefined]),
  );
  const examples = await runExamples(policy, compilePolicyForTests);
  expect(examples.results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
});
