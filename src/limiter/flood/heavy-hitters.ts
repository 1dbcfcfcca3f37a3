/**
 * Names the keys that make up most of a flood: the space-saving algorithm (Metwally, Agrawal, El Abbadi, "Efficient
 * computation of frequent and top-k elements in data streams", ICDT 2005) with the filter of Homem and Carvalho
 * ("Finding top-k elements in data streams", Information Sciences 180, 2010), one summary for each flood and thread.
 *
 * With m counters over N requests, a key with more than N/m of them is among the counters, and no counter is more than
 * N/m too high; each carries its own bound. A key without a counter counts in a filter cell that it shares with others
 * of its hash, and takes over the smallest counter once the cell reaches it: so a million keys that come once each cost
 * an addition each, and write no text. Counts are halved once a period, which scales N, counts and bounds alike and
 * leaves the guarantees. Summaries of threads are merged as by Agarwal et al., "Mergeable summaries", PODS 2012: a key
 * missing in a summary may have had its smallest count there.
 *
 * A thread writes only its own section, without a lock; others read it at any time. Texts have a version that is odd
 * while they are written, counts may be one request old.
 */
import {
  FLOOD_HITTERS_MAX,
  FLOOD_KEY_CHARS_MAX,
  FLOOD_NAME_CHARS_MAX,
  FLOOD_TOP_MAX,
  FLOODS_RANKED_MAX,
} from '../../core/limits.ts';
import type { HeavyHitter } from './flood-event.ts';
import { SLOTS } from './flood-terms.ts';
import { readText, writeText } from './shared-text.ts';

/** 8-byte numbers of a summary. */
const TOTAL = 0; // requests, aged as the counts are
const SLOT = 1; // to which it is aged
const SLOT_MS = 2;
const SMALLEST = 4; // no counter is smaller; what it was when the counters were last looked through
const COUNTS = 5;
const BOUNDS = COUNTS + FLOOD_HITTERS_MAX;
const FILTER = BOUNDS + FLOOD_HITTERS_MAX;
const FILTER_CELLS = 8 * FLOOD_HITTERS_MAX; // a power of two
const AGED_END = FILTER + FILTER_CELLS;
/** Its 32-bit words: the flood it is of, then the hashes, versions and text lengths of its keys. */
const FLOOD_LOW = 6;
const FLOOD_HIGH = 7;
const LOWS = (AGED_END + 1) * 2;
const HIGHS = LOWS + FLOOD_HITTERS_MAX;
const VERSIONS = HIGHS + FLOOD_HITTERS_MAX;
const LENGTHS = VERSIONS + FLOOD_HITTERS_MAX;
const NAME_LENGTH = LENGTHS + FLOOD_HITTERS_MAX;
const NAME = NAME_LENGTH + 2;
const TEXTS = NAME + FLOOD_NAME_CHARS_MAX / 4;
const SUMMARY_WORDS = TEXTS + (FLOOD_HITTERS_MAX * FLOOD_KEY_CHARS_MAX) / 4;

export const SECTION_BYTES = FLOODS_RANKED_MAX * SUMMARY_WORDS * 4;

/** Counts halve in one period. */
const AGEING_PER_SLOT = 2 ** (-1 / SLOTS);
/** A summary nobody has written for this many periods may be given to another flood. */
const ABANDONED_PERIODS = 100;

/** What `HeavyHitters` must know of a flood. */
export interface RankedFlood {
  readonly policy: { readonly name: string };
  readonly secret: { readonly low: number; readonly high: number };
  readonly slotMs: number;
}

interface Merged {
  key: string;
  count: number;
  /** Part of the count that may belong to other keys, smallest counts of the summaries without the key not included. */
  bound: number;
  /** Sum of the smallest counts of the full summaries that have the key. */
  covered: number;
}

export class HeavyHitters {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #bytes: Uint8Array;
  /** First word of this thread's section; -1 if it has none. */
  readonly #section: number;
  /** The summary last written, as a first word. */
  #last = -1;

  constructor(memory: SharedArrayBuffer, workerIndex: number) {
    this.#words = new Int32Array(memory);
    this.#numbers = new Float64Array(memory);
    this.#bytes = new Uint8Array(memory);
    const at = (workerIndex * SECTION_BYTES) / 4;
    this.#section = at < this.#words.length ? at : -1;
  }

  /** Counts one request of a key in this thread's summary. */
  add(flood: RankedFlood, low: number, high: number, key: string, slot: number): void {
    const summary = this.#summaryOf(flood, slot);
    if (summary < 0) return;
    const words = this.#words;
    const numbers = this.#numbers;
    const base = summary >> 1;
    if (slot > numbers[base + SLOT]) this.#age(base, slot);
    numbers[base + TOTAL]++;
    const lows = summary + LOWS;
    for (let i = 0; i < FLOOD_HITTERS_MAX; i++) {
      if (words[lows + i] === low && words[summary + HIGHS + i] === high) {
        numbers[base + COUNTS + i]++;
        return;
      }
    }
    const cell = base + FILTER + ((high >>> 24) & (FILTER_CELLS - 1));
    if (numbers[cell] + 1 < numbers[base + SMALLEST]) numbers[cell]++;
    else this.#admit(summary, cell, low, high, key);
  }

  /** The heaviest keys of a flood over all threads, by what each surely has. Some 10 µs a thread. */
  top(flood: string, nowMs: number): readonly HeavyHitter[] {
    const merged = new Map<string, Merged>();
    const name = flood.slice(0, FLOOD_NAME_CHARS_MAX);
    let total = 0;
    let smallest = 0;
    for (let at = 0; at < this.#words.length; at += SUMMARY_WORDS) {
      const length = this.#words[at + NAME_LENGTH];
      if (length === 0 || readText(this.#bytes, (at + NAME) * 4, length, FLOOD_NAME_CHARS_MAX) !== name)
        continue;
      const base = at >> 1;
      const slots = Math.floor(nowMs / this.#numbers[base + SLOT_MS]) - this.#numbers[base + SLOT];
      const scale = AGEING_PER_SLOT ** Math.max(0, slots);
      total += this.#numbers[base + TOTAL] * scale;
      smallest += this.#merge(at, scale, merged);
    }
    if (!(total > 0)) return [];
    return [...merged.values()]
      .sort((a, b) => b.count - b.bound - (a.count - a.bound))
      .slice(0, FLOOD_TOP_MAX)
      .map(({ key, count, bound, covered }) => ({
        key,
        share: Math.min(1, (count + smallest - covered) / total),
        errorBound: Math.min(1, (bound + smallest - covered) / total),
      }));
  }

  /** Adds one summary's counters; returns its smallest count, 0 while it has counters to spare. */
  #merge(summary: number, scale: number, merged: Map<string, Merged>): number {
    const counts = (summary >> 1) + COUNTS;
    let smallest = Infinity;
    for (let i = 0; i < FLOOD_HITTERS_MAX; i++) smallest = Math.min(smallest, this.#numbers[counts + i]);
    smallest *= scale;
    for (let i = 0; i < FLOOD_HITTERS_MAX; i++) {
      const id = `${this.#words[summary + LOWS + i]},${this.#words[summary + HIGHS + i]}`;
      const key = this.#keyAt(summary, i);
      if (key === undefined) continue;
      const entry = merged.get(id) ?? { key, count: 0, bound: 0, covered: 0 };
      entry.count += this.#numbers[counts + i] * scale;
      entry.bound += this.#numbers[(summary >> 1) + BOUNDS + i] * scale;
      entry.covered += smallest;
      merged.set(id, entry);
    }
    return smallest;
  }

  /** Undefined where there is no key, or one being written. */
  #keyAt(summary: number, i: number): string | undefined {
    const version = Atomics.load(this.#words, summary + VERSIONS + i);
    if (version === 0 || (version & 1) === 1) return undefined;
    const at = (summary + TEXTS) * 4 + i * FLOOD_KEY_CHARS_MAX;
    const key = readText(this.#bytes, at, this.#words[summary + LENGTHS + i], FLOOD_KEY_CHARS_MAX);
    return Atomics.load(this.#words, summary + VERSIONS + i) === version ? key : undefined;
  }

  /** Gives the key the smallest counter, unless that has grown since it was last looked at. */
  #admit(summary: number, cell: number, low: number, high: number, key: string): void {
    const words = this.#words;
    const numbers = this.#numbers;
    const base = summary >> 1;
    let smallest = base + COUNTS;
    for (let at = smallest + 1; at < base + BOUNDS; at++) if (numbers[at] < numbers[smallest]) smallest = at;
    numbers[base + SMALLEST] = numbers[smallest];
    if (numbers[cell] + 1 < numbers[smallest]) {
      numbers[cell]++;
      return;
    }
    const i = smallest - base - COUNTS;
    const left = base + FILTER + ((words[summary + HIGHS + i] >>> 24) & (FILTER_CELLS - 1));
    const version = words[summary + VERSIONS + i] | 1; // odd already if the thread before this one died here
    Atomics.store(words, summary + VERSIONS + i, version);
    words[summary + LOWS + i] = low;
    words[summary + HIGHS + i] = high;
    const text = (summary + TEXTS) * 4 + i * FLOOD_KEY_CHARS_MAX;
    words[summary + LENGTHS + i] = writeText(this.#bytes, text, key, FLOOD_KEY_CHARS_MAX);
    const count = numbers[smallest];
    numbers[base + BOUNDS + i] = numbers[cell];
    numbers[smallest] = numbers[cell] + 1;
    numbers[left] = Math.max(numbers[left], count);
    Atomics.store(words, summary + VERSIONS + i, version + 1);
  }

  #age(base: number, slot: number): void {
    const scale = AGEING_PER_SLOT ** (slot - this.#numbers[base + SLOT]);
    this.#numbers[base + TOTAL] *= scale;
    for (let at = base + SMALLEST; at < base + AGED_END; at++) this.#numbers[at] *= scale;
    this.#numbers[base + SLOT] = slot;
  }

  #isOf(summary: number, flood: RankedFlood): boolean {
    return (
      this.#words[summary + FLOOD_LOW] === flood.secret.low &&
      this.#words[summary + FLOOD_HIGH] === flood.secret.high &&
      this.#numbers[(summary >> 1) + SLOT_MS] === flood.slotMs
    );
  }

  /** This thread's summary of the flood, begun if need be; -1 if there is no room for it. */
  #summaryOf(flood: RankedFlood, slot: number): number {
    if (this.#last >= 0 && this.#isOf(this.#last, flood)) return this.#last;
    if (this.#section < 0) return -1;
    let found = -1;
    for (let i = 0; i < FLOODS_RANKED_MAX; i++) {
      const at = this.#section + i * SUMMARY_WORDS;
      if (this.#isOf(at, flood)) {
        this.#last = at;
        return at;
      }
      if (found < 0 && this.#isAbandoned(at, slot * flood.slotMs)) found = at;
    }
    if (found >= 0) this.#begin(found, flood, slot);
    return found;
  }

  #isAbandoned(summary: number, nowMs: number): boolean {
    const slotMs = this.#numbers[(summary >> 1) + SLOT_MS];
    return (
      nowMs >= (this.#numbers[(summary >> 1) + SLOT] + SLOTS * ABANDONED_PERIODS) * slotMs || slotMs === 0
    );
  }

  #begin(summary: number, flood: RankedFlood, slot: number): void {
    this.#words.fill(0, summary, summary + SUMMARY_WORDS);
    this.#words[summary + FLOOD_LOW] = flood.secret.low;
    this.#words[summary + FLOOD_HIGH] = flood.secret.high;
    this.#numbers[(summary >> 1) + SLOT] = slot;
    this.#numbers[(summary >> 1) + SLOT_MS] = flood.slotMs;
    const name = (summary + NAME) * 4;
    this.#words[summary + NAME_LENGTH] = writeText(
      this.#bytes,
      name,
      flood.policy.name,
      FLOOD_NAME_CHARS_MAX,
    );
    this.#last = summary;
  }
}
