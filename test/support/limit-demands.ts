/** Limiters and demands for tests of the limit stores. */
import type { LimitAlgorithm, LimitPolicy } from '../../src/limiter/limit-policy.ts';
import type { LimitDemand } from '../../src/limiter/limit-store.ts';

export interface PolicyWish {
  readonly name?: string;
  readonly algorithm?: LimitAlgorithm;
  readonly count?: number;
  readonly periodMs?: number;
  readonly burst?: number;
  readonly blockMs?: number;
}

/** A limiter of one rate; by default 10 a second, sliding. */
export function policyOf(wish: PolicyWish = {}): LimitPolicy {
  const count = wish.count ?? 10;
  return {
    name: wish.name ?? 'test',
    algorithm: wish.algorithm ?? 'sliding_window',
    rates: [{ count, periodMs: wish.periodMs ?? 1_000, burst: wish.burst ?? count }],
    sharing: 'exact',
    down: 'local',
    status: 429,
    blockMs: wish.blockMs ?? 0,
  };
}

export function demandOf(policy: LimitPolicy, key: string, wish: Partial<LimitDemand> = {}): LimitDemand {
  return { policy, rate: 0, key, cost: 1, shadow: false, ...wish };
}
