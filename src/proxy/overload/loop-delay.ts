/**
 * How far the event loop is behind, as the least delay of some timers in a row.
 *
 * The least one tells a standing queue from a burst (CoDel, RFC 8289 §3.3): a collection of garbage or one long request
 * delays one timer, an overloaded loop delays them all.
 */
import { LOOP_DELAY_SAMPLES, LOOP_DELAY_SAMPLE_MS } from '../../core/limits.ts';

export class LoopDelay {
  #dueMs: number;
  #least = Infinity;
  #samples = 0;
  #delayMs = 0;

  constructor(nowMs: number) {
    this.#dueMs = nowMs + LOOP_DELAY_SAMPLE_MS;
  }

  /** Milliseconds, of the last complete row of samples. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** To be called by a timer of `LOOP_DELAY_SAMPLE_MS`. Returns true when a row is complete and `delayMs` new. */
  sample(nowMs: number): boolean {
    this.#least = Math.min(this.#least, Math.max(0, nowMs - this.#dueMs));
    this.#dueMs = nowMs + LOOP_DELAY_SAMPLE_MS;
    this.#samples += 1;
    if (this.#samples < LOOP_DELAY_SAMPLES) return false;
    this.#delayMs = this.#least;
    this.#least = Infinity;
    this.#samples = 0;
    return true;
  }
}
