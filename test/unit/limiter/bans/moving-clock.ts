/** Two clocks that move apart: monotonic time goes on, wall time jumps. */
import type { Clock } from '../../../../src/core/clock.ts';

export class MovingClock implements Clock {
  #monotonicMs = 1_000;
  #wallMs = 1_700_000_000_000;

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  /** Both. */
  advance(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }

  /** The wall clock alone: somebody set it. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }
}
