import { expect, test } from 'vitest';
import type { Condition } from '../../../../src/dsl/checked-condition.ts';
import { checkText, policyOf } from '../../../support/check-rules.ts';

/** The condition of `rule a.b` in a short notation. */
function condition(when: string, declarations = ''): string {
  const policy = policyOf(`${declarations}\nrule a.b "x" { when ${when} then block 403 }`, { library: true });
  const [rule] = policy.rules;
  return rule.condition === undefined ? 'always' : show(rule.condition);
}

function show(node: Condition): string {
  switch (node.kind) {
    case 'constant':
      return String(node.value);
    case 'and':
    case 'or':
      return `(${node.items.map(show).join(` ${node.kind} `)})`;
    case 'not':
      return `not ${show(node.item)}`;
    case 'test': {
      const { left, relation } = node;
      const what =
        left.kind === 'pipe'
          ? `${left.input.kind}|${left.steps.map((step) => step.name).join('|')}`
          : left.kind;
      return `${what} ${relation.kind}`;
    }
    case 'quantified': {
      const { picks, steps } = node.source;
      const names = picks.map((pick) => pick.field?.name ?? pick.scalar?.kind);
      return `${node.quantifier}(${[names.join(','), ...steps.map((step) => step.name)].join('|')}){${show(node.body)}}`;
    }
  }
}

test('a negated relation is exactly the negation of the relation', () => {
  expect(condition('request.path != "/a"')).toBe('not field compare');
  expect(condition('request.method not in [GET, HEAD]')).toBe('not field in');
  expect(condition('any args not matches /a/')).toBe('any(args){not bound matches}');
  expect(condition('not any args matches /a/')).toBe('not any(args){bound matches}');
});

test('functions and targets are put in place', () => {
  const declarations = `
    targets inputs = args, request.cookies except ["sid"]
    fn canon(s: String): String = s |> percent_decode(3) |> lower
    fn bad(s: String): Bool = s contains "<" or s |> canon contains "script"
    fn quiet(): Bool = request.method == GET`;
  expect(condition('any inputs |> canon contains "x"', declarations)).toBe(
    'any(args,request.cookies|percent_decode|lower){bound contains}',
  );
  expect(condition('any inputs |> bad', declarations)).toBe(
    'any(args,request.cookies){(bound contains or bound|percent_decode|lower contains)}',
  );
  expect(condition('quiet() and request.path |> canon == "/a"', declarations)).toBe(
    '(field compare and field|percent_decode|lower compare)',
  );
});

test('a header under a fixed name is one text, and line by line under a quantifier', () => {
  expect(condition('request.headers["X-A"] == "1"')).toBe('lines compare');
  expect(condition('any request.headers["X-A"] == "1"')).toBe('any(request.headers){bound compare}');
});

test('a body is one text, whose negated test is the negation of the whole', () => {
  expect(condition('body.text matches /a/')).toBe('any(body.text){bound matches}');
  expect(condition('body.text not matches /a/')).toBe('not any(body.text){bound matches}');
});

test('constants and literals take the type of their context', () => {
  const policy = policyOf(
    'const door : Ip = "10.0.0.1"\nrule a.b "x" { when client.ip == door or client.peer in ["10.0.0.0/8"] then block 403 }',
  );
  const [{ condition: either }] = policy.rules;
  expect(either).toMatchObject({
    items: [
      { relation: { right: { type: 'Ip', value: { text: '10.0.0.1' } } } },
      { relation: { set: { type: 'Cidr', values: [{ bits: 8 }] } } },
    ],
  });
});

test('a literal on the left changes sides', () => {
  const [rule] = policyOf('rule a.b "x" { when 5 < count(args) then block 403 }').rules;
  expect(rule.condition).toMatchObject({ left: { kind: 'aggregate' }, relation: { operator: '>' } });
});

test('captures are seen to the right, through parentheses', () => {
  expect(condition('(request.path matches /a(b)/ as m and m[1] == "b") and m[0] == "ab"')).toBe(
    '((field matches and capture compare) and capture compare)',
  );
});

test.each([
  ['client.ip == "10.0.0.1"', 'connection'],
  ['request.path == "/a"', 'headers'],
  ['sample(5%)', 'headers'],
  ['sample(5%, client.ip)', 'connection'],
  ['args.query["q"] == "a" or true', undefined],
  ['any args.query == "a"', 'headers'],
  ['any args == "a" and request.path == "/a"', 'body'],
  ['response.status == 500 and body.size > 1KiB', 'response_headers'],
  ['response.status == 500 and response.body.text contains "x"', 'response_body'],
  ['any ws.text contains "x" and request.path == "/a"', 'ws_message'],
])('%s is decided in the phase %s', (when, phase) => {
  const { policy } = checkText(`rule a.b "x" { when ${when} then block 403 }`);
  expect(policy?.rules[0].phase).toBe(phase);
});

test('a rule on a route waits for the head', () => {
  const policy = policyOf(
    'route a = GET "/a"\nrule a.b "x" { on a when client.ip == "10.0.0.1" then block 403 }',
  );
  expect(policy.rules[0]).toMatchObject({ phase: 'headers', routes: ['a'] });
});

test('past the limit of diagnostics one stands for the rest', () => {
  const rules = Array.from(
    { length: 300 },
    (_, i) => `rule a.r${i} "x" { when nothing${i}x then block 403 }`,
  );
  const { diagnostics } = checkText(rules.join('\n'));
  expect(diagnostics).toHaveLength(201);
  expect(diagnostics.at(-1)?.code).toBe('E016');
});

test('warnings past the limit are counted and never an error', () => {
  const rules = Array.from(
    { length: 300 },
    (_, i) => `rule a.r${i} "x" { when request.method == GET then score }`,
  );
  const { policy, diagnostics } = checkText(rules.join('\n'));
  expect(policy?.rules).toHaveLength(300);
  expect(diagnostics).toHaveLength(201);
  expect(diagnostics.every(({ severity }) => severity === 'warning')).toBe(true);
  expect(diagnostics.at(-1)).toMatchObject({ code: 'W016', message: '100 more warnings are not shown' });
});

test('warnings leave room for errors behind them', () => {
  const rules = Array.from(
    { length: 300 },
    (_, i) => `rule a.r${i} "x" { when request.method == GET then score }`,
  );
  const { diagnostics } = checkText([...rules, 'rule b.c "x" { when nothing then block 403 }'].join('\n'));
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ code }) => code)).toEqual(['E206']);
  const strict = checkText(rules.join('\n'), { strict: true }).diagnostics;
  expect(strict).toHaveLength(201);
  expect(strict.at(-1)?.code).toBe('E016');
});

test('files are one namespace, in any order', () => {
  const { policy } = checkText(
    'rule a.b "x" { when client.ip in office then block 403 }\nlist office : Cidr = ["10.0.0.0/8"]',
  );
  expect(policy?.lists).toMatchObject([{ name: 'office', entries: [{ bits: 8 }] }]);
});
