// Suggested exclusions: the text, the smallest set, and what is refused.
import { describe, expect, it } from 'vitest';
import { ExclusionAdvisor, untilOf } from '../../../../src/control/exclusion/exclusion-advisor.ts';
import type { ExclusionAdvice, RefusingMatch } from '../../../../src/control/exclusion/exclusion-advisor.ts';
import {
  EXCLUSION_DAYS,
  EXCLUSION_TARGETS_MAX,
  EXCLUSION_TEXT_BYTES_MAX,
} from '../../../../src/core/limits.ts';
import { policyOf } from '../../../support/check-rules.ts';

const RULES = `
policy "test" { mode enforce score critical = 5, error = 4, warning = 3, notice = 1 threshold request >= 5 -> block 403 }
route reviews = POST "/reviews/{id}"
limiter slow { key client.ip allow 1 per 1s then block 429 }
rule t.inputs "x" { severity critical when any (args, args.names, request.cookies) contains "evil" then score
  examples { hit GET "/search?q=evil" hit POST "/reviews/1" form { "text": "evil" } miss GET "/" } }
rule t.big "x" { severity error when any args contains "vile" then score to words }
rule t.small "x" { severity notice when any args contains "e" then score }
rule t.tag "x" { severity notice when any args contains "e" then tag "x" }
rule t.sealed "x" { severity error sealed when any args contains "e" then block 403 }
rule t.limit "x" { severity error then limit slow }
rule t.referer "x" { severity error when request.headers["referer"] contains "e" then block 403 }
rule t.path "x" { severity error when request.path contains "e" then block 403 }
rule t.count "x" { severity error when count(args) > 3 then block 403 }
rule t.json "x" { severity error when any body.json.items[*]["a b"] contains "e" then block 403 }
rule t.file "x" { severity error when any files.filename contains "e" then block 403 }
rule t.text "x" { severity error when any body.text contains "e" then block 403 }
`;

const advisor = new ExclusionAdvisor(policyOf(RULES));

const match = (
  rule: string,
  field: string,
  name = '',
  more: Partial<RefusingMatch['witness'] & object> = {},
): RefusingMatch => ({ rule, unknown: false, witness: { field, name, path: name, value: 'v', ...more } });

interface Place {
  readonly method?: string;
  readonly path?: string;
  readonly by?: string;
}

const advise = (matches: readonly RefusingMatch[], place: Place = {}): ExclusionAdvice =>
  advisor.advise(
    {
      id: 'r1',
      method: 'GET',
      path: '/list',
      by: 'policy.threshold.request',
      matchesDropped: 0,
      ...place,
      matches,
    },
    { until: '2027-02-01' },
  );

function textOf(advice: ExclusionAdvice): string {
  if ('refused' in advice) throw new Error(advice.refused);
  return advice.text;
}

const refusal = (advice: ExclusionAdvice): string | undefined =>
  'refused' in advice ? advice.refused : undefined;

/** The lines of a suggestion that say what it takes away. */
const targets = (advice: ExclusionAdvice): string[] =>
  textOf(advice)
    .split('\n')
    .filter((line) => /^exclude|^ {2}target/.test(line));

describe('the text', () => {
  it('names the rule, the value, the place, a reason and an end', () => {
    expect(textOf(advise([match('t.inputs', 'args.form', 'note')], { method: 'POST' }))).toBe(
      `exclude t.inputs {
  target  args.form["note"]
  when    request.method == POST and request.path == "/list"
  because "harmless: request r1"
  until   2027-02-01
}
`,
    );
  });

  it('uses the route where there is one and every reading of the path is on it', () => {
    const matches = [match('t.big', 'args.form', 'note'), match('t.small', 'args.form', 'note')];
    expect(textOf(advise(matches, { method: 'POST', path: '/reviews/7' }))).toContain('  on      reviews\n');
    // A server that minds letter case reads another path than the route's, and exclusions need every reading.
    expect(textOf(advise(matches, { method: 'POST', path: '/Reviews/7' }))).toContain(
      'request.path == "/Reviews/7"',
    );
    expect(textOf(advise(matches, { method: 'POST', path: '/reviews/7;a' }))).toContain(
      'request.path == "/reviews/7;a"',
    );
  });

  it('quotes what a client chose', () => {
    const name = 'a"] }\nrule \\ \xff';
    expect(textOf(advise([match('t.inputs', 'args.query', name)], { path: '/a"b' }))).toContain(
      String.raw`args.query["a\"] }\nrule \\ \xff"]`,
    );
    expect(textOf(advise([match('t.inputs', 'args.query', 'q')], { path: '/a"b', method: 'get' }))).toContain(
      String.raw`when    request.path == "/a\"b"`,
    );
  });

  it.each<[match: RefusingMatch, target: string]>([
    [match('t.inputs', 'args.query', 'evil', { value: 'evil' }), 'args.query.names, args.query["evil"]'],
    [match('t.inputs', 'args.query', 'an evil', { value: 'an' }), 'args.query.names'],
    [
      match('t.inputs', 'request.cookies', 'sid', { value: { redacted: 'x', length: 1, hash: 'y' } }),
      'request.cookies["sid"]',
    ],
    [match('t.referer', 'request.headers["referer"]'), 'request.headers["referer"]'],
    [match('t.path', 'request.path'), 'request.path'],
    [match('t.json', 'args.json', 'items.a b', { path: '/items/0/a b' }), 'body.json.items[*]["a b"]'],
    [match('t.file', 'files', 'upload'), 'files.filename'],
    [match('t.text', 'body.text'), 'body.text'],
  ])('finds the narrowest target: %o', (given, target) => {
    expect(targets(advise([given], { by: given.rule }))).toEqual([
      `exclude ${given.rule} {`,
      `  target  ${target}`,
    ]);
  });

  it('excludes the rule as a whole where no value stands for the test', () => {
    expect(targets(advise([match('t.count', 'count')], { by: 't.count' }))).toEqual(['exclude t.count {']);
  });
});

describe('the smallest set', () => {
  const text = match('t.big', 'args.query', 'a');

  it('leaves alone what would not refuse by itself', () => {
    const matches = [text, match('t.small', 'args.query', 'b'), match('t.tag', 'args.query', 'c')];
    expect(targets(advise(matches))).toEqual(['exclude t.big {', '  target  args.query["a"]']);
  });

  it('takes one target for several rules before several targets', () => {
    const both = [match('t.inputs', 'args.query', 'a'), text, match('t.small', 'args.query', 'b')];
    expect(targets(advise(both))).toEqual(['exclude t.inputs, t.big {', '  target  args.query["a"]']);
  });

  it('excludes all that block by themselves', () => {
    const matches = [match('t.path', 'request.path'), match('t.referer', 'request.headers["referer"]')];
    expect(targets(advise(matches, { by: 't.path' }))).toHaveLength(4);
  });

  it('tries no more combinations than allowed', () => {
    const many = Array.from({ length: EXCLUSION_TARGETS_MAX + 1 }, (_, i) =>
      match('t.big', 'args.query', `a${i}`),
    );
    expect(targets(advise(many.slice(1))).length).toBeLessThan(2 * EXCLUSION_TARGETS_MAX);
    expect(targets(advise(many))).toHaveLength(2 * (EXCLUSION_TARGETS_MAX + 1));
  });
});

describe('refuses', () => {
  it('what an example of the rule promises to stop', () => {
    expect(refusal(advise([match('t.inputs', 'args.query', 'q')], { path: '/search' }))).toBe(
      't.inputs would no longer stop the attack at test.ward:7',
    );
    expect(
      refusal(advise([match('t.inputs', 'args.form', 'text')], { method: 'POST', path: '/reviews/9' })),
    ).toMatch(/would no longer stop/);
    expect(refusal(advise([match('t.inputs', 'args.query', 'lang')], { path: '/search' }))).toBeUndefined();
    expect(
      refusal(advise([match('t.inputs', 'args.query', 'q')], { path: '/search', method: 'POST' })),
    ).toBeUndefined();
  });

  it('rules that nothing may except', () => {
    expect(refusal(advise([match('t.sealed', 'args.query', 'q')], { by: 't.sealed' }))).toBe(
      't.sealed is sealed',
    );
    expect(refusal(advise([match('t.limit', 'client.ip')], { by: 't.limit' }))).toBe(
      't.limit limits: change its limiter',
    );
    expect(refusal(advise([{ ...match('t.big', 'args.query', 'q'), unknown: true }]))).toMatch(
      /could not be decided/,
    );
    expect(refusal(advise([match('t.gone', 'args.query', 'q')]))).toMatch(/not among these rules/);
  });

  it('what is no rule', () => {
    expect(refusal(advise([], { by: 'policy.uninspectable' }))).toMatch(/is no rule/);
    expect(refusal(advise([match('t.small', 'args.query', 'q')]))).toMatch(/no rule that matched refuses/);
  });

  it('names and paths that nobody could review', () => {
    const long = 'a'.repeat(EXCLUSION_TEXT_BYTES_MAX);
    expect(
      refusal(advise([match('t.inputs', 'args.query', long)], { path: `/${long.slice(1)}` })),
    ).toBeUndefined();
    expect(refusal(advise([match('t.inputs', 'args.query', `${long}a`)]))).toMatch(/too long/);
    expect(refusal(advise([match('t.inputs', 'args.query', 'a')], { path: `/${long}` }))).toMatch(/too long/);
  });
});

it('ends after a quarter', () => {
  expect(untilOf(Date.UTC(2026, 0, 1))).toBe(
    new Date(Date.UTC(2026, 0, 1 + EXCLUSION_DAYS)).toISOString().slice(0, 10),
  );
});
