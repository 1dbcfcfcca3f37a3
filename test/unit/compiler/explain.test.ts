// An explanation shows every test of a rule, what decided it and what the transformations made of it.
import { expect, it } from 'vitest';
import { explain } from '../../../src/compiler/explain.ts';
import { admit } from '../../../src/control/inspection.ts';
import { policyOf } from '../../support/check-rules.ts';

it('explains a rule test by test', async () => {
  const policy = policyOf(`
rule t.a "x" { severity critical when request.method == GET and any args |> percent_decode(1) |> lower contains "union" then block 403 }
rule t.b "x" { severity error when none request.headers["x-key"] == "k" or request.method == PUT then tag "b" }`);
  const admission = admit({
    method: 'GET',
    target: '/?q=%2555NION',
    from: '198.51.100.7',
    scheme: 'http',
    headers: [['x-key', 'k']],
    body: undefined,
    answered: undefined,
  });
  if ('reason' in admission) throw new Error(admission.reason);
  const { rules, report } = await explain(policy, {}, admission.head, (transaction) =>
    transaction.requestEnd(),
  );
  expect(report.verdict.by).toBe('t.a');
  const [a, b] = rules;
  expect(a).toMatchObject({ rule: 't.a', phase: 'body', truth: 'true', matched: true });
  expect(a.costUs).toBeGreaterThan(0);
  expect(a.tree.kind).toBe('and');
  expect(a.tree.children.map((child) => [child.text, child.truth, child.phase])).toEqual([
    ['request.method == GET', 'true', 'headers'],
    ['any args |> percent_decode(1) |> lower contains "union"', 'true', 'body'],
  ]);
  expect(a.tree.children[1].witness).toMatchObject({
    field: 'args.query',
    name: 'q',
    value: '%55NION',
    text: 'union',
  });
  expect(a.tree.children[1].stages).toEqual([
    { step: 'percent_decode', value: 'UNION' },
    { step: 'lower', value: 'union' },
  ]);
  expect(a.tree.children.map((child) => child.place)).toEqual([
    { path: 'test.ward', line: 4, column: 39 },
    { path: 'test.ward', line: 4, column: 65 },
  ]);
  expect(a.tree.children.every((child) => child.costUs > 0)).toBe(true);
  expect(a.tree.costUs).toBeCloseTo(a.costUs, 1);
  expect(b).toMatchObject({ rule: 't.b', truth: 'false', matched: false });
  expect(b.tree.children.map((child) => child.truth)).toEqual(['false', 'false']);
});
