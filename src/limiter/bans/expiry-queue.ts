/**
 * A binary min-heap by time that knows where each of its members stands, so that one whose time changes is moved in
 * O(log n) instead of being left behind as a stale copy (Williams, "Algorithm 232: Heapsort", 1964). As many places as
 * members: it needs no bound of its own.
 */

/** What can stand in a queue. A member belongs to one queue at a time. */
export interface Expiring {
  /** Monotonic milliseconds. Only the queue's owner changes it, and calls `moved` then. */
  expiresAtMs: number;
  /** Kept by the queue; -1 outside. */
  place: number;
}

export class ExpiryQueue<Member extends Expiring> {
  readonly #heap: Member[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The member that expires first. */
  get first(): Member | undefined {
    return this.#heap[0];
  }

  add(member: Member): void {
    member.place = this.#heap.length;
    this.#heap.push(member);
    this.#rise(member);
  }

  /** To be called after the time of a member has changed. */
  moved(member: Member): void {
    this.#rise(member);
    this.#sink(member);
  }

  remove(member: Member): void {
    const last = this.#heap.pop() as Member;
    if (last !== member) {
      this.#put(last, member.place);
      this.moved(last);
    }
    member.place = -1;
  }

  #rise(member: Member): void {
    while (member.place > 0) {
      const parent = this.#heap[(member.place - 1) >> 1] as Member;
      if (parent.expiresAtMs <= member.expiresAtMs) return;
      this.#swap(parent, member);
    }
  }

  #sink(member: Member): void {
    for (;;) {
      const left = this.#heap[2 * member.place + 1];
      const right = this.#heap[2 * member.place + 2];
      if (left === undefined) return;
      const child = right !== undefined && right.expiresAtMs < left.expiresAtMs ? right : left;
      if (child.expiresAtMs >= member.expiresAtMs) return;
      this.#swap(member, child);
    }
  }

  /** Exchanges a parent and its child. */
  #swap(upper: Member, lower: Member): void {
    const place = upper.place;
    this.#put(upper, lower.place);
    this.#put(lower, place);
  }

  #put(member: Member, place: number): void {
    this.#heap[place] = member;
    member.place = place;
  }
}
