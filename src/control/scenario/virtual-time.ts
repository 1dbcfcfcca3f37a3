/** Time of a scenario: a clock that moves only by `advance`, with the timers that hang on it. */
import type { Clock } from '../../core/clock.ts';
import { SCENARIO_TIMERS_MAX } from '../../core/limits.ts';
import type { TimerHandle, Timers } from '../../limiter/cluster/timers.ts';

interface Alarm {
  readonly dueMs: number;
  readonly run: () => void;
}

export class VirtualTime implements Clock, Timers {
  #ms: number;
  readonly #alarms = new Set<Alarm>();

  constructor(startMs: number) {
    this.#ms = startMs;
  }

  now(): number {
    return this.#ms;
  }

  monotonic(): number {
    return this.#ms;
  }

  after(ms: number, run: () => void): TimerHandle {
    const alarm: Alarm = { dueMs: this.#ms + ms, run };
    this.#alarms.add(alarm);
    return {
      cancel: () => {
        this.#alarms.delete(alarm);
      },
    };
  }

  afterIo(run: () => void): void {
    queueMicrotask(run);
  }

  /**
   * Moves on, running what falls due at its time. Of something that repeats for ever only the first
   * SCENARIO_TIMERS_MAX are run; the rest of the time passes at once.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#ms + ms;
    for (let run = 0; run < SCENARIO_TIMERS_MAX; run++) {
      const next = this.#next();
      if (next === undefined || next.dueMs > end) break;
      this.#ms = Math.max(this.#ms, next.dueMs);
      this.#alarms.delete(next);
      next.run();
      await settled();
    }
    this.#ms = end;
  }

  #next(): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) if (first === undefined || alarm.dueMs < first.dueMs) first = alarm;
    return first;
  }
}

/** Whatever was answered has been dealt with. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
