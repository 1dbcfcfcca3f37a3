/**
 * What a store works out once for each rate of a policy, so that a request only hashes its key.
 */
import type { LimitAlgorithm, LimitPolicy, LimitRate } from '../limit-policy.ts';
import { type HashSecret, KeyHash } from '../key-hash.ts';
import { slidingTickMs } from '../algorithms/sliding-window.ts';
import type { MemoryTables } from './memory-tables.ts';
import type { CountedRate, Meter } from './meter.ts';
import { fixedMeter, gcraMeter, slidingMeter } from './meters.ts';

const METERS: Readonly<Record<LimitAlgorithm, Meter>> = {
  gcra: gcraMeter,
  fixed_window: fixedMeter,
  sliding_window: slidingMeter,
};

interface PolicyRates {
  readonly full: readonly CountedRate[];
  shareOf: number;
  shares: readonly CountedRate[];
}

/** Hands out the counted rates of policies, which live as long as those do. */
export class RateBook {
  readonly #tables: MemoryTables;
  readonly #policies = new WeakMap<LimitPolicy, PolicyRates>();

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  /** The rate of a policy, divided by the number of replicas that count it. */
  find(policy: LimitPolicy, rate: number, replicas: number): CountedRate {
    let rates = this.#policies.get(policy);
    if (rates === undefined) {
      rates = { full: this.#countAll(policy, 1), shareOf: 1, shares: [] };
      this.#policies.set(policy, rates);
    }
    if (replicas === 1) return rates.full[rate]!;
    if (rates.shareOf !== replicas) {
      rates.shares = this.#countAll(policy, replicas);
      rates.shareOf = replicas;
    }
    return rates.shares[rate]!;
  }

  #countAll(policy: LimitPolicy, replicas: number): CountedRate[] {
    const rates = policy.rates.map((rate) => shareOf(rate, replicas));
    return rates.map((rate) => this.#count(policy, rate, rates));
  }

  #count(policy: LimitPolicy, rate: LimitRate, rates: readonly LimitRate[]): CountedRate {
    const sharers = rates.filter((other) => other.periodMs === rate.periodMs);
    const tickMs = slidingTickMs(rate.periodMs);
    return {
      meter: METERS[policy.algorithm],
      isSliding: policy.algorithm === 'sliding_window',
      enforcedSecret: this.#secretOf(policy, rate, 'enforced'),
      shadowSecret: this.#secretOf(policy, rate, 'shadow'),
      count: rate.count,
      periodMs: rate.periodMs,
      blockMs: policy.blockMs,
      limit: rate.burst,
      limitMax: Math.max(...sharers.map((other) => other.burst)),
      drainMsPerToken: rate.periodMs / Math.min(...sharers.map((other) => other.count)),
      tickMs,
      periodTicks: Math.ceil(rate.periodMs / tickMs),
      epochOffsetMs: this.#tables.epochOffsetMs,
    };
  }

  /** Two limiters differ by name, algorithm and period: one whose count alone was changed by a reload keeps its counts. */
  #secretOf(policy: LimitPolicy, rate: LimitRate, use: 'enforced' | 'shadow'): HashSecret {
    const hash = new KeyHash();
    hash.update(`${use} ${policy.algorithm} ${rate.periodMs} ${policy.name}`, this.#tables.secret);
    return hash;
  }
}

function shareOf(rate: LimitRate, replicas: number): LimitRate {
  if (replicas === 1) return rate;
  return {
    count: Math.max(1, Math.floor(rate.count / replicas)),
    periodMs: rate.periodMs,
    burst: Math.max(1, Math.floor(rate.burst / replicas)),
  };
}
