/** What is sent to Redis: names of keys, texts of demands, slots, and pauses between attempts. */
import { describe, expect, it } from 'vitest';
import { REDIS_RETRY_MS, REDIS_RETRY_MS_MAX } from '../../../src/core/limits.ts';
import { keySlot } from '../../../src/limiter/redis/key-slot.ts';
import { LimitKeys } from '../../../src/limiter/redis/limit-keys.ts';
import { retryPauseMs } from '../../../src/limiter/redis/redis-client.ts';
import { demandOf, policyOf } from '../../support/limit-demands.ts';

const keys = new LimitKeys('ward', 'shop');

describe('a key', () => {
  it('names service, limiter, algorithm and period, and hides what the client sent', () => {
    const policy = policyOf({ name: 'per_client', algorithm: 'gcra', periodMs: 60_000 });
    const hidden = '{[A-Za-z0-9_-]{22}}';
    expect(keys.keyOf(demandOf(policy, 'k'))).toMatch(
      new RegExp(`^ward:shop:l1:per_client\\.g60000:${hidden}$`),
    );
    expect(keys.keyOf(demandOf(policy, 'k', { shadow: true }))).toMatch(
      new RegExp(`^ward:shop:s1:per_client\\.g60000:${hidden}$`),
    );
    expect(keys.keyOf(demandOf(policy, 'k'))).not.toBe(keys.keyOf(demandOf(policy, 'l')));
  });

  it('is one for all rates of a period', () => {
    const base = policyOf({ algorithm: 'gcra' });
    const policy = {
      ...base,
      rates: [
        { count: 1, periodMs: 10, burst: 1 },
        { count: 9, periodMs: 10, burst: 9 },
        { count: 9, periodMs: 20, burst: 9 },
      ],
    };
    const [first, second, third] = [0, 1, 2].map((rate) => keys.keyOf(demandOf(policy, 'k', { rate })));
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('of one client lies in one slot of a Cluster, whatever the limiter', () => {
    const slots = ['a', 'b', 'c'].map((name) =>
      keySlot(keys.keyOf(demandOf(policyOf({ name }), '203.0.113.7'))),
    );
    expect(new Set(slots).size).toBe(1);
  });

  it('of a service with a hash tag in its prefix lies where all do', () => {
    const tagged = new LimitKeys('{ward}', 'shop');
    const slots = ['x', 'y', 'z'].map((key) => keySlot(tagged.keyOf(demandOf(policyOf(), key))));
    expect(new Set(slots)).toEqual(new Set([keySlot('ward')]));
  });
});

it('a demand is algorithm, count, period, burst, block and cost', () => {
  const policy = policyOf({ algorithm: 'gcra', count: 20, periodMs: 1_000, burst: 200, blockMs: 7 });
  expect(keys.textOf(demandOf(policy, 'k'))).toBe('g 20 1000 200 7 1');
  expect(keys.textOf(demandOf(policy, 'k', { cost: 12 }))).toBe('g 20 1000 200 7 12');
  expect(() => keys.textOf(demandOf(policy, 'k', { rate: 1 }))).toThrow(RangeError);
});

it.each([
  // Redis Cluster specification: CRC16 of "123456789" is 0x31c3, and only the first tag with content counts.
  ['123456789', 0x31c3],
  ['{user1000}.following', keySlot('user1000')],
  ['foo{}{bar}', keySlot('foo{}{bar}')],
  ['foo{{bar}}zap', keySlot('{bar')],
  ['foo{bar}{zap}', keySlot('bar')],
  ['', 0],
])('slot of %s', (key, slot) => {
  expect(keySlot(key)).toBe(slot % 16_384);
});

it('pauses between attempts double, are drawn at random, and never exceed the maximum', () => {
  expect([1, 2, 3].map((times) => retryPauseMs(times, 1))).toEqual(
    [1, 2, 4].map((factor) => factor * REDIS_RETRY_MS),
  );
  expect(retryPauseMs(1, 0)).toBe(REDIS_RETRY_MS / 2);
  expect(retryPauseMs(1_000_000, 1)).toBe(REDIS_RETRY_MS_MAX);
  expect(retryPauseMs(1_000_000, 0)).toBe(REDIS_RETRY_MS_MAX / 2);
});
