// `count`: tokens reserved on the request are settled by the response, exactly once.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import type { RuleEngine } from '../../../../src/engine/engine.ts';
import type { ExchangeTransaction } from '../../../../src/engine/transaction.ts';
import { RecordedGates } from '../../../support/recorded-gates.ts';
import { begin, bytes, engineFor } from '../../../support/transaction-of.ts';

function made(rules: string): { engine: RuleEngine; gates: RecordedGates } {
  const clock = new ManualClock();
  const gates = new RecordedGates(clock);
  return { engine: engineFor(rules, {}, { gates, clock }), gates };
}

const failures = (count: string, more = '') => `
limiter f { key client.ip  allow 2 per 1m  count ${count}  then block 429 }
rule auth.f "x" { severity critical then limit f }
${more}`;

async function answer(transaction: ExchangeTransaction, status: number, body = ''): Promise<void> {
  await transaction.requestEnd();
  transaction.responseHead(status, ['content-type', 'text/plain']);
  await transaction.responseBody(bytes(body));
  await transaction.responseEnd();
}

describe('a count over the head of the response', () => {
  it('gives the token back when it is false, as soon as the head is there', async () => {
    const { engine, gates } = made(failures('response.status in [401, 403]'));
    for (let i = 0; i < 5; i++) {
      const transaction = begin(engine);
      await transaction.requestEnd();
      transaction.responseHead(200, []);
      expect(gates.refunds).toHaveLength(i + 1);
      await transaction.responseEnd();
      transaction.close();
    }
    expect(gates.refunds).toHaveLength(5);
    expect(gates.refunds).toEqual(gates.taken);
  });

  it('spends the token when it is true', async () => {
    const { engine, gates } = made(failures('response.status in [401, 403]'));
    for (let i = 0; i < 2; i++) {
      const transaction = begin(engine);
      await answer(transaction, 401);
      transaction.close();
    }
    const third = begin(engine);
    expect(third.verdict.by).toBe('auth.f');
    third.close();
    // The refused request took nothing that could be given back.
    expect(gates.refunds).toEqual([]);
  });

  it('reserves: parallel guesses spend their tokens before any is answered', async () => {
    const { engine } = made(failures('response.status in [401, 403]'));
    const [first, second, third] = [begin(engine), begin(engine), begin(engine)];
    expect([first, second, third].map(({ verdict }) => verdict.action)).toEqual(['pass', 'pass', 'block']);
    await answer(first, 200);
    for (const transaction of [first, second, third]) transaction.close();
  });
});

describe('a count over the body of the response', () => {
  it.each([
    ['denied', 0],
    ['welcome', 1],
  ])('is settled at its end: %s', async (text, refunds) => {
    const { engine, gates } = made(failures('response.body.text contains "denied"'));
    const transaction = begin(engine);
    expect(transaction.inspectsResponseBody).toBe(true);
    await transaction.requestEnd();
    transaction.responseHead(200, ['content-type', 'text/plain']);
    await transaction.responseBody(bytes(text));
    expect(gates.refunds).toEqual([]);
    await transaction.responseEnd();
    expect(gates.refunds).toHaveLength(refunds);
    transaction.close();
    expect(gates.refunds).toHaveLength(refunds);
  });

  it('stays spent when it cannot be decided', async () => {
    const { engine, gates } = made(failures('response.body.json.ok == false'));
    const broken = begin(engine);
    await broken.requestEnd();
    broken.responseHead(200, ['content-type', 'application/json']);
    await broken.responseBody(bytes('{"ok":'));
    await broken.responseEnd();
    broken.close();
    const cut = begin(engine);
    await cut.requestEnd();
    cut.responseHead(200, ['content-type', 'application/json']);
    cut.close();
    expect(gates.refunds).toEqual([]);
  });
});

describe('a request that never came to an answer', () => {
  const COUNT = 'response.status == 401';

  it('gives its token back when the client left or the service failed', () => {
    const { engine, gates } = made(failures(COUNT));
    const transaction = begin(engine);
    void transaction.requestEnd();
    transaction.close();
    transaction.close();
    expect(gates.refunds).toEqual(gates.taken);
    expect(gates.refunds).toHaveLength(1);
  });

  it('gives its token back when a later stage of Ward refused it', () => {
    const { engine, gates } = made(
      failures(COUNT, 'rule t.q "x" { severity critical when any args.query == "evil" then block 403 }'),
    );
    const transaction = begin(engine, { target: '/?q=evil' });
    expect(transaction.verdict.by).toBe('t.q');
    transaction.close();
    expect(gates.refunds).toHaveLength(1);
  });

  it('has nothing to give back where its limiter has no `count`', () => {
    const { engine, gates } = made(`
limiter c { key client.ip  allow 2 per 1m  then block 429 }
rule dos.c "x" { severity critical then limit c }`);
    begin(engine).close();
    expect(gates.refunds).toEqual([]);
  });

  it('gives nothing back of a trip that refused it: nothing was taken', () => {
    const { engine, gates } = made(`
limiter f { key client.ip  allow 5 per 1m  count response.status == 401  then block 429 }
limiter tight { key client.ip  allow 1 per 1m  then block 429 }
rule auth.f "x" { severity critical then limit f, limit tight }`);
    const first = begin(engine);
    const second = begin(engine);
    expect(second.verdict.action).toBe('block');
    second.close();
    expect(gates.refunds).toEqual([]);
    first.close();
    expect(gates.refunds.map(({ demand }) => demand.policy.name)).toEqual(['f']);
  });
});

it('a rule on trial settles its own tokens', async () => {
  const { engine, gates } = made(`
limiter f { key client.ip  allow 5 per 1m  count response.status == 401  then block 429 }
rule auth.f "x" { severity critical mode monitor then limit f }`);
  const transaction = begin(engine);
  await answer(transaction, 200);
  transaction.close();
  expect(gates.refunds.map(({ demand }) => demand.shadow)).toEqual([true]);
});

it('an answer under `on engine_error -> pass` leaves its tokens spent', async () => {
  const { engine, gates } = made(
    `policy "p" { mode enforce on engine_error -> pass }${failures('response.status == 401')}`,
  );
  const transaction = begin(engine);
  gates.refund = () => {
    throw new Error('told to throw');
  };
  await answer(transaction, 200);
  expect(transaction.verdict.action).toBe('pass');
  expect(transaction.report().engineError).toBe('Error: told to throw');
  gates.refund = (readings) => void gates.refunds.push(...readings);
  transaction.close();
  expect(gates.refunds).toEqual([]);
});
