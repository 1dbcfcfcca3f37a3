/**
 * What a `limiter` of the rules says, as the stores need it. Made by the compiler, plain data, shared by all requests.
 */

/**
 * - `gcra`: the generic cell rate algorithm, a leaky bucket used as a meter (ITU-T I.371): `burst` at once, then one token
 *   each `periodMs / count`. A token bucket is the same arithmetic seen from the other side, so `token_bucket` is this.
 * - `sliding_window`: in no stretch of `periodMs` more than `count`.
 * - `fixed_window`: at most `count` between two multiples of `periodMs` since the epoch.
 */
export type LimitAlgorithm = 'gcra' | 'sliding_window' | 'fixed_window';

/** `allow COUNT per PERIOD burst BURST`. */
export interface LimitRate {
  /** Tokens per period, at least 1. */
  readonly count: number;
  readonly periodMs: number;
  /** Tokens that may be taken back to back. Equals `count` but for `gcra`. */
  readonly burst: number;
}

export interface LimitPolicy {
  /** As rules call it: `per_client`; `flood.l7` for the limit of a flood. */
  readonly name: string;
  readonly algorithm: LimitAlgorithm;
  /** One for each `allow`; a demand says which of them holds. */
  readonly rates: readonly LimitRate[];
  /**
   * Who shares the count: `exact` and `leased` are `store cluster`, one budget for all replicas (`leased` takes tokens
   * ahead); `process` is `store local`, one budget for the worker threads of this process.
   */
  readonly sharing: 'exact' | 'leased' | 'process';
  /** What happens while the shared store does not answer. */
  readonly down: 'local' | 'open' | 'closed';
  /** Status of the refusal. */
  readonly status: number;
  /** How long a key that went over its limit stays refused; 0: only until it has tokens again. */
  readonly blockMs: number;
}
