/**
 * Calls that somebody waits for, oldest first: a doubly linked list through the calls themselves.
 *
 * Not a Set: a Set that is filled and emptied all the time leaves old tables behind, which keep calls alive through many
 * collections (measured: four fifths of the cost of a decision). So a call that leaves also lets go of its neighbours.
 */
import type { LimitDemand } from '../limit-store.ts';

export class PendingCall {
  readonly dueMs: number;
  readonly demands: readonly LimitDemand[];
  /** Answers whoever waits with "away". */
  readonly giveUp: () => void;
  isWaiting = false;
  previous: PendingCall | undefined;
  next: PendingCall | undefined;

  constructor(dueMs: number, demands: readonly LimitDemand[], giveUp: () => void) {
    this.dueMs = dueMs;
    this.demands = demands;
    this.giveUp = giveUp;
    this.previous = undefined;
    this.next = undefined;
  }
}

export class PendingCalls {
  #first: PendingCall | undefined;
  #last: PendingCall | undefined;

  /** The oldest. */
  get first(): PendingCall | undefined {
    return this.#first;
  }

  add(call: PendingCall): void {
    call.isWaiting = true;
    call.previous = this.#last;
    if (this.#last === undefined) this.#first = call;
    else this.#last.next = call;
    this.#last = call;
  }

  /** False if it had left already. */
  remove(call: PendingCall): boolean {
    if (!call.isWaiting) return false;
    const { previous, next } = call;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    call.isWaiting = false;
    call.previous = undefined;
    call.next = undefined;
    return true;
  }
}
