// Cases worked out by hand from the language definition: oracle and engine must both come to them. Most were once a
// disagreement between the two.
import { expect, test } from 'vitest';
import type { WrittenRequest } from '../../../src/control/inspection.ts';
import { policyOf } from '../../support/check-rules.ts';
import { engineFindings, engineOf, oracleFindings } from '../../support/differential.ts';

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const POLICY = `policy "hand" {
  mode enforce
  on uninspectable request -> block 415
  body hold 100B, window 64B, max 4KiB -> block 413
}
`;
const dashes = '-'.repeat(200);

function sent(type: string | undefined, body: string | undefined, target = '/'): WrittenRequest {
  const headers: [string, string][] = type === undefined ? [] : [['content-type', type]];
  return { method: 'POST', target, from: '10.1.2.3', scheme: 'http', headers, body, answered: undefined };
}

const one = (when: string): string => `rule t.a "a" { severity error when ${when} then block 403 }`;
const UNDECIDED = 'policy.uninspectable';

const CASES: readonly [string, string, WrittenRequest, string | null][] = [
  ['an object is an element', one('count(body.json.k[*]) > 1'), sent(JSON_TYPE, '{"k":[{"a":1},{}]}'), 't.a'],
  [
    'an object is in no interval',
    one('all body.json.k[*] in 1..5'),
    sent(JSON_TYPE, '{"k":[{"a":1}]}'),
    null,
  ],
  ['an array differs from a number', one('any body.json[*] != 7'), sent(JSON_TYPE, '[7,[]]'), 't.a'],
  [
    'no body has the digest of nothing',
    one('not (body.bytes |> sha256 |> hex_encode starts_with "e3b0")'),
    sent(undefined, undefined),
    null,
  ],
  [
    'text that only begins like JSON has no shape',
    `shape S { k?: json }\n${one('body.json is S')}`,
    sent('text/plain', '{'),
    null,
  ],
  [
    'JSON that breaks off may have one',
    `shape S { k?: json }\n${one('body.json is S')}`,
    sent(JSON_TYPE, '{'),
    UNDECIDED,
  ],
  [
    'a count passed before the break stays passed',
    one('any v of args { count(args) > 1 and v == "a" }').replace('then', 'unknown match then'),
    sent(JSON_TYPE, '["a","b"'),
    't.a',
  ],
  [
    'JSON in a value beyond the window is missing',
    one('any args.nested == "a"'),
    sent(FORM, `q=["a","${dashes}"]`),
    UNDECIDED,
  ],
  [
    'a note that begins with a bracket is none',
    one('any args.nested == "a"'),
    sent(FORM, `q=[b]a[/b]${dashes}`),
    null,
  ],
  [
    'two ends of an open pattern far apart',
    one('any args matches /union.*select/'),
    sent(FORM, `q=union${dashes}select`),
    UNDECIDED,
  ],
  ['none of its literals', one('any args matches /union.*select/'), sent(FORM, `q=${dashes}`), null],
  ['a long value equals no short text', one('any args == "a"'), sent(FORM, `q=${dashes}`), null],
  [
    'an excluded value never completes an all',
    `${one('all (request.path, args) not contains "a"')}\nexclude t.a { target request.path because "test" }`,
    sent(undefined, undefined),
    null,
  ],
  [
    'a size counts from the byte behind it',
    one('body.size > 3B and any args == "a"'),
    sent(FORM, 'q=a&p=b'),
    't.a',
  ],
  ['no value is every value', one('all args == "a"'), sent(undefined, undefined), 't.a'],
  [
    'unknown and false is false',
    one('any body.json.k[*] == "a" and request.method == GET'),
    sent(JSON_TYPE, '{"k":'),
    null,
  ],
];

test.each(CASES)('%s', async (_title, rules, request, by) => {
  const policy = policyOf(POLICY + rules);
  const verdict = expect.objectContaining({ action: by === null ? 'pass' : 'block', by }) as unknown;
  expect(oracleFindings(policy, request)?.verdict).toEqual(verdict);
  const engine = engineOf(policy);
  for (const cut of [1, 5, 1_000]) {
    const found = await engineFindings(engine, request, [cut]);
    expect(found?.engineError).toBeUndefined();
    expect(found?.verdict).toEqual(verdict);
  }
});

test('what came after the deciding step is not reported', async () => {
  const rules = ['a', 'b', 'c'].map(
    (name) => `rule t.${name} "${name}" { severity error when any args == "${name}" then block 403 }`,
  );
  const policy = policyOf(POLICY + rules.join('\n'));
  const request = sent(FORM, 'x=b&y=c&z=a');
  expect(oracleFindings(policy, request)).toMatchObject({ matches: ['t.b'], verdict: { by: 't.b' } });
  expect(await engineFindings(engineOf(policy), request, [1_000])).toMatchObject({ matches: ['t.b'] });
});

test('arguments of the query are one step, the lower name decides among equals', async () => {
  const rules = ['b', 'a'].map(
    (name) => `rule t.${name} "${name}" { severity error when any args == "${name}" then block 403 }`,
  );
  const policy = policyOf(POLICY + rules.join('\n'));
  const request = sent(undefined, undefined, '/?x=b&y=a');
  expect(oracleFindings(policy, request)).toMatchObject({ matches: ['t.a', 't.b'], verdict: { by: 't.a' } });
  expect(await engineFindings(engineOf(policy), request, [1])).toMatchObject({ matches: ['t.a', 't.b'] });
});
