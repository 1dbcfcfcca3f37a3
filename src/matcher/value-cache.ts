/**
 * A bounded cache of results per (target, text), least recently used first out.
 *
 * Header values repeat from request to request; a hit costs one hash lookup instead of a scan. Keys are copied, since
 * a text is often a slice that would keep the whole request head alive.
 */
import { SightingFilter } from './sighting-filter.ts';
import { VALUE_CACHE_ENTRIES_MAX, VALUE_CACHE_VALUE_BYTES_MAX } from '../core/limits.ts';

const NONE = -1;

export class ValueCache<T> {
  hits = 0;
  misses = 0;
  readonly #sightings = new SightingFilter();
  readonly #entriesMax: number;
  readonly #valueBytesMax: number;
  /** Slots by text, one map per target. */
  readonly #slots = new Map<number, Map<string, number>>();
  readonly #targets: Int32Array;
  readonly #texts: string[] = [];
  readonly #values: T[] = [];
  /** Neighbours in order of use, by slot. */
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  #newest = NONE;
  #oldest = NONE;

  constructor(entriesMax = VALUE_CACHE_ENTRIES_MAX, valueBytesMax = VALUE_CACHE_VALUE_BYTES_MAX) {
    this.#entriesMax = entriesMax;
    this.#valueBytesMax = valueBytesMax;
    this.#targets = new Int32Array(entriesMax);
    this.#newer = new Int32Array(entriesMax);
    this.#older = new Int32Array(entriesMax);
  }

  get size(): number {
    return this.#texts.length;
  }

  /** O(1) beside hashing the text; undefined and a miss when it is not there. */
  get(target: number, text: string): T | undefined {
    const slot = text.length <= this.#valueBytesMax ? this.#slots.get(target)?.get(text) : undefined;
    if (slot === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    if (slot !== this.#newest) {
      this.#unlink(slot);
      this.#linkNewest(slot);
    }
    return this.#values[slot];
  }

  /** Keeps a text from its second sighting on: most texts of a hostile or a cold stream never come again. */
  offer(target: number, text: string, value: T): void {
    if (text.length <= this.#valueBytesMax && this.#sightings.again(target, text))
      this.set(target, text, value);
  }

  /** Texts beyond the length limit are not kept; the least recently used entry makes room. */
  set(target: number, text: string, value: T): void {
    if (text.length > this.#valueBytesMax || this.#entriesMax === 0) return;
    const known = this.#slots.get(target)?.get(text);
    if (known !== undefined) {
      this.#values[known] = value;
      return;
    }
    const slot = this.#texts.length < this.#entriesMax ? this.#texts.length : this.#evictOldest();
    const key = Buffer.from(text, 'latin1').toString('latin1');
    let ofTarget = this.#slots.get(target);
    if (ofTarget === undefined) this.#slots.set(target, (ofTarget = new Map()));
    ofTarget.set(key, slot);
    this.#targets[slot] = target;
    this.#texts[slot] = key;
    this.#values[slot] = value;
    this.#linkNewest(slot);
  }

  clear(): void {
    this.#slots.clear();
    this.#texts.length = 0;
    this.#values.length = 0;
    this.#newest = NONE;
    this.#oldest = NONE;
  }

  #evictOldest(): number {
    const slot = this.#oldest;
    const ofTarget = this.#slots.get(this.#targets[slot]);
    ofTarget?.delete(this.#texts[slot]);
    if (ofTarget?.size === 0) this.#slots.delete(this.#targets[slot]);
    this.#unlink(slot);
    return slot;
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot];
    const older = this.#older[slot];
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
  }

  #linkNewest(slot: number): void {
    this.#newer[slot] = NONE;
    this.#older[slot] = this.#newest;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }
}
