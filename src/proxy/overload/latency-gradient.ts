/**
 * How much of the usual concurrency the service bears now, judged by its own past: a service that answers many times
 * slower than it is used to has a queue of its own, and more requests only lengthen it (the idea of gradient
 * concurrency limits).
 *
 * It never sheds by itself. It makes the room in flight smaller, so that a slow route with few requests changes nothing.
 */
import {
  LATENCY_BASELINE_ANSWERS,
  LATENCY_FLOOR_MS,
  LATENCY_GRADIENT_MIN,
  LATENCY_TOLERANCE,
} from '../../core/limits.ts';

/** Weight of an answer in the present latency: about the last 30 count. */
const PRESENT_WEIGHT = 1 / 32;

export class LatencyGradient {
  #present = 0;
  #usual = 0;
  #answers = 0;

  /** Milliseconds the service usually takes to the head of an answer; 0 until learnt. */
  get usualMs(): number {
    return this.#answers < LATENCY_BASELINE_ANSWERS ? 0 : this.#usual;
  }

  /**
   * @param calm nothing is being shed: only then does an answer tell what is usual, else a long overload would be
   */
  note(ms: number, calm: boolean): void {
    this.#present += (ms - this.#present) * (this.#answers === 0 ? 1 : PRESENT_WEIGHT);
    if (!calm) return;
    this.#answers += 1;
    this.#usual += (ms - this.#usual) / Math.min(this.#answers, LATENCY_BASELINE_ANSWERS);
  }

  /** Part of the room in flight that is left, `LATENCY_GRADIENT_MIN` to 1; 1 until the usual latency is learnt. */
  get gradient(): number {
    if (this.#answers < LATENCY_BASELINE_ANSWERS) return 1;
    const tolerated = LATENCY_TOLERANCE * Math.max(this.#usual, LATENCY_FLOOR_MS);
    return Math.min(1, Math.max(LATENCY_GRADIENT_MIN, tolerated / Math.max(this.#present, 1)));
  }
}
