/** A flood policy with short numbers, and traffic on a manual clock. */
import type { ManualClock } from '../../src/core/clock.ts';
import type { FloodGauge, FloodPolicy, FloodReading } from '../../src/limiter/flood-gauge.ts';

const FIVE_A_SECOND = { count: 5, periodMs: 1_000, burst: 5 };

/** Trips above 4 times the baseline and 80 a second, releases below 2 times for 3 s; learns over 20 s. */
export function floodOf(changes: Partial<FloodPolicy> = {}): FloodPolicy {
  return {
    name: 'l7',
    baselineMs: 20_000,
    tripTimes: 4,
    floor: { count: 80, periodMs: 1_000 },
    releaseTimes: 2,
    releaseMs: 3_000,
    stages: [
      { kind: 'limit', rate: FIVE_A_SECOND, afterMs: 0 },
      { kind: 'block', status: 503, forMs: 1_000, afterMs: 5_000 },
      { kind: 'ban', forMs: 60_000, afterMs: 20_000 },
    ],
    ...changes,
  };
}

/** Even traffic of a key: `perSecond` requests for `ms`. Returns the last reading. */
export function send(
  gauge: FloodGauge,
  clock: ManualClock,
  policy: FloodPolicy,
  key: string,
  perSecond: number,
  ms: number,
): FloodReading {
  let reading: FloodReading = { active: false, ratio: 0, stage: -1 };
  const stepMs = 1_000 / perSecond;
  for (let at = stepMs; at <= ms; at += stepMs) {
    clock.advance(stepMs);
    reading = gauge.count(policy, key);
  }
  return reading;
}
