/**
 * Locks in shared memory: one 32-bit word, 0 while free.
 *
 * What is done under a lock takes a microsecond, so waiting begins by spinning; a holder that the kernel has put aside is
 * slept for, in steps of a millisecond. A holder that died (a worker that was terminated inside) never comes back: whoever has
 * seen one and the same acquisition through `LOCK_STEAL_WAITS` such steps takes the lock over. Steps are counted and not time,
 * so that a process that was stopped as a whole does not find its locks stolen when it goes on. Should a holder come back
 * after all, it leaves the lock alone, and at worst one record has lost one update.
 */
import { LOCK_SPINS_MAX, LOCK_STEAL_WAITS, LOCK_WAIT_MS } from '../core/limits.ts';

/** Set while somebody sleeps for the lock; tickets are even. */
const AWAITED = 1;
const COUNTER_BITS = 20;
const MEMBERS = 1_023;

/** Tells acquisitions apart: `member` numbers the threads, `counter` the acquisitions of one. Never 0. */
export function lockTicket(member: number, counter: number): number {
  return (((member % MEMBERS) + 1) << (COUNTER_BITS + 1)) | ((counter & (2 ** COUNTER_BITS - 1)) << 1);
}

/** The tickets of one thread: another for each acquisition. */
export class Tickets {
  readonly #member: number;
  #counter = 0;

  /** `member`: a number from 0 that no other thread uses for these locks. */
  constructor(member: number) {
    this.#member = member;
  }

  next(): number {
    this.#counter = (this.#counter + 1) | 0;
    return lockTicket(this.#member, this.#counter);
  }
}

/** Takes the lock, sooner or later. Not reentrant. About 15 ns while it is free. */
export function acquire(words: Int32Array, at: number, ticket: number): void {
  for (let spin = 0; spin < LOCK_SPINS_MAX; spin++) {
    if (Atomics.compareExchange(words, at, 0, ticket) === 0) return;
  }
  acquireAsleep(words, at, ticket);
}

function acquireAsleep(words: Int32Array, at: number, ticket: number): void {
  let seen = 0;
  let waits = 0;
  for (;;) {
    const held = Atomics.load(words, at);
    if ((held & ~AWAITED) !== seen) {
      seen = held & ~AWAITED;
      waits = 0;
    }
    if (held === 0 || waits >= LOCK_STEAL_WAITS) {
      // Others may sleep still: the mark stays.
      if (Atomics.compareExchange(words, at, held, ticket | AWAITED) === held) return;
    } else if (Atomics.compareExchange(words, at, held, held | AWAITED) === held) {
      if (Atomics.wait(words, at, held | AWAITED, LOCK_WAIT_MS) === 'timed-out') waits++;
    }
  }
}

/** Gives the lock back, unless it was taken over. */
export function release(words: Int32Array, at: number, ticket: number): void {
  const held = Atomics.compareExchange(words, at, ticket, 0);
  if (held !== (ticket | AWAITED)) return;
  if (Atomics.compareExchange(words, at, held, 0) === held) Atomics.notify(words, at, 1);
}
