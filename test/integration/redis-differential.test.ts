/**
 * The scripts in Redis and the store in memory are two writings of the same arithmetic: driven by one sequence of demands,
 * refunds and waits, on one clock, they must say the same.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ManualClock } from '../../src/core/clock.ts';
import type { LimitAlgorithm, LimitPolicy } from '../../src/limiter/limit-policy.ts';
import type { LimitDemand, LimitReadings } from '../../src/limiter/limit-store.ts';
import { MemoryStore } from '../../src/limiter/memory/memory-store.ts';
import { createMemoryTables } from '../../src/limiter/memory/memory-tables.ts';
import { limitScripts } from '../../src/limiter/redis/limit-scripts.ts';
import { RedisConnection } from '../../src/limiter/redis/redis-connection.ts';
import { redisOptions } from '../../src/limiter/redis/redis-options.ts';
import { RedisStore } from '../../src/limiter/redis/redis-store.ts';
import { policyOf } from '../support/limit-demands.ts';
import { RedisServer } from '../support/redis-server.ts';

/** A round number of all periods below, so that windows begin with the test. */
const START_MS = 1_800_000_000_000;
/** Expiry runs by Redis' own clock, which the test does not move: keys outlive it, and their values must tell. */
const CLOCK = `
local clock = tonumber(redis.call('GET', 'clock'))
local send = redis.call
local redis = {}
function redis.call(name, key, value)
  if value then return send(name, key, value) end
  return send(name, key)
end
`;
const RUNS = 150;

let server: RedisServer;
let connection: RedisConnection;
let redis: RedisStore;

beforeAll(async () => {
  server = await RedisServer.start();
  const target = { kind: 'standalone', host: server.host, port: server.port, db: 0 } as const;
  connection = new RedisConnection(redisOptions(target, 'differential'));
  expect(await connection.probe()).toEqual({ ok: true });
  redis = new RedisStore(connection, limitScripts(CLOCK));
});

afterAll(async () => {
  connection.close();
  await server.stop();
});

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'take'; readonly demands: readonly DemandWish[] }
  | { readonly kind: 'refund'; readonly which: number };

interface DemandWish {
  readonly policy: number;
  readonly key: string;
  readonly cost: number;
  readonly shadow: boolean;
}

const algorithms: readonly LimitAlgorithm[] = ['gcra', 'sliding_window', 'fixed_window'];

const policies = fc.array(
  fc.record({
    algorithm: fc.constantFrom(...algorithms),
    count: fc.integer({ min: 1, max: 12 }),
    periodMs: fc.constantFrom(10, 800, 1_000, 60_000),
    extra: fc.integer({ min: 0, max: 5 }),
    blockMs: fc.constantFrom(0, 0, 700),
  }),
  { minLength: 1, maxLength: 3 },
);
const demand = fc.record({
  policy: fc.nat(2),
  key: fc.constantFrom('a', 'b'),
  cost: fc.constantFrom(0, 1, 1, 1, 2, 3, 14),
  shadow: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 1, 7, 99, 125, 1_000, 9_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      demands: fc.array(demand, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refund' as const), which: fc.nat(30) }) },
);

/** What both stores promise to their users. */
function said(readings: LimitReadings): unknown {
  return readings.map(({ granted, used, remaining, retryAfterMs, resetMs }) => ({
    granted,
    used: used + 0,
    remaining,
    retryAfterMs,
    resetMs,
  }));
}

it('says what the memory store says', async () => {
  await fc.assert(
    fc.asyncProperty(policies, fc.array(step, { minLength: 1, maxLength: 40 }), async (wishes, steps) => {
      await connection.send('flushall', []);
      const clock = new ManualClock(START_MS);
      const memory = new MemoryStore(
        createMemoryTables({ clock, smallRecords: 64, slidingRecords: 64 }),
        clock,
      );
      const made = wishes.map((wish, i) =>
        policyOf({
          ...wish,
          name: `p${i}`,
          burst: wish.algorithm === 'gcra' ? wish.count + wish.extra : wish.count,
        }),
      );
      await play(made, steps, memory, clock);
    }),
    { numRuns: RUNS },
  );
});

async function play(
  made: readonly LimitPolicy[],
  steps: readonly Step[],
  memory: MemoryStore,
  clock: ManualClock,
): Promise<void> {
  const taken: { readonly memory: LimitReadings; readonly redis: LimitReadings }[] = [];
  for (const move of [{ kind: 'wait', ms: 0 } as const, ...steps]) {
    if (move.kind === 'wait') {
      clock.advance(move.ms);
      await connection.send('set', ['clock', clock.now()]);
    } else if (move.kind === 'refund') {
      const both = taken.splice(move.which % (taken.length + 1), 1)[0];
      if (both === undefined) continue;
      memory.refund(both.memory);
      await redis.refund(both.redis);
    } else {
      const demands: LimitDemand[] = move.demands.map(({ policy, ...rest }) => ({
        ...rest,
        policy: made[policy % made.length]!,
        rate: 0,
      }));
      const both = { memory: memory.take(demands), redis: await redis.take(demands) };
      expect(said(both.redis)).toEqual(said(both.memory));
      taken.push(both);
    }
  }
}
