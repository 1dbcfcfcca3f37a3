/**
 * The shared memory behind all `MemoryStore`s of a process: plain data that goes to worker threads through `workerData`.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, processClock } from '../../core/clock.ts';
import { LIMIT_SKETCH_CELLS, LIMIT_SLIDING_RECORDS, LIMIT_SMALL_RECORDS } from '../../core/limits.ts';
import type { HashSecret } from '../key-hash.ts';
import { sketchBytes } from './eviction-sketch.ts';
import { SLIDING_RECORD, SMALL_RECORD } from './meters.ts';
import { type RecordKind, tableBytes, WAYS } from './record-table.ts';

export interface MemoryTables {
  /** Records of `gcra` and `fixed_window`. */
  readonly small: SharedArrayBuffer;
  /** Records of `sliding_window`. */
  readonly sliding: SharedArrayBuffer;
  /** What evicted records had spent. */
  readonly sketch: SharedArrayBuffer;
  /** Nobody outside can know it: hashes of keys depend on it, so collisions cannot be crafted. */
  readonly secret: HashSecret;
  /** Added to monotonic time it gives wall time as it was when the tables were made. */
  readonly epochOffsetMs: number;
}

export interface MemoryTableOptions {
  /** Keys of `gcra` and `fixed_window` held exactly; rounded up to whole sets. */
  readonly smallRecords?: number;
  /** Keys of `sliding_window` held exactly; rounded up to whole sets. */
  readonly slidingRecords?: number;
  /** Cells of each row of the sketch. */
  readonly sketchCells?: number;
  /** The clock of the stores that will use the tables. */
  readonly clock?: Clock;
}

/** Reserves the memory; the kernel hands out its pages as they are first written, so that unused room costs nothing. */
export function createMemoryTables(options: MemoryTableOptions = {}): MemoryTables {
  const clock = options.clock ?? processClock;
  const secret = randomBytes(8);
  return {
    small: reserve(SMALL_RECORD, options.smallRecords ?? LIMIT_SMALL_RECORDS),
    sliding: reserve(SLIDING_RECORD, options.slidingRecords ?? LIMIT_SLIDING_RECORDS),
    sketch: new SharedArrayBuffer(sketchBytes(options.sketchCells ?? LIMIT_SKETCH_CELLS)),
    secret: { low: secret.readInt32LE(0), high: secret.readInt32LE(4) },
    epochOffsetMs: clock.now() - clock.monotonic(),
  };
}

function reserve(kind: RecordKind, records: number): SharedArrayBuffer {
  return new SharedArrayBuffer(tableBytes(kind, Math.ceil(records / WAYS)));
}
