/**
 * Bytes on their way through Ward, kept in slabs of one size.
 *
 * Listeners lend a chunk for the length of one callback, so it must be copied. A fresh Buffer per chunk costs about
 * 45 MB of resident memory on a large upload (the collector sees off-heap memory late); reused slabs keep it flat.
 */
import { SLAB_BYTES, SLABS_KEPT_MAX } from '../core/limits.ts';

/** Slabs that wait for their next use, shared by the exchanges of one worker. */
export class SlabPool {
  #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  give(slab: Buffer): void {
    if (this.#free.length < SLABS_KEPT_MAX) this.#free.push(slab);
  }

  get freeSlabs(): number {
    return this.#free.length;
  }
}

/**
 * A first-in first-out queue of bytes. `push` copies; `shift` lends views, which stay valid until `recycle` is
 * called after their reader is done with all of them.
 */
export class ChunkQueue {
  #pool: SlabPool;
  #slabs: Buffer[] = [];
  #lent: Buffer[] = [];
  /** Read offset in the first slab. */
  #start = 0;
  /** Write offset in the last slab. */
  #end = 0;
  #bytes = 0;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#slabs.length === 0 || this.#end === SLAB_BYTES) {
        if (this.#slabs.length === 0) this.#start = 0;
        this.#slabs.push(this.#pool.take());
        this.#end = 0;
      }
      const take = Math.min(SLAB_BYTES - this.#end, chunk.length - offset);
      this.#slabs[this.#slabs.length - 1].set(chunk.subarray(offset, offset + take), this.#end);
      this.#end += take;
      offset += take;
    }
    this.#bytes += chunk.length;
  }

  /** The next bytes, at most `max` and at most one slab; empty when there are none or `max` is 0. */
  shift(max: number): Buffer {
    if (this.#bytes === 0 || max <= 0) return EMPTY;
    const first = this.#slabs[0];
    const filled = this.#slabs.length === 1 ? this.#end : SLAB_BYTES;
    const take = Math.min(filled - this.#start, max);
    const view = first.subarray(this.#start, this.#start + take);
    this.#start += take;
    this.#bytes -= take;
    // A partly filled last slab is given up as well, so that a slab is either still queued or wholly lent.
    if (this.#start === filled) {
      this.#lent.push(first);
      this.#slabs.shift();
      this.#start = 0;
      if (this.#slabs.length === 0) this.#end = 0;
    }
    return view;
  }

  /** A view of queued bytes from `offset` (counted from the first byte not yet shifted) to the end of their slab. */
  viewAt(offset: number): Buffer {
    if (offset >= this.#bytes) return EMPTY;
    // All slabs but the last are full, so a position tells its slab.
    const position = this.#start + offset;
    const index = Math.floor(position / SLAB_BYTES);
    const filled = index === this.#slabs.length - 1 ? this.#end : SLAB_BYTES;
    return this.#slabs[index].subarray(position % SLAB_BYTES, filled);
  }

  /** Overwrites held bytes; positions count from the first byte not yet shifted. Out-of-range parts are ignored. */
  fill(start: number, end: number, byte: number): void {
    let from = -this.#start;
    for (let i = 0; i < this.#slabs.length; i++) {
      const filled = i === this.#slabs.length - 1 ? this.#end : SLAB_BYTES;
      const low = Math.max(start - from, i === 0 ? this.#start : 0);
      const high = Math.min(end - from, filled);
      if (low < high) this.#slabs[i].fill(byte, low, high);
      from += SLAB_BYTES;
    }
  }

  /** All views lent so far are no longer read. */
  recycle(): void {
    for (const slab of this.#lent) this.#pool.give(slab);
    this.#lent.length = 0;
  }

  /** Forgets everything. Slabs that a socket may still read are left to the collector. */
  clear(): void {
    for (let i = this.#start === 0 ? 0 : 1; i < this.#slabs.length; i++) this.#pool.give(this.#slabs[i]);
    this.#slabs.length = 0;
    this.#lent.length = 0;
    this.#start = 0;
    this.#end = 0;
    this.#bytes = 0;
  }
}

const EMPTY = Buffer.alloc(0);
