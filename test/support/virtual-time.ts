/** Time that passes only when a test says so, with everything that is due then run in order. */
import type { Clock } from '../../src/core/clock.ts';
import type { TimerHandle, Timers } from '../../src/limiter/cluster/timers.ts';

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

export class VirtualTime implements Clock, Timers {
  /** By time; of the same time, in the order of setting. */
  #due: Due[] = [];
  #ms: number;

  constructor(startMs = 1_000_000) {
    this.#ms = startMs;
  }

  now(): number {
    return this.#ms;
  }

  monotonic(): number {
    return this.#ms;
  }

  after(ms: number, run: () => void): TimerHandle {
    const due: Due = { atMs: this.#ms + Math.max(0, ms), run };
    const place = this.#due.findIndex((other) => other.atMs > due.atMs);
    this.#due.splice(place < 0 ? this.#due.length : place, 0, due);
    return {
      cancel: () => {
        this.#due = this.#due.filter((other) => other !== due);
      },
    };
  }

  afterIo(run: () => void): void {
    this.after(0, run);
  }

  /** Timers set and neither run nor cancelled. */
  get pending(): number {
    return this.#due.length;
  }

  /** Lets time pass; promises settled by what runs are followed to their end before the next thing is due. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#ms + ms;
    await settle();
    for (let next = this.#due[0]; next !== undefined && next.atMs <= endMs; next = this.#due[0]) {
      this.#due.shift();
      this.#ms = Math.max(this.#ms, next.atMs);
      next.run();
      await settle();
    }
    this.#ms = endMs;
  }

  /** A thread that stands still: time is gone and nothing has run. */
  stall(ms: number): void {
    this.#ms += ms;
  }
}

/** Runs all promise reactions that are ready, and those they make ready. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
