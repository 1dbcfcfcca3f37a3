/**
 * One key's record: how many requests it made in each of the last eight slots, what is usual for it, and, while it is
 * active, since when and until when.
 *
 * **Rate.** The slots of one period are counted exactly and the slot that is only partly within the trailing period is
 * left out. So the rate never counts a request that is older than the period, misses at most those of its first eighth,
 * and at the end of each slot it is exact. A flood can therefore never be seen where there is none.
 *
 * **Baseline.** An exponentially weighted moving average over slots, exact for idle time (e^(-t/tau), worked out when the
 * next request comes). A slot is learned when it leaves the window, a period after it began: when a key trips, the
 * requests that made it trip are still in the window and teach nothing, nor does anything while it is active.
 *
 * The caller holds the lock of the record's set.
 */
import { type FloodTerms, SLOTS } from './flood-terms.ts';

/** Records of one set: where a key may be. */
export const WAYS = 8;
/** Two cache lines; the first is all that a request of a quiet key touches. */
export const RECORD_BYTES = 128;
const WORDS = RECORD_BYTES / 4;
const NUMBERS = RECORD_BYTES / 8;

/** 32-bit words. */
const HASH_LOW = 0; // 0: no record
const HASH_HIGH = 1;
const WINDOW = 2; // eight counts; the count of slot s is at s modulo 8
const STAGE = 10; // 0: not active; else the stage last announced, plus one
const NAME = 11; // place of its name, plus one; 0: none
/** 64-bit numbers, counted from the start of the record. */
const SLOT = 6; // the newest slot of the window
const BASELINE = 7; // requests per slot
const SLOT_MS = 8;
const DECAY = 9;
const FLOOR = 10; // requests per period
const TRIPPED_MS = 11;
const HIGH_SLOT = 12; // the last slot in which it was not low
const LOW = 13; // fewer requests per period than this are low; at least 1, so that silence is
const RELEASE_SLOTS = 14;
const HOLD_SLOTS = 15; // active for so much longer, as the reached stage asks

const COUNT_MAX = 2 ** 31 - 1;
/** More heat than any key that is not active can have. */
const ACTIVE_HEAT = 2 ** 40;

export class FloodRecords {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly sets: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#numbers = new Float64Array(memory);
    this.sets = memory.byteLength / RECORD_BYTES / WAYS;
  }

  isEmpty(record: number): boolean {
    return this.#words[record * WORDS + HASH_LOW] === 0;
  }

  holds(record: number, low: number, high: number): boolean {
    const at = record * WORDS;
    return this.#words[at + HASH_LOW] === low && this.#words[at + HASH_HIGH] === high;
  }

  /** Makes the record that of a key not seen before. `low` is not 0. */
  begin(record: number, low: number, high: number, slot: number, terms: FloodTerms): void {
    const at = record * WORDS;
    const to = record * NUMBERS;
    this.#words.fill(0, at, at + WORDS);
    this.#words[at + HASH_LOW] = low;
    this.#words[at + HASH_HIGH] = high;
    this.#numbers[to + SLOT] = slot;
    this.#numbers[to + BASELINE] = 0;
    this.#numbers[to + SLOT_MS] = terms.slotMs;
    this.#numbers[to + DECAY] = terms.decay;
    this.#numbers[to + FLOOR] = terms.policy.floor.count;
  }

  /** Moves the window on to `slot` and learns what leaves it. A slot of the past changes nothing. */
  advance(record: number, slot: number, terms: FloodTerms): void {
    const to = record * NUMBERS;
    const gap = slot - this.#numbers[to + SLOT];
    if (!(gap > 0)) return;
    if (this.isActive(record)) {
      this.#drain(record, slot);
      return;
    }
    let baseline = this.#numbers[to + BASELINE];
    const from = this.#numbers[to + SLOT];
    for (let step = 1; step <= gap && step <= SLOTS; step++) {
      const cell = record * WORDS + WINDOW + ((from + step) & (SLOTS - 1));
      baseline += terms.learning * (this.#words[cell] - baseline);
      this.#words[cell] = 0;
    }
    if (gap > SLOTS) baseline *= Math.exp(-terms.decay * (gap - SLOTS));
    this.#numbers[to + BASELINE] = baseline;
    this.#numbers[to + SLOT] = slot;
  }

  /** The same for an active record, which learns nothing but remembers until when it was not low. */
  #drain(record: number, slot: number): void {
    const to = record * NUMBERS;
    const from = this.#numbers[to + SLOT];
    let count = this.windowCount(record);
    for (let step = 1; step <= slot - from && step <= SLOTS; step++) {
      const cell = record * WORDS + WINDOW + ((from + step) & (SLOTS - 1));
      count -= this.#words[cell];
      this.#words[cell] = 0;
      if (count >= this.#numbers[to + LOW]) this.#numbers[to + HIGH_SLOT] = from + step;
    }
    this.#numbers[to + SLOT] = slot;
  }

  /** Counts one request in the newest slot. */
  add(record: number): void {
    const cell = record * WORDS + WINDOW + (this.#numbers[record * NUMBERS + SLOT] & (SLOTS - 1));
    if (this.#words[cell] < COUNT_MAX) this.#words[cell]++;
  }

  /** Requests in the window. */
  windowCount(record: number): number {
    const words = this.#words;
    const at = record * WORDS + WINDOW;
    return (
      words[at] +
      words[at + 1] +
      words[at + 2] +
      words[at + 3] +
      words[at + 4] +
      words[at + 5] +
      words[at + 6] +
      words[at + 7]
    );
  }

  /** Requests per period that are usual. */
  baseline(record: number): number {
    return this.#numbers[record * NUMBERS + BASELINE] * SLOTS;
  }

  periodMs(record: number): number {
    return this.#numbers[record * NUMBERS + SLOT_MS] * SLOTS;
  }

  floor(record: number): number {
    return this.#numbers[record * NUMBERS + FLOOR];
  }

  isActive(record: number): boolean {
    return this.#words[record * WORDS + STAGE] !== 0;
  }

  /** The stage last announced; -1 while not active. */
  stage(record: number): number {
    return this.#words[record * WORDS + STAGE] - 1;
  }

  /** Goes from one stage to another, -1 for not active; false if another thread did so first. */
  changeStage(record: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, record * WORDS + STAGE, from + 1, to + 1) === from + 1;
  }

  /** Place of the active key's name; -1 if it has none. */
  name(record: number): number {
    return this.#words[record * WORDS + NAME] - 1;
  }

  setName(record: number, place: number): void {
    this.#words[record * WORDS + NAME] = place + 1;
  }

  trippedMs(record: number): number {
    return this.#numbers[record * NUMBERS + TRIPPED_MS];
  }

  /** The key trips, which it does in a slot that is not low. */
  setTripped(record: number, nowMs: number): void {
    const to = record * NUMBERS;
    this.#numbers[to + TRIPPED_MS] = nowMs;
    this.#numbers[to + HIGH_SLOT] = this.#numbers[to + SLOT];
  }

  /** Takes over what the policy calls low, and remembers if the key is not. */
  holdHigh(record: number, terms: FloodTerms): void {
    const to = record * NUMBERS;
    const low = Math.max(1, terms.policy.releaseTimes * this.baseline(record), terms.lowFloor);
    this.#numbers[to + LOW] = low;
    this.#numbers[to + RELEASE_SLOTS] = terms.releaseSlots;
    this.#numbers[to + FLOOR] = terms.policy.floor.count;
    if (this.windowCount(record) < low) return;
    // Comes back while it is held: the time between was no flood, and brings no later stage nearer.
    this.#numbers[to + TRIPPED_MS] += Math.max(0, this.#heldSlots(record)) * this.#numbers[to + SLOT_MS];
    this.#numbers[to + HIGH_SLOT] = this.#numbers[to + SLOT];
  }

  /** How much longer than the policy's release the key stays active, in slots. */
  setHold(record: number, slots: number): void {
    this.#numbers[record * NUMBERS + HOLD_SLOTS] = slots;
  }

  /** An active key that is so only because the stage it reached lasts longer than the flood. */
  isHeld(record: number): boolean {
    return this.#heldSlots(record) > 0;
  }

  /** Moves an active record on to the present and tells whether it has been low for long enough. */
  isOver(record: number, nowMs: number): boolean {
    const to = record * NUMBERS;
    const slot = Math.floor(nowMs / this.#numbers[to + SLOT_MS]);
    if (slot > this.#numbers[to + SLOT]) this.#drain(record, slot);
    return this.#heldSlots(record) > this.#numbers[to + HOLD_SLOTS];
  }

  /** Slots since the policy's release would have come; not above 0 before. */
  #heldSlots(record: number): number {
    const to = record * NUMBERS;
    return this.#numbers[to + SLOT] - this.#numbers[to + HIGH_SLOT] - this.#numbers[to + RELEASE_SLOTS];
  }

  /**
   * How much would be lost with this record: requests in the window plus the baseline, by the floor. An active key
   * outweighs all that are not, and one that is not low now cannot be given up at all (Infinity). Changes nothing.
   */
  heat(record: number, nowMs: number): number {
    const to = record * NUMBERS;
    const from = this.#numbers[to + SLOT];
    const gap = Math.max(0, Math.floor(nowMs / this.#numbers[to + SLOT_MS]) - from);
    let count = 0;
    for (let step = gap + 1; step <= SLOTS; step++) {
      count += this.#words[record * WORDS + WINDOW + ((from + step) & (SLOTS - 1))];
    }
    if (this.isActive(record)) return count >= this.#numbers[to + LOW] ? Infinity : ACTIVE_HEAT + count;
    const baseline = this.baseline(record);
    const decayed =
      gap > 0 && baseline > 0 ? baseline * Math.exp(-this.#numbers[to + DECAY] * gap) : baseline;
    return (count + decayed) / this.#numbers[to + FLOOR];
  }
}
