/**
 * Answers whose client takes nothing at the moment, and how long they wait for it.
 *
 * uWebSockets.js cuts such a client after about 10 s, although the kernel asks for more only when a third of its buffer is
 * free: a phone may need longer than that for a megabyte. So its clock is wound up again until ours has run down.
 */
import type { Clock } from '../../core/clock.ts';
import { SLOW_SWEEP_MS } from '../../core/limits.ts';

export interface BlockedAnswer {
  /** Winds the library's clock up again. */
  keepWaiting(): void;
  /** The client is given up. */
  cutClient(): void;
}

export class BlockedAnswers {
  readonly #writeMs: number;
  readonly #onSlow: () => void;
  readonly #clock: Clock;
  /** By answer, when it was blocked. */
  readonly #since = new Map<BlockedAnswer, number>();
  readonly #timer: NodeJS.Timeout;

  /** @param writeMs 0: clients are waited for without end */
  constructor(writeMs: number, onSlow: () => void, clock: Clock) {
    this.#writeMs = writeMs;
    this.#onSlow = onSlow;
    this.#clock = clock;
    this.#timer = setInterval(() => this.sweep(), SLOW_SWEEP_MS);
    this.#timer.unref();
  }

  blocked(answer: BlockedAnswer): void {
    this.#since.set(answer, this.#clock.monotonic());
  }

  /** It moves again, or has ended. Idempotent. */
  released(answer: BlockedAnswer): void {
    this.#since.delete(answer);
  }

  /** Looks at all of them. Called by the timer, and by tests. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [answer, since] of this.#since) {
      if (this.#writeMs === 0 || now - since < this.#writeMs) {
        answer.keepWaiting();
        continue;
      }
      this.#since.delete(answer);
      this.#onSlow();
      answer.cutClient();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
