/** What becomes of counts when there are more keys than room. */
import { describe, expect, test, vi } from 'vitest';
import { ManualClock, processClock } from '../../../../src/core/clock.ts';
import {
  LIMIT_SKETCH_CELLS,
  LIMIT_SLIDING_RECORDS,
  LIMIT_SMALL_RECORDS,
} from '../../../../src/core/limits.ts';
import type { LimitAlgorithm } from '../../../../src/limiter/limit-policy.ts';
import { MemoryStore } from '../../../../src/limiter/memory/memory-store.ts';
import { createMemoryTables } from '../../../../src/limiter/memory/memory-tables.ts';
import { demandOf, policyOf, smallStore } from '../../../support/limits.ts';

const MILLION = 1_000_000;
const START_MS = 1_700_000_000_000;

// Some tests take millions of decisions: seconds, and more of them on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

describe('eviction', () => {
  test.each<[LimitAlgorithm, number]>([
    ['gcra', MILLION],
    ['sliding_window', MILLION / 10],
  ])(
    'a thousand clients are pushed out of a small table, and none gains a request (%s, %i keys)',
    (algorithm, strangers) => {
      const store = smallStore(new ManualClock(START_MS), 8_192, 4_096);
      const policy = policyOf({ algorithm, count: 5, periodMs: 3_600_000 });
      const granted = new Uint8Array(1_000);
      let keys = 0;
      for (let round = 0; round < 10; round++) {
        for (let client = 0; client < 1_000; client++) {
          if (store.take([demandOf(policy, `watched ${client}`)])[0]!.granted) granted[client]!++;
        }
        for (let i = 0; i <= strangers / 10; i++) store.take([demandOf(policy, `passer-by ${keys++}`)]);
      }
      expect(keys).toBeGreaterThan(strangers);
      expect(Math.max(...granted)).toBeLessThanOrEqual(5);
      // The first request of a client comes before any eviction, so that much is always theirs.
      expect(Math.min(...granted)).toBeGreaterThanOrEqual(1);
    },
  );

  test('who has spent most stays: passers-by push out one another', () => {
    const store = smallStore(new ManualClock(START_MS), 1_600, 4_096);
    const policy = policyOf({ count: 100, periodMs: 3_600_000 });
    for (let client = 0; client < 100; client++) store.take([demandOf(policy, `regular ${client}`, 50)]);
    for (let i = 0; i < 4_000; i++) store.take([demandOf(policy, `passer-by ${i}`)]);
    for (let client = 0; client < 100; client++) {
      expect(store.take([demandOf(policy, `regular ${client}`)])[0]!.used).toBe(51);
    }
  });

  test('records whose tokens are back make room first, so nothing is forgotten', () => {
    const clock = new ManualClock(START_MS);
    const store = smallStore(clock, 16, 16);
    const policy = policyOf({ count: 10, periodMs: 1_000 });
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 16; i++) {
        expect(store.take([demandOf(policy, `client ${round} ${i}`, 10)])[0]!.used).toBe(10);
      }
      clock.advance(1_000);
    }
  });

  test('a block survives a flood of keys, and a flood of blocks', () => {
    const store = smallStore(new ManualClock(START_MS), 64, 4_096);
    const policy = policyOf({ count: 1, periodMs: 1_000, blockMs: 60_000 });
    const block = (key: string): void => {
      store.take([demandOf(policy, key)]);
      store.take([demandOf(policy, key)]);
    };
    block('brute');
    for (let i = 0; i < 2_000; i++) store.take([demandOf(policy, `passer-by ${i}`)]);
    expect(store.blockOf(demandOf(policy, 'brute'))).toBe(60_000);
    for (let i = 0; i < 300; i++) block(`brute ${i}`);
    for (let i = 0; i < 300; i++) expect(store.blockOf(demandOf(policy, `brute ${i}`))).toBe(60_000);
    expect(store.take([demandOf(policy, 'brute')])[0]!.granted).toBe(false);
  });

  test('the sketch over-counts as rarely as it says', () => {
    // 4,096 records of 20,000 keys stay; 15,904 evicted ones in 32,768 cells burden (1 - e^-0.49)^4 = 2.2 % of new keys.
    const store = smallStore(new ManualClock(START_MS), 4_096, 32_768);
    const policy = policyOf({ count: 9, periodMs: 3_600_000 });
    for (let i = 0; i < 20_000; i++) store.take([demandOf(policy, `old ${i}`)]);
    let burdened = 0;
    for (let i = 0; i < 1_000; i++) {
      if (store.take([demandOf(policy, `new ${i}`, 0)])[0]!.used > 0) burdened++;
    }
    expect(burdened).toBeGreaterThan(0);
    expect(burdened).toBeLessThan(60);
  });

  test('a million keys stay within 200 MB at the default size, nearly all exactly counted', () => {
    const before = process.memoryUsage().rss;
    const tables = createMemoryTables();
    // LIMIT_SMALL_RECORDS, LIMIT_SLIDING_RECORDS and LIMIT_SKETCH_CELLS bound what all keys together can ever take.
    expect(tables.small.byteLength).toBe(Math.ceil(LIMIT_SMALL_RECORDS / 16) * 648);
    expect(tables.sliding.byteLength).toBe(Math.ceil(LIMIT_SLIDING_RECORDS / 16) * 1_544);
    expect(tables.sketch.byteLength).toBe(8 + LIMIT_SKETCH_CELLS * 160);
    expect(tables.small.byteLength + tables.sliding.byteLength + tables.sketch.byteLength).toBeLessThan(
      200e6,
    );
    const store = new MemoryStore(tables, processClock);
    const policy = policyOf({ algorithm: 'sliding_window', count: 5, periodMs: 3_600_000 });
    let burdened = 0;
    for (let i = 0; i < MILLION; i++) {
      const [reading] = store.take([demandOf(policy, `2001:db8:${i.toString(16)}::/64`)]);
      if (reading!.used !== 1) burdened++;
    }
    const grownMb = (process.memoryUsage().rss - before) / 1e6;
    console.info(`${grownMb.toFixed(0)} MB for a million sliding windows, ${burdened} over-counted`);
    expect(grownMb).toBeLessThan(200);
    expect(burdened).toBeLessThan(MILLION / 100);
  });
});
