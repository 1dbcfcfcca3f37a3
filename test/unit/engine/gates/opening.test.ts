// A store on another machine: the head waits for it, and whoever leaves meanwhile leaves nothing behind.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import { warmUp } from '../../../../src/engine/warm-up.ts';
import type { RuleEngine } from '../../../../src/engine/engine.ts';
import { RecordedGates } from '../../../support/recorded-gates.ts';
import { begin, bytes, engineFor } from '../../../support/transaction-of.ts';

function made(rules: string): { engine: RuleEngine; gates: RecordedGates } {
  const clock = new ManualClock();
  const gates = new RecordedGates(clock);
  gates.later = true;
  return { engine: engineFor(rules, {}, { gates, clock }), gates };
}

const HEAD = `
limiter c { key client.ip  allow 1 per 10s  count response.status == 401  then block 429 }
rule dos.c "x" { severity warning then limit c }
rule t.q "x" { severity critical when any args.query == "evil" then block 403 }`;

const BODY = `
limiter u { key one(args["user"])  allow 1 per 10s  then block 429 }
rule auth.u "x" { severity critical then limit u }`;
const FORM: [string, string][] = [['content-type', 'application/x-www-form-urlencoded']];

describe('limits of the head on another machine', () => {
  it('open the transaction later', async () => {
    const { engine, gates } = made(HEAD);
    const transaction = begin(engine);
    const { opening } = transaction;
    expect(opening).toBeInstanceOf(Promise);
    await gates.release();
    await opening;
    expect(transaction.opening).toBeUndefined();
    expect(transaction.verdict.action).toBe('pass');
    expect(transaction.limitReadings).toHaveLength(1);
    await transaction.requestEnd();
    transaction.responseHead(401, []);
    transaction.close();
    const second = begin(engine);
    await gates.release();
    await second.opening;
    expect(second.verdict.by).toBe('dos.c');
    second.close();
  });

  it('go on with the rules of the head once they answered', async () => {
    const { engine, gates } = made(HEAD);
    const transaction = begin(engine, { target: '/?q=evil' });
    await gates.release();
    await transaction.opening;
    expect(transaction.verdict.by).toBe('t.q');
    transaction.close();
    expect(gates.refunds).toHaveLength(1);
  });

  it('give back what was reserved for a client that left meanwhile', async () => {
    const { engine, gates } = made(HEAD);
    const transaction = begin(engine, { target: '/?q=evil' });
    const { opening } = transaction;
    transaction.close();
    expect(gates.refunds).toEqual([]);
    await gates.release();
    await opening;
    expect(gates.refunds).toEqual(gates.taken);
    expect(transaction.verdict.action).toBe('pass');
  });

  it('do not let the state of one exchange pass to the next before they answered', async () => {
    const { engine, gates } = made(HEAD);
    const left = begin(engine, { from: '198.51.100.1' });
    left.close();
    const next = begin(engine, { from: '198.51.100.2' });
    await gates.release();
    await next.opening;
    expect(next.report().limits).toHaveLength(1);
    expect(next.verdict.action).toBe('pass');
    next.close();
  });

  it('are asked after those of the values where the condition needs them', async () => {
    const { engine, gates } = made(HEAD.replace('then limit c', 'when any args.query == "a" then limit c'));
    const transaction = begin(engine, { target: '/?x=a' });
    expect(gates.waiting).toBe(1);
    await gates.release();
    await transaction.opening;
    expect(transaction.verdict.action).toBe('pass');
    transaction.close();
    const other = begin(engine, { target: '/?x=b' });
    expect(other.opening).toBeUndefined();
    other.close();
  });
});

describe('limits of the body on another machine', () => {
  it('hold back the last byte until they answered', async () => {
    const { engine, gates } = made(BODY);
    for (const wanted of ['pass', 'block']) {
      const transaction = begin(engine, { body: 'user=a', headers: FORM });
      expect(transaction.opening).toBeUndefined();
      await transaction.requestBody(bytes('user=a'));
      const end = transaction.requestEnd();
      expect(end).toBeInstanceOf(Promise);
      expect(transaction.requestReleasable).toBeLessThan(6);
      await gates.release();
      await end;
      expect(transaction.verdict.action).toBe(wanted);
      expect(transaction.requestReleasable).toBe(wanted === 'pass' ? 6 : 0);
      transaction.close();
    }
  });
});

it('a store in memory answers at once, and makes no promise', () => {
  const engine = engineFor(HEAD, {}, { clock: new ManualClock() });
  const transaction = begin(engine);
  expect(transaction.opening).toBeUndefined();
  transaction.close();
});

it('warming up asks nobody', () => {
  const { engine, gates } = made(HEAD);
  warmUp(engine, 10);
  expect(gates.trips).toEqual([]);
});
