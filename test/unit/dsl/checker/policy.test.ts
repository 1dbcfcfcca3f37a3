import { expect, test } from 'vitest';
import { UNTIL_WARNING_DAYS } from '../../../../src/core/limits.ts';
import { checkText, policyOf, TODAY } from '../../../support/check-rules.ts';

const RULE = 'rule a.b "x" { severity warning level 2 tags ["t"] when any args contains "x" then block 403 }';

test('a policy that says nothing is closed', () => {
  const { settings } = policyOf('policy "p" { mode enforce }');
  expect(settings).toMatchObject({
    onEngineError: { kind: 'block', status: 503 },
    onUninspectableRequest: { kind: 'block', status: 415 },
    bodyOverMax: { kind: 'block', status: 413 },
    paranoia: 1,
  });
});

const PROFILES = `policy "p" {
  mode      enforce
  paranoia  1
  profile "dev" { mode monitor }
  profile "locked" { default deny -> block 403 retry 90s }
  profile "strict" { paranoia 2 }
}
${RULE}`;

test('a profile changes what it names and keeps the rest', () => {
  const policy = policyOf(PROFILES);
  expect(policy.settings.mode).toBe('enforce');
  expect(policy.profiles.get('dev')).toMatchObject({ mode: 'monitor', defaultOutcome: { kind: 'pass' } });
  expect(policy.profiles.get('locked')?.defaultOutcome).toEqual({
    kind: 'block',
    status: 403,
    retryAfterS: 90,
  });
  expect(policyOf(PROFILES, { profile: 'dev' }).settings.mode).toBe('monitor');
  expect(checkText(PROFILES, { profile: 'lcoked' }).diagnostics).toMatchObject([
    { code: 'E206', help: 'did you mean `locked`?' },
  ]);
});

test('paranoia turns levels on, off and into trials', () => {
  expect(policyOf(PROFILES).rules[0].mode).toBe('off');
  expect(policyOf(PROFILES, { profile: 'strict' }).rules[0].mode).toBe('enforce');
  expect(policyOf(`policy "p" { paranoia 1, observe 2 }\n${RULE}`).rules[0].mode).toBe('monitor');
});

test('the narrowest override wins, in any order', () => {
  const level1 = RULE.replace('level 2 ', '');
  const overrides = [
    'override tag "t" { mode off severity notice because "1" }',
    'override a.* { mode monitor because "2" }',
    'override a.b { mode enforce because "3" }',
  ];
  for (const order of [overrides, [...overrides].reverse()]) {
    const [rule] = policyOf(`${level1}\n${order.join('\n')}`).rules;
    expect(rule).toMatchObject({ mode: 'enforce', severity: 'notice' });
  }
  expect(policyOf(`${level1}\n${overrides.slice(0, 2).join('\n')}`).rules[0].mode).toBe('monitor');
});

test('exclusions name the rules they apply to, sealed ones left out', () => {
  const sealed = 'rule a.c "x" { severity error sealed when any args contains "y" then block 403 }';
  const policy = policyOf(
    `${RULE}\n${sealed}\nexclude a.* { target args["text"] because "x" until 2027-01-01 }`,
  );
  expect(policy.exclusions).toMatchObject([{ rules: ['a.b'], target: [{ key: { name: 'text' } }] }]);
});

test('a date holds until its day is over', () => {
  const until = (date: string): readonly string[] =>
    checkText(RULE.replace('level 2', `mode monitor until ${date}`)).diagnostics.map((found) => found.code);
  expect(until('2026-11-21')).toEqual(['W304']);
  expect(until('2026-11-20')).toEqual(['E304']);
});

test('a date is warned of two weeks before, in exclusions, overrides and trials', () => {
  const day = (days: number): string =>
    new Date(Date.parse(`${TODAY}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
  const found = (days: number): readonly string[] =>
    [
      RULE.replace('level 2', `mode monitor until ${day(days)}`),
      `${RULE}\nexclude a.b { target args["q"] because "x" until ${day(days)} }`,
      `${RULE}\noverride a.b { severity notice because "x" until ${day(days)} }`,
    ].flatMap((text) => checkText(text).diagnostics.map(({ code, message }) => `${code} ${message}`));
  const ends = ['the trial of `a.b`', 'this exclusion', 'this override'];
  expect(found(UNTIL_WARNING_DAYS + 1)).toEqual([]);
  expect(found(UNTIL_WARNING_DAYS)).toEqual(
    ends.map((what) => `W304 ${what} ends in ${UNTIL_WARNING_DAYS} days, on ${day(UNTIL_WARNING_DAYS)}`),
  );
  expect(found(1)).toEqual(ends.map((what) => `W304 ${what} ends tomorrow`));
  expect(found(0)).toEqual(ends.map((what) => `W304 ${what} ends today`));
  expect(found(-1)).toEqual(ends.map((what) => `E304 ${what} ended on ${day(-1)}`));
});

test('warnings are errors when strict', () => {
  const text = 'rule a.b "x" { when any args contains "x" then score }';
  expect(checkText(text).policy).not.toBeNull();
  const strict = checkText(text, { strict: true });
  expect(strict.policy).toBeNull();
  expect(strict.diagnostics).toMatchObject([{ code: 'W602', severity: 'error' }]);
});

test('a library needs no policy and may leave names unused', () => {
  const files = 'fn canon(s: String): String = s |> lower';
  expect(checkText(`policy "p" { mode enforce }\n${files}`).diagnostics).toMatchObject([{ code: 'W501' }]);
  expect(checkText(`policy "p" { mode enforce }\n${files}`, { library: true }).diagnostics).toEqual([]);
});

test('lists are transformed once, duplicates of a file are dropped', () => {
  const text = `list words : String from "words.txt" |> lower refresh 10m require
    rule a.b "x" { when any args |> lower contains any words then block 403 }`;
  const listFiles = new Map([['words.txt', ['# words', 'SELECT  # a comment', 'select', '', 'Union']]]);
  const [list] = policyOf(text, { listFiles }).lists;
  expect(list).toMatchObject({ entries: ['select', 'union'], refreshMs: 600_000, stale: 'require' });
  expect(checkText(text, { listFiles: new Map() }).diagnostics).toMatchObject([{ code: 'E209' }]);
});

test('a line of a list file that is no entry is an error, naming its line', () => {
  const text = `list nets : Cidr from "nets.txt"
    rule a.b "x" { when client.ip in nets then block 403 }`;
  const listFiles = new Map([['nets.txt', ['10.0.0.0/8', '10.0.0.300']]]);
  const [found] = checkText(text, { listFiles }).diagnostics;
  expect(found.message).toBe('line 2 of the list file is no Cidr: `10.0.0.300`');
});

test('settings of imported files are overridden by name', () => {
  const text = `const most : Int = 5
    list words : String = ["a"]
    rule a.b "x" { when count(args) > most or any args contains any words then block 403 }
    override const most = 9
    override list words = ["b", "c"]`;
  const policy = policyOf(text);
  expect(policy.lists[0].entries).toEqual(['b', 'c']);
  expect(policy.rules[0].condition).toMatchObject({ items: [{ relation: { right: { value: 9 } } }, {}] });
});

test('routes are taken apart', () => {
  const { routes } = policyOf('route a = GET, HEAD "/a/{id}/*/**"\nroute b = ANY "/"');
  expect(routes).toMatchObject([
    {
      methods: ['GET', 'HEAD'],
      segments: [
        { kind: 'literal', text: 'a' },
        { kind: 'parameter', name: 'id' },
        { kind: 'one' },
        { kind: 'rest' },
      ],
    },
    { methods: [], segments: [{ kind: 'literal', text: '' }] },
  ]);
});

test('messages are texts, values and parts of the match', () => {
  const [rule] = policyOf(
    'rule a.b "x" { when any args contains "x" then block 403 message "{{a}} {client.ip |> text}: {match.value}" }',
  ).rules;
  expect(rule.message).toMatchObject([
    { kind: 'text', text: '{a} ' },
    { kind: 'scalar', scalar: { kind: 'pipe' } },
    { kind: 'text', text: ': ' },
    { kind: 'match', part: 'value' },
  ]);
});
