/** Fixed windows against those of rate-limiter-flexible, which counts each window from its first request. */
import fc from 'fast-check';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { demandOf, policyOf, smallStore } from '../support/limits.ts';

const PERIOD_MS = 60_000;
const clock: Clock = { now: () => Date.now(), monotonic: () => Date.now() };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('grants, counts and tells the wait as rate-limiter-flexible does', async () => {
  const window = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 900 })), {
    minLength: 1,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.array(window, { maxLength: 4 }),
      async (points, windows) => {
        let startMs = 1_700_000_040_000;
        vi.setSystemTime(startMs);
        const store = smallStore(clock, 64, 64);
        const oracle = new RateLimiterMemory({ points, duration: PERIOD_MS / 1_000 });
        const policy = policyOf({ algorithm: 'fixed_window', count: points, periodMs: PERIOD_MS });
        for (const requests of windows) {
          vi.setSystemTime(startMs);
          // The first request of each client opens its window in the oracle, so all of them come at the boundary.
          for (const client of [0, 1, 2]) await compare(`client ${client}`);
          for (const [client, waitMs] of requests) {
            vi.setSystemTime(Date.now() + waitMs);
            await compare(`client ${client}`);
          }
          startMs += PERIOD_MS;
        }

        async function compare(key: string): Promise<void> {
          const [reading] = store.take([demandOf(policy, key)]);
          const result = await oracle.consume(key).catch((refusal: unknown) => refusal);
          if (!(result instanceof RateLimiterRes)) throw result;
          const granted = result.consumedPoints <= points;
          expect(reading!.granted).toBe(granted);
          expect(reading!.remaining).toBe(result.remainingPoints);
          expect(reading!.used).toBe(Math.min(points, result.consumedPoints));
          expect(granted ? reading!.resetMs : reading!.retryAfterMs).toBe(result.msBeforeNext);
        }
      },
    ),
    { numRuns: 60 },
  );
});
