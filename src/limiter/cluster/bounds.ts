/**
 * What a limit can let through beyond its number, and why: the arithmetic behind docs/adr/0014-limits-outage.md, which
 * test/property/limiter-outage.test.ts holds the store to. All bounds are of requests of cost 1 and one key, admitted by
 * all replicas together in any stretch as long as the period.
 */
import { LEASE_BURST_PARTS } from '../../core/limits.ts';
import type { LimitAlgorithm, LimitRate } from '../limit-policy.ts';

/**
 * Tokens one worker may hold in hand of one key, those it has asked for included; 0: too small a limit to lease. Limits with
 * a block are never leased.
 */
export function leaseTokensMax(rate: LimitRate): number {
  const share = Math.floor(rate.burst / LEASE_BURST_PARTS);
  return share < 2 ? 0 : share;
}

/** What one store that forgets nothing lets through: a fixed window's stretch touches two windows. */
export function allowance(algorithm: LimitAlgorithm, rate: LimitRate): number {
  switch (algorithm) {
    case 'sliding_window':
      return rate.count;
    case 'gcra':
      return rate.burst + rate.count;
    case 'fixed_window':
      return 2 * rate.count;
  }
}

/**
 * While the store answers: the allowance, and what was in hand when the stretch began. That is zero for exact limits and for
 * leased ones that are too small to lease.
 */
export function leaseBound(
  algorithm: LimitAlgorithm,
  rate: LimitRate,
  workers: number,
  replicas: number,
): number {
  return allowance(algorithm, rate) + workers * replicas * leaseTokensMax(rate);
}

/** One replica's share while the store is away, a whole number of tokens and at least one. */
function localShare(rate: LimitRate, replicas: number): LimitRate {
  return {
    count: Math.max(1, Math.floor(rate.count / replicas)),
    periodMs: rate.periodMs,
    burst: Math.max(1, Math.floor(rate.burst / replicas)),
  };
}

/**
 * With `down -> local`, whatever fails and for whom, `forgotten` times of which the store lost counts within the stretch: a
 * store that forgets lets its burst through again, and each of the replicas its share beside it. Replicas are those that
 * live, and each has counted them all.
 */
export function outageBound(
  algorithm: LimitAlgorithm,
  rate: LimitRate,
  workers: number,
  replicas: number,
  forgotten: number,
): number {
  const again = algorithm === 'gcra' ? rate.burst : allowance(algorithm, rate);
  const inHand = workers * replicas * leaseTokensMax(rate);
  const shares = replicas * allowance(algorithm, localShare(rate, replicas));
  return leaseBound(algorithm, rate, workers, replicas) + forgotten * (again + inHand) + shares;
}

/**
 * A sliding window until the store answers again, for exact limits: what a replica was granted counts against its share. Most
 * comes through where one replica had spent the whole limit and the others then spend their shares: about 2 - 1/replicas
 * times the limit.
 */
export function outageStartBound(rate: LimitRate, replicas: number): number {
  return rate.count + (replicas - 1) * localShare(rate, replicas).count;
}
