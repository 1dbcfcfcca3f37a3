// Seeded choice. Every choice hangs on a name of its own, so that a new seed changes no case but its own.
import { createHash } from 'node:crypto';
import { halfOf } from '../../bench/detection/collection.mjs';

/** Changed only to replace the whole generated corpus. */
const SEED = 'ward-labelled-1';

/** A sequence of random numbers of its own for each name. */
export class Draw {
  #name;
  #half;
  #bytes = Buffer.alloc(0);
  #at = 0;
  #block = 0;

  /** `half`: 0 or 1, the part of shared lists that `own` chooses from. */
  constructor(name, half = 0) {
    this.#name = name;
    this.#half = half;
  }

  /** An integer from 0 to `below` - 1; `below` up to 2^32. */
  int(below) {
    return this.#next() % below;
  }

  pick(list) {
    return list[this.int(list.length)];
  }

  /**
   * One of the entries that belong to this half alone: were sentences shared by both halves, what is learned from one
   * would be known of the other.
   */
  own(list) {
    return this.pick(list.filter((_, index) => index % 2 === this.#half));
  }

  /** `count` different entries, or all if there are fewer. */
  some(list, count) {
    const left = [...list];
    const taken = [];
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.int(left.length), 1));
    return taken;
  }

  /** Text of `length` characters of an alphabet. */
  text(length, alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') {
    return Array.from({ length }, () => alphabet[this.int(alphabet.length)]).join('');
  }

  hex(length) {
    return this.text(length, '0123456789abcdef');
  }

  bytes(length) {
    return Buffer.from(Array.from({ length }, () => this.int(256)));
  }

  #next() {
    if (this.#at + 4 > this.#bytes.length) {
      this.#bytes = createHash('sha256')
        .update(`${SEED}\0${this.#name}\0${this.#block++}`)
        .digest();
      this.#at = 0;
    }
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }
}

/** What all variants of one seed share; the half of the corpus they belong to hangs on it. */
export function familyOf(kind, seed) {
  return createHash('sha256').update(`${kind} ${seed}`).digest('hex').slice(0, 8);
}

/** A family of the tuning half, for seeds whose wrong answers were seen: they can hold nothing out any more. */
export function retiredFamilyOf(kind, seed) {
  for (let salt = 0; ; salt++) {
    const family = familyOf(kind, `${seed} ${salt}`);
    if (halfOf(family) === 'tune') return family;
  }
}
