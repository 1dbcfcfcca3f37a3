/**
 * A set-associative hash table of records in shared memory, bounded and without ever being emptied.
 *
 * A set holds, in 8-byte numbers: its lock, the 64-bit hashes of its sixteen records, then their bodies. A body begins with the
 * end of a block and the time when all tokens are back; the rest belongs to the meter. A record with both in the past
 * carries no information, as does unused memory, so it makes room first. After these goes the record that has spent least,
 * because what it leaves to the sketch burdens others least; a blocked key goes last, the one that is free soonest. So a flood
 * of keys that are seen once pushes out its own kind.
 */
import type { EvictionSketch, Trace } from './eviction-sketch.ts';
import { bucketOf, type KeyBits } from './key-bits.ts';
import { acquire, release } from '../spin-lock.ts';

export const WAYS = 16;

/** Numbers at the start of each body. */
export const BLOCKED_UNTIL = 0;
export const FREE_AT = 1;

/** Records are read and written through these views; `at` is the index of a record in `numbers`, `2 * at` in `words`. */
export interface RecordMemory {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
}

/** What the table must know of the bodies it keeps. */
export interface RecordKind {
  /** 8-byte numbers of a body. */
  readonly size: number;
  /** Says what a record has spent, at least. */
  trace(memory: RecordMemory, at: number, nowMs: number, out: Trace): void;
}

export function tableBytes(kind: RecordKind, sets: number): number {
  return 8 * sets * (1 + WAYS + WAYS * kind.size);
}

export class RecordTable implements RecordMemory {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly sets: number;
  readonly #locks: Int32Array;
  readonly #kind: RecordKind;
  readonly #setSize: number;
  readonly #sketch: EvictionSketch;
  /** Records in use by the present call, which must not make room for one another. */
  readonly #pins: number[] = [];
  #pinned = 0;
  readonly #trace: Trace = { used: 0, usedAtMs: 0, freeAtMs: 0, blockedUntilMs: 0 };
  readonly #victim: Trace = { used: 0, usedAtMs: 0, freeAtMs: 0, blockedUntilMs: 0 };
  readonly #victimKey = { low: 0, high: 0 };

  constructor(kind: RecordKind, buffer: SharedArrayBuffer, sketch: EvictionSketch) {
    this.numbers = new Float64Array(buffer);
    this.words = new Uint32Array(buffer);
    this.#locks = new Int32Array(buffer);
    this.#kind = kind;
    this.#setSize = 1 + WAYS + WAYS * kind.size;
    this.sets = this.numbers.length / this.#setSize;
    this.#sketch = sketch;
  }

  setOf(key: KeyBits): number {
    return bucketOf(key.low, this.sets);
  }

  lock(set: number, ticket: number): void {
    acquire(this.#locks, 2 * set * this.#setSize, ticket);
  }

  unlock(set: number, ticket: number): void {
    release(this.#locks, 2 * set * this.#setSize, ticket);
  }

  /** The record of a key, or -1. The set must be locked. */
  find(set: number, key: KeyBits): number {
    const first = set * this.#setSize;
    const tags = 2 * (first + 1);
    const { low, high } = key;
    for (let way = 0; way < WAYS; way++) {
      if (this.#locks[tags + 2 * way] === low && this.#locks[tags + 2 * way + 1] === high) {
        return first + 1 + WAYS + way * this.#kind.size;
      }
    }
    return -1;
  }

  /** Keeps a record until `unpin`. */
  pin(at: number): void {
    this.#pins[this.#pinned++] = at;
  }

  unpin(): void {
    this.#pinned = 0;
  }

  /** Makes an empty record for a key that has none; -1 if all of its set are pinned. The set must be locked. */
  insert(set: number, key: KeyBits, nowMs: number, ticket: number): number {
    const first = set * this.#setSize;
    const way = this.#victimOf(first, nowMs);
    if (way < 0) return -1;
    const at = first + 1 + WAYS + way * this.#kind.size;
    const tag = 2 * (first + 1 + way);
    const { numbers } = this;
    if (numbers[at + FREE_AT]! > nowMs || numbers[at + BLOCKED_UNTIL]! > nowMs) {
      this.#victimKey.low = this.#locks[tag]!;
      this.#victimKey.high = this.#locks[tag + 1]!;
      this.#read(at, nowMs, this.#victim);
      this.#sketch.pour(this.#victimKey, this.#victim, nowMs, ticket);
    }
    for (let i = 0; i < this.#kind.size; i++) numbers[at + i] = 0;
    this.#locks[tag] = key.low;
    this.#locks[tag + 1] = key.high;
    return at;
  }

  #read(at: number, nowMs: number, out: Trace): void {
    this.#kind.trace(this, at, nowMs, out);
    out.freeAtMs = this.numbers[at + FREE_AT]!;
    out.blockedUntilMs = this.numbers[at + BLOCKED_UNTIL]!;
  }

  #victimOf(first: number, nowMs: number): number {
    const trace = this.#trace;
    let victim = -1;
    let leastUsed = Number.POSITIVE_INFINITY;
    let leastBlocked = Number.POSITIVE_INFINITY;
    for (let way = 0; way < WAYS; way++) {
      const at = first + 1 + WAYS + way * this.#kind.size;
      if (this.#isPinned(at)) continue;
      const blockedUntil = Math.max(nowMs, this.numbers[at + BLOCKED_UNTIL]!);
      if (blockedUntil === nowMs && this.numbers[at + FREE_AT]! <= nowMs) return way;
      this.#kind.trace(this, at, nowMs, trace);
      if (blockedUntil < leastBlocked || (blockedUntil === leastBlocked && trace.used < leastUsed)) {
        victim = way;
        leastBlocked = blockedUntil;
        leastUsed = trace.used;
      }
    }
    return victim;
  }

  #isPinned(at: number): boolean {
    for (let i = 0; i < this.#pinned; i++) if (this.#pins[i] === at) return true;
    return false;
  }
}
