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
  expect(a.tree.children[1].values).toEqual([]);
  expect(b).toMatchObject({ rule: 't.b', truth: 'false', matched: false });
  expect(b.tree.children.map((child) => child.truth)).toEqual(['false', 'false']);
});

it('shows the values that a test looked at in vain, with what became of them', async () => {
  const policy = policyOf(
    'rule t.a "x" { severity error when any args |> lower contains "evil" or any files.filename == "x" then block 403 }',
  );
  const admission = admit({
    method: 'GET',
    target: '/?a=GOOD&b=fine&c=1&d=2&e=3',
    from: '198.51.100.7',
    scheme: 'http',
    headers: [],
    body: undefined,
    answered: undefined,
  });
  if ('reason' in admission) throw new Error(admission.reason);
  const { rules } = await explain(policy, {}, admission.head, (transaction) => transaction.requestEnd());
  const [argument, file] = rules[0].tree.children;
  expect(argument).toMatchObject({ truth: 'false', witness: undefined, valueCount: 5 });
  expect(argument.values.map(({ witness, stages }) => [witness?.name, witness?.value, stages])).toEqual([
    ['a', 'GOOD', [{ step: 'lower', value: 'good' }]],
    ['b', 'fine', []],
    ['c', '1', []],
  ]);
  expect(file).toMatchObject({ truth: 'false', values: [], valueCount: 0 });
});
