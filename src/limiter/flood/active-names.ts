/**
 * Texts of active keys, in shared memory, so that any thread can tell which they are and whichever thread releases a
 * key can name it. A place is claimed by compare-and-swap; its texts are written and read only under the lock of the
 * set its record is in.
 */
import { FLOOD_KEY_CHARS_MAX, FLOOD_NAME_CHARS_MAX, FLOOD_NAMES_MAX } from '../../core/limits.ts';
import { readText, writeText } from './shared-text.ts';

/** Words of one name: taken or free, record, lengths of the texts, whether it is the rest. */
const STATE = 0;
const RECORD = 1;
const FLOOD_LENGTH = 2;
const KEY_LENGTH = 3;
const IS_REST = 4;
const WORDS = 8 + (FLOOD_NAME_CHARS_MAX + FLOOD_KEY_CHARS_MAX) / 4;
const FLOOD_TEXT = 8 * 4;
const KEY_TEXT = FLOOD_TEXT + FLOOD_NAME_CHARS_MAX;

export const NAMES_BYTES = FLOOD_NAMES_MAX * WORDS * 4;

const FREE = 0;
const TAKEN = 1;

export interface ActiveName {
  readonly flood: string;
  readonly key: string;
  readonly isRest: boolean;
}

export class ActiveNames {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** Where to look first; only a hint. */
  #next = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#bytes = new Uint8Array(memory);
  }

  /** The place of the new name, or -1 if all are taken. Up to 2 µs when they are. */
  claim(record: number, name: ActiveName): number {
    for (let tries = 0; tries < FLOOD_NAMES_MAX; tries++) {
      const place = (this.#next + tries) % FLOOD_NAMES_MAX;
      const at = place * WORDS;
      if (Atomics.compareExchange(this.#words, at + STATE, FREE, TAKEN) !== FREE) continue;
      this.#next = place + 1;
      this.#words[at + RECORD] = record;
      this.#words[at + IS_REST] = name.isRest ? 1 : 0;
      this.#words[at + FLOOD_LENGTH] = writeText(
        this.#bytes,
        at * 4 + FLOOD_TEXT,
        name.flood,
        FLOOD_NAME_CHARS_MAX,
      );
      this.#words[at + KEY_LENGTH] = writeText(this.#bytes, at * 4 + KEY_TEXT, name.key, FLOOD_KEY_CHARS_MAX);
      return place;
    }
    return -1;
  }

  free(place: number): void {
    Atomics.store(this.#words, place * WORDS + STATE, FREE);
  }

  read(place: number): ActiveName {
    const at = place * WORDS;
    const words = this.#words;
    const flood = readText(this.#bytes, at * 4 + FLOOD_TEXT, words[at + FLOOD_LENGTH], FLOOD_NAME_CHARS_MAX);
    const key = readText(this.#bytes, at * 4 + KEY_TEXT, words[at + KEY_LENGTH], FLOOD_KEY_CHARS_MAX);
    return { flood, key, isRest: words[at + IS_REST] !== 0 };
  }

  /** The record a taken place belongs to, or -1; to be confirmed by the record under its lock. */
  recordOf(place: number): number {
    return Atomics.load(this.#words, place * WORDS + STATE) === TAKEN
      ? this.#words[place * WORDS + RECORD]
      : -1;
  }
}
