/**
 * What a limit can let through beyond its number, and why: the arithmetic behind docs/adr/0014-limits-outage.md.
 *
 * *Allowance* is what a store that forgets nothing lets through in a stretch of time: `count` for windows as long as the
 * period, `burst` and what flows back meanwhile for GCRA.
 */
import { LEASE_BURST_PARTS } from '../../core/limits.ts';
import type { LimitAlgorithm, LimitRate } from '../limit-policy.ts';

/** Tokens one worker may hold in hand of one key, those it has asked for included; 0: too small a limit to lease. */
export function leaseTokensMax(rate: LimitRate): number {
  const share = Math.floor(rate.burst / LEASE_BURST_PARTS);
  return share < 2 ? 0 : share;
}

/** Tokens given out in any stretch of `stretchMs` by a store that forgets nothing. */
export function allowance(algorithm: LimitAlgorithm, rate: LimitRate, stretchMs: number): number {
  switch (algorithm) {
    case 'gcra':
      return rate.burst + Math.floor((stretchMs * rate.count) / rate.periodMs);
    case 'sliding_window':
      return rate.count * Math.max(1, Math.ceil(stretchMs / rate.periodMs));
    case 'fixed_window': // a stretch that begins within a window touches one more
      return rate.count * (1 + Math.ceil(stretchMs / rate.periodMs));
  }
}

/**
 * Most requests of cost 1 that all replicas together admit of one key in any stretch as long as the period, while the
 * store answers: the allowance, and what was in hand when the stretch began. Exact limits hold nothing in hand.
 */
export function leaseBound(
  algorithm: LimitAlgorithm,
  rate: LimitRate,
  workers: number,
  replicas: number,
): number {
  return allowance(algorithm, rate, rate.periodMs) + workers * replicas * leaseTokensMax(rate);
}
