// Limits of rules: who is asked what and when, what a refusal looks like, what spends nothing.
import { describe, expect, it } from 'vitest';
import { LIMIT_COST_MAX, OWN_GATE_KEYS } from '../../../../src/core/limits.ts';
import { ManualClock } from '../../../../src/core/clock.ts';
import type { WrittenRequest } from '../../../../src/control/inspection.ts';
import type { RuleEngine } from '../../../../src/engine/engine.ts';
import type { Report } from '../../../../src/engine/api.ts';
import { RecordedGates } from '../../../support/recorded-gates.ts';
import { begin, bytes, engineFor } from '../../../support/transaction-of.ts';

const FORM: [string, string][] = [['content-type', 'application/x-www-form-urlencoded']];

function made(rules: string): { engine: RuleEngine; gates: RecordedGates; clock: ManualClock } {
  const clock = new ManualClock();
  const gates = new RecordedGates(clock);
  return { engine: engineFor(rules, {}, { gates, clock }), gates, clock };
}

/** A whole request, answered with 200 if it passes. */
async function send(engine: RuleEngine, request: Partial<WrittenRequest> = {}): Promise<Report> {
  const transaction = begin(engine, request);
  await transaction.opening;
  const passes = () => transaction.verdict.action === 'pass';
  if (passes() && request.body !== undefined) await transaction.requestBody(bytes(request.body));
  if (passes()) await transaction.requestEnd();
  if (passes()) transaction.responseHead(200, []);
  const report = transaction.report();
  transaction.close();
  return report;
}

const PER_CLIENT = `
limiter c { key client.ip  allow 2 per 10s  using fixed_window  then block 429 }
rule dos.c "Too many" { severity warning then limit c, tag "slow" message "{limiter.c.used} of 2" }`;

describe('a rule that limits', () => {
  it('matches with the request that its limiter refuses, and not before', async () => {
    const { engine } = made(PER_CLIENT);
    const [first, second, third] = [await send(engine), await send(engine), await send(engine)];
    expect([first.verdict.action, second.verdict.action]).toEqual(['pass', 'pass']);
    expect(second.matches).toEqual([]);
    expect(third.verdict).toEqual({
      action: 'block',
      status: 429,
      location: undefined,
      retryAfterS: expect.any(Number) as number,
      by: 'dos.c',
      phase: 'headers',
    });
    expect(third.verdict.retryAfterS).toBeGreaterThanOrEqual(1);
    expect(third.verdict.retryAfterS).toBeLessThanOrEqual(10);
    expect(third.matches.map(({ rule, message, effects }) => [rule, message, effects])).toEqual([
      ['dos.c', '2 of 2', ['limit c', 'tag "slow"']],
    ]);
    expect(third.tags).toEqual(['slow']);
  });

  it('reports how the limiter stands, and not its key', async () => {
    const { engine } = made(PER_CLIENT);
    const reports = [await send(engine), await send(engine), await send(engine)];
    expect(reports.map(({ limits }) => limits)).toEqual([
      [{ name: 'c', mode: 'enforce', granted: true, used: 1, remaining: 1, source: 'memory' }],
      [{ name: 'c', mode: 'enforce', granted: true, used: 2, remaining: 0, source: 'memory' }],
      [{ name: 'c', mode: 'enforce', granted: false, used: 2, remaining: 0, source: 'memory' }],
    ]);
    expect(JSON.stringify(reports[2].limits)).not.toContain('198.51.100.7');
  });

  it('counts each client apart', async () => {
    const { engine } = made(PER_CLIENT);
    for (let i = 0; i < 3; i++) await send(engine);
    expect((await send(engine, { from: '198.51.100.8' })).verdict.action).toBe('pass');
  });

  it('takes no tokens of requests its condition does not hold for', async () => {
    const { engine, gates } = made(`
limiter c { key client.ip  allow 1 per 10s  then block 429 }
rule dos.c "x" { severity warning when request.method == POST then limit c }`);
    for (let i = 0; i < 5; i++) await send(engine);
    expect(gates.trips).toEqual([]);
    await send(engine, { body: 'x' });
    expect((await send(engine, { body: 'x' })).verdict.by).toBe('dos.c');
  });

  it('asks before values are looked at, so that later rules of the phase neither see nor cost a refused request', async () => {
    const { engine } = made(`
limiter c { key request.path  allow 1 per 10s  then block 429 }
rule dos.c "x" { severity warning then limit c }
rule t.word "x" { severity critical when any args.query == "evil" then block 403 }`);
    expect((await send(engine, { target: '/?q=evil' })).verdict.by).toBe('t.word');
    const second = await send(engine, { target: '/?q=evil' });
    expect(second.verdict.by).toBe('dos.c');
    expect(second.matches.map(({ rule }) => rule)).toEqual(['dos.c']);
  });

  it.each([
    ['any args.query == "probe"', '/?q=probe', '/?q=other'],
    ['count(args.query) > 1', '/?a=1&b=2', '/?a=1'],
    ['request.headers["x-tool"] contains "bot"', '/', '/'],
  ])('asks once values were looked at where its condition needs them: %s', async (when, hit, miss) => {
    const { engine, gates } = made(`
limiter c { key request.path  allow 1 per 10s  then block 429 }
rule dos.c "x" { severity warning when ${when} then limit c }`);
    await send(engine, { target: miss });
    expect(gates.trips).toEqual([]);
    const headers: [string, string][] = [['x-tool', 'a bot']];
    await send(engine, { target: hit, headers });
    expect((await send(engine, { target: hit, headers })).verdict.by).toBe('dos.c');
  });

  it('asks all limiters of a phase in one trip, each once, and takes from all or from none', async () => {
    const { engine, gates } = made(`
limiter tight { key request.path  allow 1 per 10s  then block 429 }
limiter wide { key request.path  allow 9 per 10s  then block 503 }
rule a.one "x" { severity warning then limit wide }
rule a.two "x" { severity warning then limit wide, limit tight }`);
    await send(engine);
    const refused = await send(engine);
    expect(gates.trips.map((trip) => trip.map(({ policy }) => policy.name))).toEqual([
      ['wide', 'tight'],
      ['wide', 'tight'],
    ]);
    expect(refused.verdict).toMatchObject({ by: 'a.two', status: 429 });
    expect(refused.matches.map(({ rule }) => rule)).toEqual(['a.two']);
    // Nothing was taken of `wide` by the refused request.
    expect((await send(engine, { target: '/' })).limits[0]).toMatchObject({ name: 'wide', used: 1 });
  });

  it('asks a limiter once for an exchange, whatever phases name it', async () => {
    const { engine, gates } = made(`
limiter c { key request.path  allow 1 per 10s  then block 429 }
rule a.head "x" { severity warning then limit c }
rule a.body "x" { severity warning when any args == "x" then limit c }`);
    const report = await send(engine, { body: 'a=x', headers: FORM });
    expect(report.verdict.action).toBe('pass');
    expect(gates.trips).toHaveLength(1);
  });

  it('tells the longest wait, and the status of the limiter written first', async () => {
    const { engine } = made(`
limiter short { key request.path  allow 1 per 10s  using fixed_window  then block 429 }
limiter long { key request.path  allow 1 per 1h  using sliding_window  then block 503 }
rule a.both "x" { severity warning then limit short, limit long }`);
    await send(engine);
    const { verdict } = await send(engine);
    expect(verdict).toMatchObject({ status: 429, retryAfterS: 3600 });
  });

  it('keeps to the first rate whose `when` holds', async () => {
    const { engine, gates } = made(`
list office : Cidr = ["10.0.0.0/8"]
limiter c {
  key client.ip
  allow 5 per 10s when client.ip in office
  allow 1 per 10s
  then block 429
}
rule dos.c "x" { severity warning then limit c }`);
    for (let i = 0; i < 2; i++) await send(engine, { from: '10.1.2.3' });
    await send(engine);
    expect(gates.trips.map(([demand]) => demand.rate)).toEqual([0, 0, 1]);
    expect((await send(engine)).verdict.by).toBe('dos.c');
    expect((await send(engine, { from: '10.1.2.3' })).verdict.action).toBe('pass');
  });

  it('takes the cost in tokens, at most LIMIT_COST_MAX', async () => {
    const { engine, gates } = made(`
limiter c { key client.ip  allow 100 per 10s  cost request.content_length |> or_else(1B)  then block 429 }
rule dos.c "x" { severity warning then limit c }`);
    await send(engine, { body: 'x'.repeat(60) });
    expect((await send(engine, { body: 'x'.repeat(60) })).verdict.by).toBe('dos.c');
    await send(engine, { headers: [['content-length', String(LIMIT_COST_MAX + 1)]] });
    expect(gates.trips.map(([{ cost }]) => cost)).toEqual([60, 60, LIMIT_COST_MAX]);
  });
});

describe('keys', () => {
  const TWO = `
limiter c { key request.headers["x-a"], request.headers["x-b"]  allow 1 per 10s  then block 429 }
rule dos.c "x" { severity warning then limit c }`;

  const headers = (a: string | undefined, b: string | undefined): [string, string][] => [
    ...(a === undefined ? [] : [['x-a', a] as [string, string]]),
    ...(b === undefined ? [] : [['x-b', b] as [string, string]]),
  ];

  it('join their parts so that no two look the same', async () => {
    const { engine, gates } = made(TWO);
    const parts: [string | undefined, string | undefined][] = [
      ['a', 'b'],
      ['a b', ''],
      ['', 'a b'],
      ['a 1:b', 'c'],
      ['a', '1:b c'],
      [undefined, 'a'],
      ['a', undefined],
      [undefined, undefined],
      ['', ''],
    ];
    for (const [a, b] of parts) await send(engine, { headers: headers(a, b) });
    const keys = gates.trips.map(([{ key }]) => key);
    expect(new Set(keys).size).toBe(parts.length);
  });

  it('share one key among all requests without the value, distinct from every value', async () => {
    const { engine, gates } = made(`
limiter c { key one(args["t"])  allow 1 per 10s  then block 429 }
rule dos.c "x" { severity warning then limit c }`);
    const keys: string[] = [];
    for (const body of ['a=1', 'b=1', 't=%00', 't=', 't=%00%00']) {
      await send(engine, { body, headers: FORM, from: `198.51.100.${keys.length}` });
      keys.push(gates.trips.at(-1)?.[0].key ?? 'none');
    }
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(4);
  });

  it('of values that cannot be read leave the rule undecided', async () => {
    const rules = (unknown: string) => `
policy "p" { mode enforce on uninspectable request -> block 415 }
limiter c { key one(args["t"])  allow 5 per 10s  then block 429 }
rule dos.c "x" { severity warning ${unknown} then limit c }`;
    const broken = { body: 't=1&t=2', headers: FORM };
    const { engine, gates } = made(rules(''));
    expect((await send(engine, broken)).verdict).toMatchObject({ status: 415, by: 'policy.uninspectable' });
    expect(gates.trips).toEqual([]);
    expect((await send(made(rules('unknown skip')).engine, broken)).verdict.action).toBe('pass');
    const matched = await send(made(rules('unknown match')).engine, broken);
    expect(matched.verdict).toMatchObject({ status: 429, by: 'dos.c' });
    expect(matched.matches[0].unknown).toBe(true);
  });

  it('hold more than OWN_GATE_KEYS clients without letting the first go unlimited', async () => {
    const engine = engineFor(PER_CLIENT, {}, { clock: new ManualClock() });
    for (let i = 0; i < 3; i++) await send(engine);
    for (let i = 0; i < OWN_GATE_KEYS * 1.2; i++) {
      const transaction = begin(engine, { from: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` });
      transaction.close();
    }
    expect((await send(engine)).verdict.by).toBe('dos.c');
  });
});

describe('limits of the body', () => {
  const LOGIN = `
limiter user { key one(args["user"]) |> lower  allow 2 per 10s  then block 429 }
rule auth.user "x" { severity critical then limit user }`;

  it('are asked once, behind the last byte, and hold it back', async () => {
    const { engine, gates } = made(LOGIN);
    const login = { body: 'user=Anna&pass=x', headers: FORM };
    await send(engine, login);
    await send(engine, { ...login, body: 'user=anna&pass=y' });
    const transaction = begin(engine, login);
    await transaction.requestBody(bytes(login.body));
    expect(transaction.verdict.action).toBe('pass');
    expect(transaction.requestReleasable).toBeLessThan(login.body.length);
    await transaction.requestEnd();
    expect(transaction.verdict).toMatchObject({ by: 'auth.user', phase: 'body' });
    expect(transaction.requestReleasable).toBe(0);
    transaction.close();
    expect(gates.trips).toHaveLength(3);
    expect((await send(engine, { ...login, body: 'user=bea' })).verdict.action).toBe('pass');
  });

  it('are asked for a body that was cut off, its last byte held back until then', async () => {
    const { engine, gates } = made(`
policy "p" { mode enforce on uninspectable request -> pass body hold 64B, window 32B, max 200B -> pass }
limiter c { key client.ip, body.kind  allow 1 per 10s  then block 429 }
rule t.big "x" { severity critical when body.size > 100B then limit c }`);
    const body = `a=${'x'.repeat(500)}`;
    const request = { body, headers: FORM };
    await send(engine, request);
    const transaction = begin(engine, request);
    await transaction.requestBody(bytes(body));
    expect(transaction.requestReleasable).toBe(body.length - 1);
    await transaction.requestEnd();
    expect(gates.trips).toHaveLength(2);
    expect(transaction.verdict.by).toBe('t.big');
    transaction.close();
  });

  it('are not asked when the service answered before the request was complete', async () => {
    const { engine, gates } = made(LOGIN);
    const transaction = begin(engine, { body: 'user=anna', headers: FORM });
    await transaction.requestBody(bytes('user='));
    transaction.responseHead(200, []);
    await transaction.requestEnd();
    transaction.close();
    expect(gates.trips).toEqual([]);
  });
});

describe('what limiters told', () => {
  it('is read by the other rules of the phase, and absent where the limiter was not asked', async () => {
    const { engine } = made(`
limiter c { key request.path  allow 9 per 10s  then block 429 }
rule dos.c "x" { severity warning when request.method == GET then limit c }
rule t.many "x" { severity critical when limiter.c.used > 2 then block 418 }
rule t.few "x" { severity critical when limiter.c.remaining < 1 then block 419 }`);
    for (let i = 0; i < 2; i++) expect((await send(engine)).verdict.action).toBe('pass');
    expect((await send(engine)).verdict.by).toBe('t.many');
    expect((await send(engine, { body: 'x' })).verdict.action).toBe('pass');
  });
});

describe('rules on trial', () => {
  const TRIAL = `
limiter c { key client.ip  allow 1 per 10s  then block 429 }
rule dos.trial "x" { severity warning mode monitor then limit c }`;

  it('count in the shadow and refuse nothing', async () => {
    const { engine, gates } = made(TRIAL);
    await send(engine);
    const report = await send(engine);
    expect(report.verdict.action).toBe('pass');
    expect(report.shadow).toMatchObject({ by: 'dos.trial', status: 429 });
    expect(report.limits).toMatchObject([{ mode: 'monitor', granted: false }]);
    expect(gates.trips.flat().every(({ shadow }) => shadow)).toBe(true);
  });

  it('never spend what an enforced rule needs', async () => {
    const { engine, gates } = made(`${TRIAL}
rule dos.real "x" { severity warning when request.method == POST then limit c }`);
    for (let i = 0; i < 3; i++) await send(engine);
    expect((await send(engine, { body: 'x' })).verdict.action).toBe('pass');
    expect(gates.trips.at(-1)?.map(({ shadow }) => shadow)).toEqual([false, true]);
    expect((await send(engine, { body: 'x' })).verdict.by).toBe('dos.real');
  });

  it('give the answer no reading to tell the client of', () => {
    const { engine } = made(TRIAL);
    const transaction = begin(engine);
    expect(transaction.limitReadings).toEqual([]);
    transaction.close();
    const enforced = begin(made(PER_CLIENT).engine);
    expect(enforced.limitReadings).toMatchObject([{ used: 1, remaining: 1, granted: true }]);
    enforced.close();
  });

  it('cover all rules of a policy in monitor mode', async () => {
    const { engine } = made(`policy "p" { mode monitor }${PER_CLIENT}`);
    const reports = [await send(engine), await send(engine), await send(engine)];
    expect(reports[2].verdict.action).toBe('pass');
    expect(reports[2].shadow.by).toBe('dos.c');
  });
});

describe('an engine', () => {
  it('asks nobody for what is no request, or was let in before', () => {
    const { engine, gates } = made(PER_CLIENT);
    for (const mode of ['off', 'passed'] as const) {
      for (let i = 0; i < 5; i++) begin(engine, {}, { gates: mode }).close();
    }
    expect(gates.trips).toEqual([]);
  });

  it('refuses as its policy says when a store throws, which none does', () => {
    const { engine, gates } = made(`policy "p" { mode enforce on engine_error -> block 503 }${PER_CLIENT}`);
    gates.broken = true;
    const transaction = begin(engine);
    expect(transaction.verdict).toMatchObject({ status: 503, by: 'policy.engine_error' });
    transaction.close();
  });

  it('shows in its version what limiters and floods say', () => {
    const version = (allow: number) => made(PER_CLIENT.replace('allow 2', `allow ${allow}`)).engine.version;
    expect(version(2)).toBe(version(2));
    expect(version(2)).not.toBe(version(3));
  });
});
