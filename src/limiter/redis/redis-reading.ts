/** Readings made of the numbers that the scripts return. */
import type { LimitDemand, LimitReading } from '../limit-store.ts';
import { READING_NUMBERS } from './limit-scripts.ts';

/** Remembers until when its tokens can be given back. A class: V8 makes millions of these, all of one shape. */
export class RedisReading implements LimitReading {
  readonly demand: LimitDemand;
  readonly granted: boolean;
  readonly used: number;
  readonly remaining: number;
  readonly retryAfterMs: number;
  readonly resetMs: number;
  readonly source = 'redis';
  /** Milliseconds a block of the key still lasts; 0: it is not blocked. */
  readonly blockedMs: number;
  /** Server time at which what this took is back by itself, in microseconds; 0: it took nothing. */
  readonly backUs: number;

  /** `numbers` from `at`: as the scripts return them; `took`: all demands beside it were granted too. */
  constructor(demand: LimitDemand, numbers: readonly number[], at: number, took: boolean) {
    this.demand = demand;
    this.granted = numbers[at] === 1;
    this.used = numbers[at + 1] ?? 0;
    this.remaining = numbers[at + 2] ?? 0;
    this.retryAfterMs = numbers[at + 3] ?? 0;
    this.resetMs = numbers[at + 4] ?? 0;
    this.blockedMs = numbers[at + 5] ?? 0;
    this.backUs = took && demand.cost > 0 ? (numbers[at + 6] ?? 0) : 0;
  }

  /** The same after its tokens were given back at once. */
  returned(): RedisReading {
    const { cost } = this.demand;
    const numbers = [1, this.used - cost, this.remaining + cost, 0, this.resetMs, this.blockedMs];
    return new RedisReading(this.demand, numbers, 0, false);
  }
}

/** One reading for each demand; those with the same `shadow` stand side by side. */
export function readReadings(
  demands: readonly LimitDemand[],
  numbers: readonly number[],
  at: number,
): readonly RedisReading[] {
  const readings: RedisReading[] = [];
  for (const [index, demand] of demands.entries()) {
    const took = demands.every(
      (other, i) => other.shadow !== demand.shadow || numbers[at + i * READING_NUMBERS] === 1,
    );
    readings.push(new RedisReading(demand, numbers, at + index * READING_NUMBERS, took));
  }
  return readings;
}
