/**
 * One lock for each set of a table that the worker threads of a process share. A set is held for some 100 ns, by code
 * that neither calls out nor allocates, so a thread that finds it taken first spins.
 *
 * A thread can be ended, or taken off its core, while it holds a set. Waiting for it without end would let one dead
 * worker stop all others, so after `SET_LOCK_WAIT_MS_MAX` the set is taken from its holder. If that holder was only
 * asleep, two threads are then in one set: what they write are counts in typed arrays at indices of their own making,
 * so the harm is a count that is wrong once, and never a place outside the table.
 */
import { SET_LOCK_SPINS_MAX, SET_LOCK_WAIT_MS_MAX } from '../core/limits.ts';

const FREE = 0;

export class SetLocks {
  /** One word for each set, in shared memory, all zero at first. */
  readonly #words: Int32Array;
  readonly #owner: number;

  /** `workerIndex`: a number from 0 that no other thread uses on these words. */
  constructor(words: Int32Array, workerIndex: number) {
    this.#words = words;
    this.#owner = workerIndex + 1;
  }

  /** Waits until the set is this thread's. Not reentrant. About 15 ns when free. */
  acquire(set: number): void {
    if (Atomics.compareExchange(this.#words, set, FREE, this.#owner) !== FREE) this.#wait(set);
  }

  /** Does nothing if the set was taken away meanwhile. */
  release(set: number): void {
    Atomics.compareExchange(this.#words, set, this.#owner, FREE);
  }

  #wait(set: number): void {
    for (let spins = 0; spins < SET_LOCK_SPINS_MAX; spins++) {
      if (Atomics.compareExchange(this.#words, set, FREE, this.#owner) === FREE) return;
    }
    for (let waitedMs = 0; waitedMs < SET_LOCK_WAIT_MS_MAX; waitedMs++) {
      const holder = Atomics.load(this.#words, set);
      // Nobody wakes us: release() does not pay for a notification, so this only sleeps a millisecond.
      if (holder !== FREE) Atomics.wait(this.#words, set, holder, 1);
      if (Atomics.compareExchange(this.#words, set, FREE, this.#owner) === FREE) return;
    }
    Atomics.store(this.#words, set, this.#owner);
  }
}
