/** How often workers that die are replaced, and after what wait: a fault that comes back at once must not spin. */
import {
  WORKER_BACKOFF_MS,
  WORKER_BACKOFF_MS_MAX,
  WORKER_RESTARTS_MAX,
  WORKER_RESTART_WINDOW_MS,
} from '../core/limits.ts';

export class RestartBudget {
  #recent: number[] = [];

  /**
   * A worker died.
   *
   * @param nowMs monotonic time
   * @returns milliseconds to wait before it is replaced, null when too many died within the window
   */
  spend(nowMs: number): number | null {
    this.#recent = [...this.#recent.filter((at) => nowMs - at < WORKER_RESTART_WINDOW_MS), nowMs];
    const restarts = this.#recent.length;
    if (restarts > WORKER_RESTARTS_MAX) return null;
    return Math.min(WORKER_BACKOFF_MS * 2 ** (restarts - 1), WORKER_BACKOFF_MS_MAX);
  }
}
