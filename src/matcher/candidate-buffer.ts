/** Where a scan leaves its result. */

/** Entries whose need may hold (possible) or does hold (confirmed) for one value; each at most once per scan. */
export class CandidateBuffer {
  count = 0;
  /** Entry ids; the first `count` are valid. */
  ids: Int32Array;
  /** 1 where the entry's exact search has matched, 0 where the caller has to evaluate it. */
  confirmed: Uint8Array;

  /** It grows when a scan needs more. */
  constructor(capacity = 64) {
    this.ids = new Int32Array(capacity);
    this.confirmed = new Uint8Array(capacity);
  }

  clear(): void {
    this.count = 0;
  }

  push(id: number, confirmed: boolean): void {
    if (this.count === this.ids.length) this.#grow();
    this.ids[this.count] = id;
    this.confirmed[this.count++] = confirmed ? 1 : 0;
  }

  #grow(): void {
    const ids = new Int32Array(Math.max(16, this.ids.length * 2));
    ids.set(this.ids);
    const confirmed = new Uint8Array(ids.length);
    confirmed.set(this.confirmed);
    this.ids = ids;
    this.confirmed = confirmed;
  }
}
