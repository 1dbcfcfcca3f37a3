/**
 * The port of a store that lives on another machine and is shared by all replicas of a service. It may be slow, refuse or
 * be gone: everything here can reject, and `ClusterStore` is what decides how long to wait and what to do then.
 */
import type { LimitDemand, LimitReadings } from './limit-store.ts';

/** Tokens taken ahead for later requests of the same key. */
export interface TokenLease {
  /** Between 0 and the number wanted. */
  readonly tokens: number;
  readonly used: number;
  readonly remaining: number;
  /** Milliseconds until one token can be had; 0 if any was given. */
  readonly retryAfterMs: number;
  readonly resetMs: number;
}

export interface RemoteStore {
  /** One trip for all demands. Rejects with the reason the store could not be asked. */
  take(demands: readonly LimitDemand[]): Promise<LimitReadings>;
  /** Gives tokens of granted readings back. Of readings it did not make, `resetMs` says when they are back anyway. */
  refund(readings: LimitReadings): Promise<void>;
  /** Takes between `demand.cost` and `wanted` tokens of one key, as many as there are; none if `cost` cannot be had. */
  lease(demand: LimitDemand, wanted: number): Promise<TokenLease>;
  /** Says that this replica lives, for `ttlMs` from now; returns how many do, itself included. */
  announce(replica: string, ttlMs: number): Promise<number>;
  /** Takes this replica off the list. */
  withdraw(replica: string): Promise<void>;
}
