/** Policies, demands and stores for tests of limits. */
import type { Clock } from '../../src/core/clock.ts';
import type { LimitAlgorithm, LimitPolicy } from '../../src/limiter/limit-policy.ts';
import type { LimitDemand } from '../../src/limiter/limit-store.ts';
import { MemoryStore, type MemoryStoreOptions } from '../../src/limiter/memory/memory-store.ts';
import { createMemoryTables } from '../../src/limiter/memory/memory-tables.ts';

interface PolicyWishes {
  readonly name?: string;
  readonly algorithm?: LimitAlgorithm;
  readonly count?: number;
  readonly periodMs?: number;
  readonly burst?: number;
  readonly blockMs?: number;
}

export function policyOf(wishes: PolicyWishes = {}): LimitPolicy {
  const { name = 'per_client', algorithm = 'gcra', count = 5, periodMs = 1_000, blockMs = 0 } = wishes;
  const burst = wishes.burst ?? count;
  return {
    name,
    algorithm,
    rates: [{ count, periodMs, burst }],
    sharing: 'process',
    down: 'local',
    status: 429,
    blockMs,
  };
}

export function demandOf(policy: LimitPolicy, key: string, cost = 1, shadow = false): LimitDemand {
  return { policy, rate: 0, key, cost, shadow };
}

/** A store with room for some thousand keys. */
export function smallStore(
  clock: Clock,
  records = 4_096,
  cells = 1_024,
  options: MemoryStoreOptions = {},
): MemoryStore {
  const tables = createMemoryTables({
    smallRecords: records,
    slidingRecords: records,
    sketchCells: cells,
    clock,
  });
  return new MemoryStore(tables, clock, options);
}
