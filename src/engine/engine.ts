/** One compiled program, ready to evaluate. */
import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Gates } from '../limiter/gates.ts';
import { ValueCache } from '../matcher/value-cache.ts';
import type { Engine, RequestFacts } from './api.ts';
import { ownGates } from './gates/own-gates.ts';
import type { RuleProgram } from './program.ts';
import { ExchangeTransaction } from './transaction.ts';
import type { CachedLeaves } from './text-scanner.ts';
import { WorkbenchPool } from './workbench.ts';

export interface EngineOptions {
  /** For `response.latency`. */
  readonly clock?: Clock;
  /** Entries of the cache of repeated values; 0 turns it off. */
  readonly cacheEntriesMax?: number;
  /** Limits, floods and bans, shared by all engines of a process; without them an engine makes its own, in memory. */
  readonly gates?: Gates;
}

export interface EngineStatistics {
  readonly cacheHits: number;
  readonly cacheMisses: number;
}

/** An engine with its figures. */
export class RuleEngine implements Engine {
  readonly version: string;
  readonly #pool: WorkbenchPool;
  readonly #cache: ValueCache<CachedLeaves>;
  readonly #clock: Clock;
  readonly #gates: Gates | null;

  constructor(program: RuleProgram, options: EngineOptions = {}) {
    this.version = program.version;
    this.#cache = new ValueCache<CachedLeaves>(options.cacheEntriesMax);
    this.#pool = new WorkbenchPool(program, this.#cache);
    this.#clock = options.clock ?? systemClock;
    this.#gates = options.gates ?? (usesGates(program) ? ownGates(this.#clock) : null);
  }

  get statistics(): EngineStatistics {
    return { cacheHits: this.#cache.hits, cacheMisses: this.#cache.misses };
  }

  /** Evaluates the head; never throws. The transaction must be closed. */
  begin(head: RequestHead, facts?: RequestFacts): ExchangeTransaction {
    const bench = this.#pool.get();
    bench.take(head, this.#pool.plans, this.#gates, facts);
    const transaction = new ExchangeTransaction(bench, this.#pool, this.#clock);
    transaction.begin();
    return transaction;
  }
}

function usesGates({ gates, rules }: RuleProgram): boolean {
  return (
    gates.floods.length > 0 || rules.some(({ limits, actions }) => limits.length + actions.bans.length > 0)
  );
}

/** Wraps a program; cheap, everything costly was done by the compiler. */
export function createEngine(program: RuleProgram, options: EngineOptions = {}): RuleEngine {
  return new RuleEngine(program, options);
}
