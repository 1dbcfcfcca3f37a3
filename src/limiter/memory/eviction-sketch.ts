/**
 * What evicted records had spent, in constant memory: a count-min sketch whose cells take the maximum.
 *
 * An evicted record is poured into one cell of each row; a key that comes back reads the cells of its rows and takes the
 * least of each component. Every such cell says at least what the key's own record said, so the least of them does: a key
 * comes back with at least what it had spent and at least its block, and eviction gives nobody a request. It may come
 * back with too much, if in each row some other evicted key that still counts fell into its cell: with m of these, probability
 * (1 - e^(-m / cells))^4: 0.02 % for ten thousand in 81,920 cells, 16 % for as many as there are cells. Cells are forgotten by
 * time alone.
 */
import { mix32 } from '../../core/mix32.ts';
import { bucketOf, type KeyBits } from './key-bits.ts';
import { acquire, release } from '../spin-lock.ts';

const ROWS = 4;
/** Odd multipliers, one for each row. */
const ROW_SALTS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f];
/** 8-byte numbers of a cell: its lock, then the components of a trace. */
const CELL = 5;
const USED = 1;
const USED_AT = 2;
const FREE_AT = 3;
const BLOCKED_UNTIL = 4;
/** One number before the cells: the second in which the last of them is forgotten, and the number of stores. */
const HEADER = 1;
const SECONDS_MAX = 2 ** 31 - 1;

/** What is known of an evicted record. Times are monotonic milliseconds. */
export interface Trace {
  /** Tokens spent by `usedAtMs`, none later. */
  used: number;
  usedAtMs: number;
  /** When all tokens are back. */
  freeAtMs: number;
  /** 0: not blocked. */
  blockedUntilMs: number;
}

export function sketchBytes(cells: number): number {
  return 8 * (HEADER + ROWS * cells * CELL);
}

export class EvictionSketch {
  readonly #numbers: Float64Array;
  readonly #words: Int32Array;
  readonly #cells: number;
  /** What `recall` found. */
  readonly recalled: Trace = { used: 0, usedAtMs: 0, freeAtMs: 0, blockedUntilMs: 0 };

  constructor(buffer: SharedArrayBuffer) {
    this.#numbers = new Float64Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#cells = (this.#numbers.length - HEADER) / (ROWS * CELL);
  }

  /** A number for a store, unlike that of the other threads. */
  join(): number {
    return Atomics.add(this.#words, 1, 1);
  }

  /** Remembers an evicted record. Takes locks of its own inside those of sets, one at a time. */
  pour(key: KeyBits, trace: Trace, nowMs: number, ticket: number): void {
    this.#remindUntil(Math.max(trace.freeAtMs, trace.blockedUntilMs));
    const numbers = this.#numbers;
    for (let row = 0; row < ROWS; row++) {
      const cell = this.#cellOf(key, row);
      acquire(this.#words, 2 * cell, ticket);
      if (numbers[cell + FREE_AT]! <= nowMs) {
        numbers[cell + USED] = 0;
        numbers[cell + USED_AT] = 0;
      }
      if (trace.freeAtMs > nowMs) {
        numbers[cell + USED] = Math.max(numbers[cell + USED]!, trace.used);
        numbers[cell + USED_AT] = Math.max(numbers[cell + USED_AT]!, trace.usedAtMs);
        numbers[cell + FREE_AT] = Math.max(numbers[cell + FREE_AT]!, trace.freeAtMs);
      }
      numbers[cell + BLOCKED_UNTIL] = Math.max(numbers[cell + BLOCKED_UNTIL]!, trace.blockedUntilMs);
      release(this.#words, 2 * cell, ticket);
    }
  }

  /** Reads what a key had spent at the most into `recalled`; false if nothing. Free of cost while nothing is remembered. */
  recall(key: KeyBits, nowMs: number, ticket: number): boolean {
    if (Atomics.load(this.#words, 0) * 1_000 <= nowMs) return false;
    const { recalled } = this;
    recalled.used = Number.POSITIVE_INFINITY;
    recalled.usedAtMs = Number.POSITIVE_INFINITY;
    recalled.freeAtMs = Number.POSITIVE_INFINITY;
    recalled.blockedUntilMs = Number.POSITIVE_INFINITY;
    const numbers = this.#numbers;
    for (let row = 0; row < ROWS; row++) {
      const cell = this.#cellOf(key, row);
      acquire(this.#words, 2 * cell, ticket);
      recalled.used = Math.min(recalled.used, numbers[cell + USED]!);
      recalled.usedAtMs = Math.min(recalled.usedAtMs, numbers[cell + USED_AT]!);
      recalled.freeAtMs = Math.min(recalled.freeAtMs, numbers[cell + FREE_AT]!);
      recalled.blockedUntilMs = Math.min(recalled.blockedUntilMs, numbers[cell + BLOCKED_UNTIL]!);
      release(this.#words, 2 * cell, ticket);
    }
    return recalled.freeAtMs > nowMs || recalled.blockedUntilMs > nowMs;
  }

  #cellOf(key: KeyBits, row: number): number {
    const bucket = bucketOf(mix32(Math.imul(key.low, ROW_SALTS[row]!) ^ key.high), this.#cells);
    return HEADER + (row * this.#cells + bucket) * CELL;
  }

  #remindUntil(untilMs: number): void {
    const seconds = Math.min(SECONDS_MAX, Math.ceil(untilMs / 1_000));
    let until = Atomics.load(this.#words, 0);
    while (until < seconds) {
      const found = Atomics.compareExchange(this.#words, 0, until, seconds);
      if (found === until) return;
      until = found;
    }
  }
}
