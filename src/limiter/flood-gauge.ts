/** The port through which requests are counted against the learned baseline of a `flood`. */
import type { LimitRate } from './limit-policy.ts';

/**
 * What a flood does to its key, `afterMs` after it tripped; the last stage reached holds. A `block` keeps the key active
 * for `forMs` after it would have been released.
 */
export type FloodStage =
  | { readonly kind: 'limit'; readonly rate: LimitRate; readonly afterMs: number }
  | { readonly kind: 'block'; readonly status: number; readonly forMs: number; readonly afterMs: number }
  | { readonly kind: 'ban'; readonly forMs: number; readonly afterMs: number };

/** A `flood` of the rules. */
export interface FloodPolicy {
  readonly name: string;
  /** Time constant of the exponentially weighted moving average. */
  readonly baselineMs: number;
  /** Trips above this many times the baseline, and never below the floor. */
  readonly tripTimes: number;
  readonly floor: { readonly count: number; readonly periodMs: number };
  /** Released after the rate stayed below this many times the baseline (or the floor's share) for `releaseMs`. */
  readonly releaseTimes: number;
  readonly releaseMs: number;
  /** By `afterMs`, ascending; the first begins at 0. */
  readonly stages: readonly FloodStage[];
}

export interface FloodReading {
  readonly active: boolean;
  /** Present rate by baseline rate; by the floor's while the baseline is below it. */
  readonly ratio: number;
  /** Number of the stage reached; -1 while not active. */
  readonly stage: number;
}

/** Counts requests. Synchronous and bounded in memory; shared by the worker threads of a process. */
export interface FloodGauge {
  /** Counts one request of a key (latin1, any length) and tells how the key stands. */
  count(policy: FloodPolicy, key: string): FloodReading;
}
