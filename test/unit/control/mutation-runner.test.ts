// Mutation testing: which mistakes the examples notice, who shares one, and what is run.
import { describe, expect, it } from 'vitest';
import { runMutants } from '../../../src/control/mutation-runner.ts';
import type { MutationOptions, MutationRun } from '../../../src/control/mutation-runner.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import { MUTANTS_PER_RULE_MAX } from '../../../src/core/limits.ts';
import { policyOf } from '../../support/check-rules.ts';

const run = (text: string, options: MutationOptions = {}): Promise<MutationRun> =>
  runMutants(policyOf(text), compilePolicyForTests, options);

const rule = (name: string, when: string, examples: string): string =>
  `rule ${name} "x" { severity error when ${when} then block 403 examples { ${examples} } }\n`;

const WHEN = 'request.method == POST and any args |> lower contains "evil"';

const changes = ({ survivors }: MutationRun): string[] => survivors.map(({ change }) => change);

describe('mutation testing', () => {
  it('reports each mistake that no example notices, with its place and the example that would', async () => {
    const result = await run(rule('t.a', WHEN, 'hit POST "/?q=evil" miss POST "/?q=x"'));
    expect(changes(result)).toEqual([
      '`request.method == POST` is left out',
      '`any` becomes `all`',
      '`lower` is left out',
    ]);
    expect(result.survivors[0]).toEqual({
      rules: ['t.a'],
      path: 'test.ward',
      line: 3,
      column: 36,
      text: 'request.method == POST',
      change: '`request.method == POST` is left out',
      wanted: 'a `pass` or `miss` in which all holds but `request.method == POST`',
    });
    expect(result.percent).toBe(Math.floor((100 * result.killed) / result.mutants));
    expect(result.killed + result.survivors.length).toBe(result.mutants);
  });

  it('has none left once the examples that were asked for are there', async () => {
    const examples = 'hit POST "/?q=EVIL&b=c" miss POST "/?q=x" miss GET "/?q=evil"';
    const result = await run(rule('t.a', WHEN, examples));
    expect(changes(result)).toEqual([]);
    expect(result.percent).toBe(100);
  });

  it('counts a mistake in what rules share once, and noticed if one of them notices', async () => {
    const shared = 'fn plain(s: String): String = s |> lower |> remove_nulls\n';
    const a = rule('t.a', 'any args |> plain contains "evil"', 'hit GET "/?q=EVIL&b=c" miss GET "/?q=x"');
    const b = rule('t.b', 'any args |> plain contains "vile"', 'hit GET "/?q=vile&b=c" miss GET "/?q=x"');
    const result = await run(shared + a + b);
    expect(result.survivors).toMatchObject([{ rules: ['t.a', 't.b'], change: '`remove_nulls` is left out' }]);
  });

  it('makes no mistakes in the files of others', async () => {
    const rules = rule('t.a', WHEN, 'hit POST "/?q=evil" miss POST "/?q=x"');
    const result = await run(rules, { without: new Set(['test.ward']) });
    expect(result).toMatchObject({ mutants: 0, percent: 100, survivors: [] });
    expect((await run(rules, { without: new Set(['other.ward']) })).mutants).toBeGreaterThan(3);
  });

  it('takes requests of a corpus for further examples', async () => {
    const examples = 'hit POST "/?q=EVIL&b=c" miss POST "/?q=x"';
    const request = {
      method: 'GET',
      target: '/?q=evil',
      from: '198.51.100.7',
      scheme: 'http' as const,
      headers: [],
      body: undefined,
      answered: undefined,
    };
    const corpus = [{ path: 'a', description: 'a', request, expect: 'pass' as const, by: [] }];
    expect(changes(await run(rule('t.a', WHEN, examples), { corpus }))).toEqual([]);
    const ofAnother = [{ ...corpus[0], expect: 'block' as const, by: ['t.other'] }];
    expect(changes(await run(rule('t.a', WHEN, examples), { corpus: ofAnother }))).toHaveLength(1);
  });

  it('leaves out rules that examples cannot speak of', async () => {
    const limiter = 'limiter slow { key client.ip allow 1 per 1s then block 429 }\n';
    const limits = 'rule t.l "x" { severity error when request.method == POST then limit slow }\n';
    const bare = 'rule t.b "x" { severity error when request.method == POST then block 403 }';
    expect(await run(limiter + limits + bare)).toMatchObject({ mutants: 0, percent: 100 });
  });

  it('runs some rules, or some mutants, when asked, and says how far it is', async () => {
    const text = rule('t.a', WHEN, 'hit POST "/?q=evil"') + rule('t.b', WHEN, 'hit POST "/?q=evil"');
    const whole = await run(text);
    const one = await run(text, { rules: ['t.b'] });
    expect(one.mutants * 2).toBe(whole.mutants);
    const seen: number[] = [];
    const third = await run(text, { every: 3, onProgress: (done) => seen.push(done) });
    expect(third.mutants).toBe(Math.ceil(whole.mutants / 3));
    expect(seen).toHaveLength(third.mutants);
  });

  it('runs no more mutants of a rule than allowed, and says how many it left out', async () => {
    // Five mutants for each operand, one for all of them that become `or`, and some left out of the list.
    const operands = Array.from({ length: 101 }, (_, i) => `request.header_count in ${i + 100}..${i + 300}`);
    const result = await run(rule('t.a', operands.join(' or '), 'miss GET "/"'), { every: 50 });
    expect(result.mutants).toBeLessThanOrEqual(MUTANTS_PER_RULE_MAX / 50);
    expect(result.notRun).toEqual([]);
    const wide = Array.from({ length: 201 }, (_, i) => `request.header_count in ${i + 100}..${i + 300}`);
    const more = await run(rule('t.a', wide.join(' or '), 'miss GET "/"'), { every: 50 });
    expect(more.mutants).toBe(MUTANTS_PER_RULE_MAX / 50);
    expect(more.notRun).toEqual([{ rule: 't.a', mutants: 201 * 3 + 17 - MUTANTS_PER_RULE_MAX }]);
  });
});
