/** The flood meter against exact counts over any traffic. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/core/clock.ts';
import type { FloodPolicy } from '../../src/limiter/flood-gauge.ts';
import type { FloodEvent } from '../../src/limiter/flood/flood-event.ts';
import { FloodMeter } from '../../src/limiter/flood/flood-meter.ts';
import { createFloodTables } from '../../src/limiter/flood/flood-tables.ts';
import { floodOf } from '../support/flood.ts';
import { randomOf } from '../support/fuzz.ts';

/** Bursts with pauses, some far apart: milliseconds before each burst and requests in it, 1 ms apart or at once. */
const traffic = fc.array(
  fc.record({
    pauseMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 30_000 })),
    requests: fc.integer({ min: 1, max: 40 }),
    stepMs: fc.constantFrom(0, 0.3, 1, 20, 130),
  }),
  { minLength: 1, maxLength: 40 },
);

const policies = fc
  .record({
    baselineMs: fc.constantFrom(1, 500, 10_000, 600_000),
    tripTimes: fc.integer({ min: 2, max: 10 }),
    count: fc.integer({ min: 1, max: 40 }),
    periodMs: fc.constantFrom(10, 1_000, 1_500, 60_000),
    releaseMs: fc.constantFrom(0, 100, 5_000),
  })
  .map(({ count, periodMs, ...rest }) => floodOf({ ...rest, releaseTimes: 1, floor: { count, periodMs } }));

function* moments(
  bursts: readonly { pauseMs: number; requests: number; stepMs: number }[],
): Generator<number> {
  for (const { pauseMs, requests, stepMs } of bursts) {
    yield pauseMs;
    for (let i = 1; i < requests; i++) yield stepMs;
  }
}

function meterAt(clock: ManualClock, keys = 64): { meter: FloodMeter; events: FloodEvent[] } {
  const events: FloodEvent[] = [];
  const tables = createFloodTables({ workers: 1, keys });
  return {
    meter: new FloodMeter(tables, clock, { workerIndex: 0, onEvent: (event) => events.push(event) }),
    events,
  };
}

describe('the rate', () => {
  it('is no more than the requests of the last period, and no less than those of its last seven eighths', () => {
    fc.assert(
      fc.property(traffic, policies, fc.integer({ min: 0, max: 1e9 }), (bursts, policy, startMs) => {
        const clock = new ManualClock(startMs);
        // Never trips: the ratio is then the rate by the floor, as long as the baseline is below that.
        const { meter } = meterAt(clock);
        const silent: FloodPolicy = { ...policy, floor: { ...policy.floor, count: 1e9 } };
        const times: number[] = [];
        for (const pauseMs of moments(bursts)) {
          clock.advance(pauseMs);
          const nowMs = clock.monotonic();
          times.push(nowMs);
          const rate = Math.round(meter.count(silent, 'key').ratio * 1e9);
          const within = (ms: number): number => times.filter((at) => at > nowMs - ms).length;
          expect(rate).toBeLessThanOrEqual(times.filter((at) => at >= nowMs - policy.floor.periodMs).length);
          expect(rate).toBeGreaterThanOrEqual(within((policy.floor.periodMs * 7) / 8));
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('a key', () => {
  it('trips only after more requests than the floor within one period', () => {
    fc.assert(
      fc.property(traffic, policies, (bursts, policy) => {
        const clock = new ManualClock(5_000);
        const { meter, events } = meterAt(clock);
        const times: number[] = [];
        for (const pauseMs of moments(bursts)) {
          clock.advance(pauseMs);
          times.push(clock.monotonic());
          const before = events.filter(({ kind }) => kind === 'tripped').length;
          meter.count(policy, 'key');
          if (events.filter(({ kind }) => kind === 'tripped').length === before) continue;
          const since = clock.monotonic() - policy.floor.periodMs;
          expect(times.filter((at) => at >= since).length).toBeGreaterThan(policy.floor.count);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('trips and is released in turn, and what is told agrees with what is read', () => {
    fc.assert(
      fc.property(traffic, policies, (bursts, policy) => {
        const clock = new ManualClock(5_000);
        const { meter, events } = meterAt(clock);
        for (const pauseMs of moments(bursts)) {
          clock.advance(pauseMs);
          if (pauseMs > 200) meter.sweep();
          const reading = meter.count(policy, 'key');
          const isTold = events.length > 0 && events[events.length - 1].kind !== 'released';
          expect(reading.active).toBe(isTold);
          expect(reading.stage >= 0).toBe(reading.active);
          expect(meter.snapshot().length).toBe(reading.active ? 1 : 0);
        }
        const turns = events.filter(({ kind }) => kind !== 'escalated').map(({ kind }) => kind);
        turns.forEach((kind, i) => expect(kind).toBe(i % 2 === 0 ? 'tripped' : 'released'));
      }),
      { numRuns: 200 },
    );
  });
});

it('keeps to its places and to its word over any mixture of keys', () => {
  const mixture = fc.record({
    seed: fc.integer(),
    keys: fc.constantFrom(3, 20, 500),
    perMs: fc.constantFrom(1, 10),
  });
  fc.assert(
    fc.property(mixture, ({ seed, keys, perMs }) => {
      const clock = new ManualClock(5_000);
      const { meter, events } = meterAt(clock, 16);
      const random = randomOf(seed);
      for (let i = 0; i < 3_000; i++) {
        if (i % perMs === 0) clock.advance(1 + random(3));
        meter.count(floodOf(), `key ${random(keys)}`);
        if (random(200) === 0) meter.sweep();
      }
      const active = new Map<string, boolean>();
      for (const { kind, key, isRest } of events) {
        const id = isRest ? 'rest' : key;
        expect(active.get(id) ?? false).toBe(kind !== 'tripped');
        active.set(id, kind !== 'released');
      }
      const told = [...active].filter(([, isActive]) => isActive).map(([id]) => id);
      const shown = meter.snapshot().map(({ key, isRest }) => (isRest ? 'rest' : key));
      expect(shown.sort()).toEqual(told.sort());
      expect(shown.length).toBeLessThanOrEqual(16);
    }),
    { numRuns: 60 },
  );
});
