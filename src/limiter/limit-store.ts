/**
 * The port behind which counts are kept: in the memory of this process, in Redis, or in both with one standing in for
 * the other.
 */
import type { LimitPolicy } from './limit-policy.ts';

/** One limiter asked by one request. */
export interface LimitDemand {
  readonly policy: LimitPolicy;
  /** Which of `policy.rates` holds for this request. */
  readonly rate: number;
  /** The client's key, latin1, parts joined without ambiguity. Any length and any bytes: stores hash it. */
  readonly key: string;
  /** Tokens wanted, an integer of at least 0; 0 only asks. */
  readonly cost: number;
  /** Made by a monitored rule: counted apart, so that a rule on trial never spends what an enforced one needs. */
  readonly shadow: boolean;
}

/** Who answered: the memory of this process, Redis, tokens leased from it, or what `down ->` declares. */
export type LimitSource = 'memory' | 'redis' | 'lease' | 'local' | 'open' | 'closed';

/** How one limiter stands after the request was decided. */
export interface LimitReading {
  readonly demand: LimitDemand;
  /** This limiter had the tokens; it gave them if all demands beside it with the same `shadow` were granted too. */
  readonly granted: boolean;
  /** Tokens spent within the window or the burst, those of this request included if they were given. */
  readonly used: number;
  readonly remaining: number;
  /** Milliseconds until the tokens asked for could be had; 0 when granted. */
  readonly retryAfterMs: number;
  /** Milliseconds until all tokens are back, if none is spent. */
  readonly resetMs: number;
  readonly source: LimitSource;
}

/** One reading for each demand, in their order. */
export type LimitReadings = readonly LimitReading[];

/**
 * Takes tokens for requests. Demands of one call are tested together and committed together: those with the same
 * `shadow` all get their tokens or none does, so that a client over its own limit never drains a shared one. A refused
 * limiter with `blockMs` starts its block then.
 */
export interface LimitStore {
  /** Never throws, never rejects, answers within the store's deadline. A promise only where another machine is asked. */
  take(demands: readonly LimitDemand[]): LimitReadings | Promise<LimitReadings>;
  /**
   * Gives granted tokens back, because `count` turned out false or the request never reached the service. At once as
   * far as this process is concerned, later elsewhere; never fails. Tokens taken in an earlier window are gone already.
   */
  refund(readings: LimitReadings): void;
}
