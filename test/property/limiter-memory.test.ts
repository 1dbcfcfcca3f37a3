/** The memory store against naive models, and what it promises whatever is asked of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/core/clock.ts';
import type { LimitPolicy } from '../../src/limiter/limit-policy.ts';
import type { LimitReading } from '../../src/limiter/limit-store.ts';
import { demandOf, policyOf, smallStore } from '../support/limits.ts';
import { type Model, modelOf } from './limiter-models.ts';

const algorithm = fc.constantFrom('gcra' as const, 'sliding_window' as const, 'fixed_window' as const);
const START_MS = 1_700_000_000_000;
const stepMs = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 150 }) },
  { weight: 1, arbitrary: fc.integer({ min: 151, max: 3_000 }) },
);

interface Step {
  readonly waitMs: number;
  readonly keys: readonly number[];
  readonly cost: number;
  readonly refund: number;
}

const steps = fc.array(
  fc.record({
    waitMs: stepMs,
    keys: fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 4 }),
    cost: fc.constantFrom(0, 1, 1, 1, 2, 3),
    refund: fc.nat({ max: 6 }),
  }),
  { maxLength: 60 },
);

const policies = fc.array(
  fc.record({ algorithm, count: fc.integer({ min: 1, max: 9 }), burst: fc.integer({ min: 1, max: 12 }) }),
  { minLength: 1, maxLength: 4 },
);

function toPolicies(
  shapes: readonly { algorithm: LimitPolicy['algorithm']; count: number; burst: number }[],
): LimitPolicy[] {
  return shapes.map((shape, i) =>
    policyOf({
      name: `limit_${i}`,
      algorithm: shape.algorithm,
      count: shape.count,
      burst: shape.algorithm === 'gcra' ? shape.burst : shape.count,
    }),
  );
}

describe('memory store', () => {
  it('decides as naive models do: all limits of a request together, late refunds included', () => {
    fc.assert(
      fc.property(policies, steps, (shapes, script: readonly Step[]) => {
        const clock = new ManualClock(START_MS);
        const store = smallStore(clock, 64, 64);
        const limits = toPolicies(shapes);
        const models = new Map<string, Model>();
        const modelFor = (policy: LimitPolicy, key: string): Model => {
          const name = `${policy.name} ${key}`;
          if (!models.has(name)) models.set(name, modelOf(policy));
          return models.get(name)!;
        };
        const taken: { atMs: number; readings: readonly LimitReading[] }[] = [];
        for (const step of script) {
          clock.advance(step.waitMs);
          const now = clock.now();
          const demands = step.keys.map((key, i) =>
            demandOf(limits[i % limits.length]!, `client ${key} ${i}`, step.cost),
          );
          const expected = demands.map((demand) => modelFor(demand.policy, demand.key).has(demand.cost, now));
          const granted = expected.every(Boolean);
          if (granted) for (const { policy, key, cost } of demands) modelFor(policy, key).spend(cost, now);
          const readings = store.take(demands);
          expect(readings.map((reading) => reading.granted)).toEqual(expected);
          expect(readings.map((reading) => reading.used)).toEqual(
            demands.map((demand) => modelFor(demand.policy, demand.key).used(now)),
          );
          if (granted) taken.push({ atMs: now, readings });
          if (step.refund > 0 || taken.length === 0) continue;
          const [late] = taken.splice(Math.floor(taken.length / 2), 1);
          store.refund(late!.readings);
          for (const { demand } of late!.readings) {
            modelFor(demand.policy, demand.key).refund(demand.cost, late!.atMs, now);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('a sliding window holds in every stretch of a period, tokens given back left out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), steps, (count, script) => {
        const clock = new ManualClock(START_MS);
        const store = smallStore(clock, 16, 16);
        const policy = policyOf({ algorithm: 'sliding_window', count });
        const kept: { atMs: number; reading: LimitReading }[] = [];
        for (const step of script) {
          clock.advance(step.waitMs);
          const [reading] = store.take([demandOf(policy, 'client', step.cost)]);
          if (reading!.granted) kept.push({ atMs: clock.now(), reading: reading! });
          if (step.refund > 1 || kept.length === 0) continue;
          const [returned] = kept.splice((step.refund * 7) % kept.length, 1);
          store.refund([returned!.reading]);
        }
        for (const { atMs } of kept) {
          const inside = kept.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000);
          expect(inside.reduce((sum, { reading }) => sum + reading.demand.cost, 0)).toBeLessThanOrEqual(
            count,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('tells the very millisecond at which refused tokens can be had', () => {
    fc.assert(
      fc.property(policies, steps, fc.integer({ min: 1, max: 3 }), ([shape], script, cost) => {
        const clock = new ManualClock(START_MS);
        const store = smallStore(clock, 16, 16);
        const [policy] = toPolicies([shape!]);
        const limit = policy!.rates[0]!.burst;
        for (const step of script) {
          clock.advance(step.waitMs);
          store.take([demandOf(policy!, 'client', step.cost)]);
        }
        const [refused] = store.take([demandOf(policy!, 'client', cost)]);
        if (refused!.granted || cost > limit) return;
        clock.advance(refused!.retryAfterMs - 1);
        expect(store.take([demandOf(policy!, 'client', cost)])[0]!.granted).toBe(false);
        clock.advance(1);
        const [granted] = store.take([demandOf(policy!, 'client', cost)]);
        expect(granted!.granted).toBe(true);
        clock.advance(granted!.resetMs);
        expect(store.take([demandOf(policy!, 'client', 0)])[0]!.used).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('an eviction gives nobody a request: what comes back has spent at least what it had', () => {
    const visits = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 120 })), { maxLength: 250 });
    fc.assert(
      fc.property(algorithm, visits, (kind, script) => {
        const clock = new ManualClock(START_MS);
        const store = smallStore(clock, 16, 32);
        const policy = policyOf({ algorithm: kind, count: 3, blockMs: kind === 'gcra' ? 700 : 0 });
        const exact = smallStore(clock, 4_096);
        for (const [client, waitMs] of script) {
          clock.advance(waitMs >> 3);
          const demand = demandOf(policy, `client ${client}`);
          const before = exact.take([{ ...demand, cost: 0 }])[0]!;
          const [reading] = store.take([demand]);
          expect(reading!.used - (reading!.granted ? 1 : 0)).toBeGreaterThanOrEqual(before.used);
          if (reading!.granted) expect(before.granted).toBe(true);
          // The exact store follows what the small one granted, and remembers the same blocks.
          exact.mirror([{ ...reading!, blockedMs: store.blockOf(demand) }]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
