/**
 * Finds the record of a key, or makes room for it.
 *
 * A key may be in any of the eight places of the set its hash names. When all are taken the coldest is given up: the one
 * that made the fewest requests lately, counted as a share of its floor, and whose usual rate is lowest. An active key
 * goes only when all eight are active, and never while it is not low. So what a million new keys can push out is bounded:
 * a key is lost only while seven others of its set are at least as hot, and the set is chosen by a secret.
 */
import { type FloodRecords, WAYS } from './flood-record.ts';

export class FloodPlaces {
  readonly #records: FloodRecords;
  /** After `find`: -1, or the record that was given up and is to be begun anew. */
  victim = -1;
  /** After `find`: the key had no record. */
  isNew = false;

  constructor(records: FloodRecords) {
    this.#records = records;
  }

  /** The set of a hash; which bits it takes does not matter, the whole hash is compared. */
  setOf(high: number): number {
    return high & (this.#records.sets - 1);
  }

  /** The key's record, an empty one or the victim; -1 if all places are held by keys that flood right now. */
  find(set: number, low: number, high: number, nowMs: number): number {
    const records = this.#records;
    const first = set * WAYS;
    this.victim = -1;
    this.isNew = false;
    let empty = -1;
    for (let record = first; record < first + WAYS; record++) {
      if (records.holds(record, low, high)) return record;
      if (empty < 0 && records.isEmpty(record)) empty = record;
    }
    this.isNew = true;
    if (empty >= 0) return empty;
    let coldest = Infinity;
    for (let record = first; record < first + WAYS; record++) {
      const heat = records.heat(record, nowMs);
      if (heat >= coldest) continue;
      coldest = heat;
      this.victim = record;
    }
    return this.victim;
  }
}
