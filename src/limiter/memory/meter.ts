/** The port between the memory store and its algorithms: how a count is kept in a record, and for which rate. */
import type { HashSecret } from '../key-hash.ts';
import type { Trace } from './eviction-sketch.ts';
import type { RecordMemory } from './record-table.ts';

/** A rate of a policy, with what a store works out of it once. */
export interface CountedRate {
  readonly meter: Meter;
  /** Its records are those of sliding windows, else the small ones. */
  readonly isSliding: boolean;
  /** Secret of the hashes of keys: another for each limiter and for trials, so that none of them shares a record. */
  readonly enforcedSecret: HashSecret;
  readonly shadowSecret: HashSecret;
  readonly count: number;
  readonly periodMs: number;
  /** How long a key that was refused stays so; 0: no longer than it lacks tokens. */
  readonly blockMs: number;
  /** Tokens that may be spent at once. */
  readonly limit: number;
  /** The largest limit of the rates that share the count: no more is restored after an eviction. */
  readonly limitMax: number;
  /** `gcra`: how long a token takes to drain at the slowest of the rates that share the count. */
  readonly drainMsPerToken: number;
  /** `sliding_window`: unit of time, and the period in it. */
  readonly tickMs: number;
  readonly periodTicks: number;
  /** `fixed_window`: added to monotonic time it gives time since the epoch. */
  readonly epochOffsetMs: number;
}

/** `now` is monotonic milliseconds, `at` the record of a key, whose set is locked. */
export interface Meter {
  /** Brings a record up to now; tokens spent. Comes before all else. */
  used(memory: RecordMemory, at: number, rate: CountedRate, now: number): number;
  /** Counts tokens, whatever the limit. */
  spend(memory: RecordMemory, at: number, rate: CountedRate, now: number, cost: number): void;
  /** Gives tokens back that were spent at `spentAt` and left `usedThen`; those that came back by themselves are gone. */
  refund(
    memory: RecordMemory,
    at: number,
    rate: CountedRate,
    now: number,
    cost: number,
    spentAt: number,
    usedThen: number,
  ): void;
  /** Time at which the latest tokens of a record were spent, as far as it tells; for refunds that do not know theirs. */
  lastSpentAt(memory: RecordMemory, at: number, rate: CountedRate, now: number): number;
  /** Milliseconds until `cost` tokens fit beside `used`; 0 if they do, `LIMIT_NEVER_MS` if they never will. */
  waitMs(
    memory: RecordMemory,
    at: number,
    rate: CountedRate,
    now: number,
    used: number,
    cost: number,
  ): number;
  /** Milliseconds until all tokens are back. */
  resetMs(memory: RecordMemory, at: number, rate: CountedRate, now: number, used: number): number;
  /** Fills an empty record from what the sketch remembers. */
  restore(memory: RecordMemory, at: number, rate: CountedRate, now: number, trace: Trace): void;
}
