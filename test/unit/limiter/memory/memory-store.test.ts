import { describe, expect, test } from 'vitest';
import { type Clock, ManualClock } from '../../../../src/core/clock.ts';
import { LIMIT_NEVER_MS } from '../../../../src/core/limits.ts';
import type { LimitAlgorithm, LimitPolicy } from '../../../../src/limiter/limit-policy.ts';
import type { LimitReading } from '../../../../src/limiter/limit-store.ts';
import { MemoryStore } from '../../../../src/limiter/memory/memory-store.ts';
import { createMemoryTables } from '../../../../src/limiter/memory/memory-tables.ts';
import { demandOf, policyOf, smallStore } from '../../../support/limits.ts';

const ALGORITHMS: readonly LimitAlgorithm[] = ['gcra', 'sliding_window', 'fixed_window'];
const START_MS = 1_700_000_000_000;

function grantedOf(store: MemoryStore, policy: LimitPolicy, key: string, times: number): number {
  let granted = 0;
  for (let i = 0; i < times; i++) if (store.take([demandOf(policy, key)])[0]!.granted) granted++;
  return granted;
}

describe.each(ALGORITHMS)('memory store, %s', (algorithm) => {
  test('grants the count at one instant, then says what is left', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = policyOf({ algorithm, count: 200 });
    const [first] = store.take([demandOf(policy, 'a')]);
    expect(first).toMatchObject({
      granted: true,
      used: 1,
      remaining: 199,
      retryAfterMs: 0,
      source: 'memory',
    });
    expect(grantedOf(store, policy, 'a', 400)).toBe(199);
    expect(grantedOf(store, policy, 'b', 400)).toBe(200);
    const [refused] = store.take([demandOf(policy, 'a')]);
    expect(refused).toMatchObject({ granted: false, used: 200, remaining: 0 });
    expect(refused!.retryAfterMs).toBe(algorithm === 'gcra' ? 5 : 1_000);
    expect(refused!.resetMs).toBe(1_000);
  });

  test('a cost beyond the limit can never be had, and 0 only asks', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = policyOf({ algorithm, count: 3 });
    expect(store.take([demandOf(policy, 'a', 4)])[0]).toMatchObject({
      granted: false,
      used: 0,
      retryAfterMs: LIMIT_NEVER_MS,
    });
    expect(store.take([demandOf(policy, 'a', 3)])[0]!.granted).toBe(true);
    expect(store.take([demandOf(policy, 'a', 0)])[0]).toMatchObject({ granted: true, used: 3, remaining: 0 });
  });

  test('demands of one request are granted together or not at all', () => {
    const store = smallStore(new ManualClock(START_MS));
    const shared = policyOf({ name: 'shared', algorithm, count: 100 });
    const own = policyOf({ name: 'own', algorithm, count: 2 });
    for (let i = 0; i < 50; i++) store.take([demandOf(shared, ''), demandOf(own, 'greedy')]);
    const readings = store.take([demandOf(shared, ''), demandOf(own, 'greedy')]);
    expect(readings.map((reading) => reading.granted)).toEqual([true, false]);
    expect(readings[0]).toMatchObject({ used: 2, remaining: 98, retryAfterMs: 0 });
  });

  test('the same key twice in one request needs the tokens of both', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = policyOf({ algorithm, count: 3 });
    const demand = demandOf(policy, 'a', 2);
    expect(store.take([demand, demand]).map((reading) => reading.granted)).toEqual([true, false]);
    const half = demandOf(policy, 'a');
    expect(store.take([half, half]).map((reading) => reading.used)).toEqual([2, 2]);
  });

  test('demands on trial are decided among themselves and spend tokens of their own', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = policyOf({ algorithm, count: 2 });
    const trial = demandOf(policy, 'a', 3, true);
    expect(store.take([trial, demandOf(policy, 'a')]).map((reading) => reading.granted)).toEqual([
      false,
      true,
    ]);
    expect(store.take([demandOf(policy, 'a', 2, true), demandOf(policy, 'a')])).toMatchObject([
      { granted: true, used: 2 },
      { granted: true, used: 2 },
    ]);
  });

  test('gives tokens back, but none of a refused request and none twice', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = policyOf({ algorithm, count: 2 });
    const other = policyOf({ name: 'other', algorithm, count: 1 });
    const both = store.take([demandOf(policy, 'a', 2), demandOf(other, 'a')]);
    store.refund(store.take([demandOf(policy, 'b'), demandOf(other, 'a')]));
    expect(grantedOf(store, policy, 'a', 1)).toBe(0);
    store.refund(both);
    expect(store.take([demandOf(policy, 'a', 0), demandOf(other, 'a', 0)])).toMatchObject([
      { used: 0 },
      { used: 0 },
    ]);
    store.refund(both);
    expect(grantedOf(store, policy, 'a', 5)).toBe(2);
  });

  test('refuses a key for the length of its block, and no other', () => {
    const clock = new ManualClock(START_MS);
    const store = smallStore(clock);
    const policy = policyOf({ algorithm, count: 2, blockMs: 5_000 });
    const free = policyOf({ name: 'free', algorithm, count: 100, blockMs: 5_000 });
    grantedOf(store, policy, 'a', 2);
    expect(store.blockOf(demandOf(policy, 'a'))).toBe(0);
    const refused = store.take([demandOf(free, 'a'), demandOf(policy, 'a')]);
    expect(refused.map((reading) => reading.retryAfterMs)).toEqual([0, 5_000]);
    expect(store.blockOf(demandOf(free, 'a'))).toBe(0);
    clock.advance(4_000);
    expect(store.take([demandOf(policy, 'a', 0)])[0]).toMatchObject({ granted: false, retryAfterMs: 1_000 });
    expect(store.take([demandOf(policy, 'a')])[0]).toMatchObject({ granted: false, retryAfterMs: 1_000 });
    expect(store.take([demandOf(policy, 'b')])[0]!.granted).toBe(true);
    clock.advance(999);
    expect(store.blockOf(demandOf(policy, 'a'))).toBe(1);
    clock.advance(1);
    expect(store.blockOf(demandOf(policy, 'a'))).toBe(0);
    expect(grantedOf(store, policy, 'a', 5)).toBe(2);
  });

  test('a share is the limit divided by the replicas, and at least one token', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = policyOf({ algorithm, count: 10 });
    const demand = demandOf(policy, 'a');
    const readings = Array.from({ length: 5 }, () => store.takeShare([demand], 3)[0]!);
    expect(readings.filter((reading) => reading.granted)).toHaveLength(3);
    expect(readings[0]).toMatchObject({ source: 'local', used: 1, remaining: 2 });
    expect(store.takeShare([demandOf(policy, 'b')], 50)[0]).toMatchObject({ granted: true, remaining: 0 });
    expect(store.takeShare([demandOf(policy, 'b')], 50)[0]!.granted).toBe(false);
    expect(store.take([demand])[0]).toMatchObject({ granted: true, used: 4 });
  });

  test('mirrors what another store granted, beyond the limit here and with its blocks', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = policyOf({ algorithm, count: 4 });
    const remote = (key: string, cost: number, granted: boolean): LimitReading => ({
      demand: demandOf(policy, key, cost),
      granted,
      used: 0,
      remaining: 0,
      retryAfterMs: 0,
      resetMs: 0,
      source: 'redis',
    });
    store.mirror([remote('a', 3, true)]);
    store.mirror([remote('a', 2, false), remote('b', 1, true)]);
    expect(store.take([demandOf(policy, 'b', 0)])[0]!.used).toBe(0);
    expect(store.take([demandOf(policy, 'a', 0)])[0]!.used).toBe(3);
    store.refund([remote('a', 1, true)]);
    store.refund([{ ...remote('a', 1, true), source: 'open' }]);
    expect(store.take([demandOf(policy, 'a', 0)])[0]!.used).toBe(2);
    store.mirror([remote('a', 4, true)]);
    expect(store.take([demandOf(policy, 'a', 0)])[0]).toMatchObject({
      granted: false,
      used: 6,
      remaining: 0,
    });
    store.mirror([{ ...remote('b', 1, false), blockedMs: 900 }]);
    expect(store.blockOf(demandOf(policy, 'b'))).toBe(900);
  });

  test('a wall clock that jumps changes nothing', () => {
    const manual = new ManualClock(START_MS);
    let jumpMs = 0;
    const clock: Clock = { now: () => manual.now() + jumpMs, monotonic: () => manual.monotonic() };
    const store = smallStore(clock);
    const policy = policyOf({ algorithm, count: 2 });
    grantedOf(store, policy, 'a', 2);
    for (jumpMs of [-86_400_000, 86_400_000, 0]) expect(grantedOf(store, policy, 'a', 1)).toBe(0);
  });

  test('a changed count keeps what was spent, a changed period does not', () => {
    const store = smallStore(new ManualClock(START_MS));
    grantedOf(store, policyOf({ algorithm, count: 5 }), 'a', 5);
    expect(store.take([demandOf(policyOf({ algorithm, count: 7 }), 'a')])[0]).toMatchObject({ used: 6 });
    expect(store.take([demandOf(policyOf({ algorithm, count: 7, periodMs: 500 }), 'a')])[0]!.used).toBe(1);
  });

  test('keys of any length and any bytes are told apart', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = policyOf({ algorithm, count: 1 });
    const keys = [
      '',
      '\0',
      '\0\0',
      'a',
      '\xff',
      'x'.repeat(100_000),
      `${'x'.repeat(99_999)}y`,
      'aaaa',
      'aaaaa',
    ];
    for (const key of keys) expect(grantedOf(store, policy, key, 2), JSON.stringify(key.slice(0, 9))).toBe(1);
  });

  test('two stores over the same tables count together, and no demands make no readings', () => {
    const clock = new ManualClock(START_MS);
    const tables = createMemoryTables({ smallRecords: 64, slidingRecords: 64, sketchCells: 64, clock });
    const one = new MemoryStore(tables, clock);
    const two = new MemoryStore(tables, clock, { source: 'local' });
    const policy = policyOf({ algorithm, count: 5 });
    expect(grantedOf(one, policy, 'a', 3)).toBe(3);
    expect(two.take([demandOf(policy, 'a')])[0]).toMatchObject({ used: 4, source: 'local' });
    expect(one.take([])).toEqual([]);
  });
});

describe('memory store', () => {
  test('gcra gives one token back each period by count', () => {
    const clock = new ManualClock(START_MS);
    const store = smallStore(clock);
    const policy = policyOf({ count: 20, burst: 200 });
    expect(grantedOf(store, policy, 'a', 300)).toBe(200);
    clock.advance(49);
    expect(grantedOf(store, policy, 'a', 2)).toBe(0);
    for (let i = 0; i < 100; i++) {
      clock.advance(i === 0 ? 1 : 50);
      expect(grantedOf(store, policy, 'a', 2)).toBe(1);
    }
  });

  test('a client that comes each period by count is never refused, whatever fractions that makes', () => {
    const clock = new ManualClock(3_600_000.123);
    const store = smallStore(clock);
    const policy = policyOf({ count: 7, periodMs: 1_000, burst: 1 });
    for (let i = 0; i < 20_000; i++) {
      expect(grantedOf(store, policy, 'a', 1)).toBe(1);
      clock.advance(1_000 / 7);
    }
  });

  test('rates of one limiter with one period share their count', () => {
    const store = smallStore(new ManualClock(START_MS));
    const policy = {
      ...policyOf(),
      rates: [
        { count: 200, periodMs: 1_000, burst: 400 },
        { count: 20, periodMs: 1_000, burst: 200 },
      ],
    };
    const at = (rate: number, cost: number) => store.take([{ ...demandOf(policy, 'a', cost), rate }])[0]!;
    expect(at(1, 200).granted).toBe(true);
    expect(at(0, 200)).toMatchObject({ granted: true, used: 400 });
    expect(at(1, 1)).toMatchObject({ granted: false, retryAfterMs: 10_050 });
  });

  test('a sliding window of a year counts in ticks of 30 ms and is as strict', () => {
    const clock = new ManualClock(START_MS);
    const store = smallStore(clock);
    const yearMs = 365 * 86_400_000;
    const policy = policyOf({ algorithm: 'sliding_window', count: 2, periodMs: yearMs });
    expect(grantedOf(store, policy, 'a', 3)).toBe(2);
    clock.advance(yearMs - 1);
    expect(grantedOf(store, policy, 'a', 1)).toBe(0);
    clock.advance(61);
    expect(grantedOf(store, policy, 'a', 3)).toBe(2);
  });

  test('a request of more keys than one set can hold is refused rather than not counted', () => {
    const store = smallStore(new ManualClock(START_MS), 16, 16);
    const policy = policyOf({ count: 100 });
    const demands = Array.from({ length: 17 }, (_, i) => demandOf(policy, `client ${i}`));
    const readings = store.take(demands);
    expect(readings.map((reading) => reading.granted)).toEqual([...Array<boolean>(16).fill(true), false]);
    expect(readings[16]).toMatchObject({ retryAfterMs: 1_000, remaining: 0 });
    expect(readings[0]!.used).toBe(0);
    expect(store.take(demands.slice(0, 16)).every((reading) => reading.granted)).toBe(true);
  });
});
