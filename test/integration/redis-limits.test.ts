/** Limits in a real Redis: exact under races, atomic over several limiters, and nothing is left behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { REDIS_BATCH_CALLS_MAX, REDIS_CALLS_MAX } from '../../src/core/limits.ts';
import type { LimitAlgorithm } from '../../src/limiter/limit-policy.ts';
import type { RedisReading } from '../../src/limiter/redis/redis-reading.ts';
import { demandOf, policyOf } from '../support/limit-demands.ts';
import { openStore, type OpenStore } from '../support/redis-store.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const ALGORITHMS: readonly LimitAlgorithm[] = ['gcra', 'sliding_window', 'fixed_window'];
/** Long enough that nothing comes back while a test runs. */
const DAY_MS = 86_400_000;

let server: RedisServer;
let first: OpenStore;
let second: OpenStore;

beforeAll(async () => {
  server = await RedisServer.start();
  first = await openStore(server.url);
  second = await openStore(server.url);
});
beforeEach(async () => {
  await server.command('flushall');
});
afterAll(async () => {
  first.connection.close();
  second.connection.close();
  await server.stop();
});

const grantedOf = (answers: readonly (readonly RedisReading[])[]): number =>
  answers.filter((readings) => readings.every(({ granted }) => granted)).length;

describe.each(ALGORITHMS)('%s', (algorithm) => {
  it('admits exactly the limit to two clients that race', async () => {
    const demand = demandOf(policyOf({ algorithm, count: 1_234, periodMs: DAY_MS }), '203.0.113.7');
    const flood = async ({ store }: OpenStore): Promise<number> => {
      let granted = 0;
      for (let done = 0; done < 20_000; done += 500) {
        granted += grantedOf(await Promise.all(Array.from({ length: 500 }, () => store.take([demand]))));
      }
      return granted;
    };
    const [one, other] = await Promise.all([flood(first), flood(second)]);
    expect(one + other).toBe(1_234);
  });

  it('takes from all limiters of a call or from none', async () => {
    const wide = policyOf({ name: 'wide', algorithm, count: 100, periodMs: DAY_MS });
    const narrow = policyOf({ name: 'narrow', algorithm, count: 3, periodMs: DAY_MS });
    const demands = [demandOf(wide, 'all'), demandOf(narrow, 'one')];
    for (let i = 0; i < 5; i++) await first.store.take(demands);
    expect(await first.store.take(demands)).toMatchObject([
      { granted: true, used: 3, remaining: 97, retryAfterMs: 0 },
      { granted: false, used: 3, remaining: 0 },
    ]);
  });

  it('counts a rule on trial apart', async () => {
    const policy = policyOf({ algorithm, count: 1, periodMs: DAY_MS });
    const trial = demandOf(policy, 'a', { shadow: true });
    await first.store.take([trial]);
    expect(await first.store.take([trial, demandOf(policy, 'a'), trial])).toMatchObject([
      { granted: false, demand: { shadow: true } },
      { granted: true, demand: { shadow: false }, used: 1 },
      { granted: false, demand: { shadow: true } },
    ]);
  });

  it('gives back what was taken, once, and nothing of a refused call', async () => {
    const policy = policyOf({ algorithm, count: 2, periodMs: DAY_MS });
    const demand = demandOf(policy, 'a');
    const taken = await first.store.take([demand]);
    await first.store.refund(taken);
    expect(await first.store.take([demandOf(policy, 'a', { cost: 2 })])).toMatchObject([{ granted: true }]);
    const refused = await first.store.take([demandOf(policy, 'b'), demand]);
    await first.store.refund(refused);
    expect(await second.store.take([demandOf(policy, 'a', { cost: 0 })])).toMatchObject([{ used: 2 }]);
    expect(await second.store.take([demandOf(policy, 'b', { cost: 0 })])).toMatchObject([{ used: 0 }]);
  });

  it('blocks a key that went over its limit, for everybody, until the block ends', async () => {
    const demand = demandOf(policyOf({ algorithm, count: 1, periodMs: 40, blockMs: 1_000 }), 'a');
    // Both in one script: no pause of the machine gives the token back between them. At most they straddle a window.
    await until(async () => {
      const both = await Promise.all([first.store.take([demand]), first.store.take([demand])]);
      return both.some(([reading]) => !reading!.granted);
    }, 'a refusal');
    const [reading] = await second.store.take([demand]);
    expect(reading).toMatchObject({ granted: false });
    expect(reading!.blockedMs).toBeGreaterThan(0);
    expect(reading!.retryAfterMs).toBeGreaterThanOrEqual(reading!.blockedMs);
    await sleep(reading!.retryAfterMs + 1);
    expect(await second.store.take([demand])).toMatchObject([{ granted: true, blockedMs: 0 }]);
  });

  it('leases as many tokens as there are', async () => {
    const demand = demandOf(policyOf({ algorithm, count: 10, periodMs: DAY_MS, blockMs: 0 }), 'a');
    expect(await first.store.lease(demand, 7)).toMatchObject({
      tokens: 7,
      used: 7,
      remaining: 3,
      retryAfterMs: 0,
    });
    expect(await second.store.lease(demand, 7)).toMatchObject({ tokens: 3, used: 10, remaining: 0 });
    const dry = await second.store.lease(demand, 7);
    expect(dry).toMatchObject({ tokens: 0, remaining: 0 });
    expect(dry.retryAfterMs).toBeGreaterThan(0);
    await first.store.refund([
      {
        ...(await second.store.take([demandOf(demand.policy, 'a', { cost: 0 })]))[0]!,
        demand: { ...demand, cost: 4 },
        backUs: -1_000_000 * 86_400,
      } as RedisReading,
    ]);
    expect(await second.store.lease(demand, 7)).toMatchObject({ tokens: 4 });
  });

  it('leaves no key without an end', async () => {
    const demand = demandOf(policyOf({ algorithm, count: 3, periodMs: 1_000 }), 'a');
    await first.store.take([demand]);
    expect(await server.command('dbsize')).toBe('1');
    await until(async () => (await server.command('dbsize')) === '0', 'keys to expire');
  });

  it('counts on after a restart, SCRIPT FLUSH and FLUSHALL', async () => {
    const demand = demandOf(policyOf({ algorithm, count: 3, periodMs: DAY_MS }), 'a');
    await first.store.take([demand]);
    await server.command('script', 'flush');
    expect(await Promise.all([1, 2, 3].map(() => first.store.take([demand])))).toMatchObject([
      [{ used: 2 }],
      [{ used: 3 }],
      [{ granted: false }],
    ]);
    await server.command('flushall');
    expect(await first.store.take([demand])).toMatchObject([{ granted: true, used: 1 }]);
  });
});

describe('a burst', () => {
  it('of 200 is 200 back to back', async () => {
    const demand = demandOf(policyOf({ algorithm: 'gcra', count: 1, periodMs: DAY_MS, burst: 200 }), 'a');
    expect(grantedOf(await Promise.all(Array.from({ length: 300 }, () => first.store.take([demand]))))).toBe(
      200,
    );
  });
});

describe('a sliding window', () => {
  it('never holds more than the limit, wherever it lies', async () => {
    const demand = demandOf(policyOf({ count: 20, periodMs: 400 }), 'a');
    const granted: { readonly askedMs: number; readonly answeredMs: number }[] = [];
    while (granted.length < 80) {
      const askedMs = performance.now();
      const [reading] = await first.store.take([demand]);
      if (reading!.granted) granted.push({ askedMs, answeredMs: performance.now() });
    }
    // Between asking the first and having the answer to the last lies at least the time between the two decisions.
    for (const [i, { answeredMs }] of granted.entries()) {
      if (i >= 20) expect(answeredMs - granted[i - 20]!.askedMs).toBeGreaterThan(400 - 20);
    }
  });
});

describe('a fixed window', () => {
  it('decides as RateLimiterRedis does', async () => {
    const client = new Redis(server.port, server.host);
    const oracle = new RateLimiterRedis({
      storeClient: client,
      points: 7,
      duration: 86_400,
      keyPrefix: 'oracle',
    });
    const policy = policyOf({ algorithm: 'fixed_window', count: 7, periodMs: DAY_MS });
    for (let i = 0; i < 60; i++) {
      const key = `client ${i % 5}`;
      const cost = 1 + (i % 2);
      const theirs = await oracle.consume(key, cost).then(
        () => true,
        () => false,
      );
      const [ours] = await first.store.take([demandOf(policy, key, { cost })]);
      // It counts refused points too, so from the first refusal on only refusals are to be compared.
      if (theirs) expect(ours).toMatchObject({ granted: true });
      else if (cost === 2) expect(ours!.remaining).toBeLessThan(2);
    }
    client.disconnect();
  });
});

describe('replicas', () => {
  it('are counted while they say that they live', async () => {
    expect(await first.store.announce('a', 60_000)).toBe(1);
    expect(await second.store.announce('b', 1_500)).toBe(2);
    expect(await first.store.announce('a', 60_000)).toBe(2);
    await until(async () => (await first.store.announce('a', 60_000)) === 1, 'replica b to be forgotten');
    await first.store.withdraw('a');
    expect(await server.command('dbsize')).toBe('0');
  });
});

describe('keys', () => {
  it('of services never meet, and hide what clients sent', async () => {
    const other = await openStore(server.url, { service: 'other' });
    const demand = demandOf(policyOf({ count: 1, periodMs: DAY_MS }), 'secret-api-key');
    await first.store.take([demand]);
    expect(await other.store.take([demand])).toMatchObject([{ granted: true }]);
    const keys = (await server.command('keys', '*')).split('\n').sort();
    expect(keys.map((key) => key.replace(/\{.*/, ''))).toEqual([
      `ward:other:l1:test.s${DAY_MS}:`,
      `ward:test:l1:test.s${DAY_MS}:`,
    ]);
    expect(keys.join()).not.toContain('secret');
    other.connection.close();
  });

  it('can be any text of any length', async () => {
    const policy = policyOf({ count: 1, periodMs: DAY_MS });
    for (const key of ['', '\0', '\xff\r\n', 'x'.repeat(100_000), '{a}', '{b}']) {
      expect(await first.store.take([demandOf(policy, key)])).toMatchObject([{ granted: true }]);
      expect(await first.store.take([demandOf(policy, key)])).toMatchObject([{ granted: false }]);
    }
  });
});

describe('bounds', () => {
  it('a script serves so many calls and no more', async () => {
    await server.command('config', 'resetstat');
    const policy = policyOf({ count: 1_000, periodMs: DAY_MS });
    const calls = 2 * REDIS_BATCH_CALLS_MAX + 1;
    await Promise.all(
      Array.from({ length: calls }, (_, i) => first.store.take([demandOf(policy, String(i))])),
    );
    expect(await server.command('info', 'commandstats')).toMatch(/cmdstat_evalsha:calls=3,/);
  });

  it('calls without an answer are so many and no more', async () => {
    const demand = demandOf(policyOf({ count: 1_000_000, periodMs: DAY_MS }), 'a');
    server.pause();
    const calls = Array.from({ length: REDIS_CALLS_MAX + REDIS_BATCH_CALLS_MAX }, () =>
      first.store.take([demand]).then(
        () => 'granted',
        (error: Error) => error.message,
      ),
    );
    await until(() => first.connection.callsInFlight === REDIS_CALLS_MAX, 'calls to pile up');
    server.resume();
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer === 'granted')).toHaveLength(REDIS_CALLS_MAX);
    expect(new Set(answers)).toEqual(new Set(['granted', 'too many calls without an answer']));
    expect(first.connection.callsInFlight).toBe(0);
  });
});
