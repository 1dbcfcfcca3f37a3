/** The shared memory behind all flood meters of a process: plain data that goes to worker threads through `workerData`. */
import { randomBytes } from 'node:crypto';
import { FLOOD_KEYS_MAX } from '../../core/limits.ts';
import { NAMES_BYTES } from './active-names.ts';
import { RECORD_BYTES, WAYS } from './flood-record.ts';
import { SECTION_BYTES } from './heavy-hitters.ts';

export interface FloodTables {
  /** Records of keys, in sets of `WAYS`. */
  readonly records: SharedArrayBuffer;
  /** One lock word for each set, then one count of active records for each set. */
  readonly sets: SharedArrayBuffer;
  /** Texts of active keys. */
  readonly names: SharedArrayBuffer;
  /** One section of space-saving summaries for each worker thread. */
  readonly hitters: SharedArrayBuffer;
  /** Two 32-bit words that nobody outside can know: hashes of keys depend on them, so collisions cannot be crafted. */
  readonly secret: { readonly low: number; readonly high: number };
}

export interface FloodTableOptions {
  /** Threads that count, numbered from 0. */
  readonly workers: number;
  /** Keys held at once, at least one set; rounded up to a power of two. */
  readonly keys?: number;
}

/**
 * Reserves the memory: 16 MiB of records by default and 170 KiB a worker. The kernel hands out its pages as they are
 * first written, so that a process without floods pays nothing.
 */
export function createFloodTables(options: FloodTableOptions): FloodTables {
  const keys = Math.max(WAYS, options.keys ?? FLOOD_KEYS_MAX);
  const sets = 2 ** Math.ceil(Math.log2(keys / WAYS));
  const secret = randomBytes(8);
  return {
    records: new SharedArrayBuffer(sets * WAYS * RECORD_BYTES),
    sets: new SharedArrayBuffer(sets * 8),
    names: new SharedArrayBuffer(NAMES_BYTES),
    hitters: new SharedArrayBuffer(options.workers * SECTION_BYTES),
    secret: { low: secret.readInt32LE(0), high: secret.readInt32LE(4) },
  };
}
