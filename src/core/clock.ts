/** Time as a dependency, so that tests can move it. Milliseconds throughout. */

export interface Clock {
  /** Wall time, milliseconds since the epoch. */
  now(): number;
  /** Monotonic time in milliseconds, for durations. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/**
 * Adds up to the kernel's monotonic clock: `performance.now()` begins at zero in each worker thread, `process.hrtime`
 * has one origin for all. The smallest of a few differences is the one that was interrupted least.
 */
function threadStartMs(): number {
  let offsetMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 8; i++) {
    const sinceStartMs = performance.now();
    const [s, ns] = process.hrtime();
    offsetMs = Math.min(offsetMs, s * 1e3 + ns / 1e6 - sinceStartMs);
  }
  return offsetMs;
}

const THREAD_START_MS = threadStartMs();

/** Its monotonic time is the same in all threads of the process, to some microseconds; it costs what `performance.now()` does. */
export const processClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() + THREAD_START_MS,
};

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  #ms: number;

  constructor(startMs = 0) {
    this.#ms = startMs;
  }

  now(): number {
    return this.#ms;
  }

  monotonic(): number {
    return this.#ms;
  }

  advance(ms: number): void {
    this.#ms += ms;
  }
}
