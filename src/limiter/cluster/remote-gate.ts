/**
 * The way to the remote store: a deadline for each call, and a circuit breaker, so that a dead store costs one deadline
 * once and not one per request.
 *
 * - One call without an answer by its deadline opens the breaker, for waiting is what an outage costs. Errors that come
 *   back at once cost no waiting and may lie in the question, so it takes STORE_FAILURES_MAX of them in a row.
 * - When it opens, every call that still waits is answered (with "away") at once.
 * - While it is open nobody asks but a probe on a timer, which asks for no tokens of the keys that failed last: on a
 *   cluster that lost some slots a probe of any other key would say that all is well. One lost slot therefore opens the
 *   breaker for all keys; the port does not tell slots apart, and local shares keep the bound.
 * - The pause between probes starts over only after a client's call succeeded, so that a store that answers probes and
 *   nothing else is not tried by clients more than once a second.
 * - A deadline that passes because this thread stood still (a collection, a reload) says nothing about the store: answers
 *   may lie in the socket. Then the socket is read once before anything is given up.
 */
import type { Clock } from '../../core/clock.ts';
import {
  STORE_CALLS_MAX,
  STORE_FAILURES_MAX,
  STORE_PROBE_MS,
  STORE_PROBE_MS_MAX,
} from '../../core/limits.ts';
import type { LimitDemand, LimitReadings } from '../limit-store.ts';
import type { RemoteStore } from '../remote-store.ts';
import type { ClusterFigures } from './cluster-figures.ts';
import { PendingCall, PendingCalls } from './pending-calls.ts';
import type { TimerHandle, Timers } from './timers.ts';

export interface RemoteGateParts {
  readonly remote: RemoteStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly deadlineMs: number;
  readonly figures: ClusterFigures;
  /** Told when the store is back. */
  readonly onReturn: () => void;
}

/** A question to the store and what becomes of it. */
export interface RemoteCall<T> {
  /** The keys it is about. */
  readonly demands: readonly LimitDemand[];
  send(remote: RemoteStore): Promise<T>;
  /** Called once, within the deadline: with the answer, or with undefined when the store is away. Must not throw. */
  settle(answer: T | undefined): void;
  /** Called with an answer that came after `settle(undefined)`. Must not throw. */
  late(answer: T): void;
}

export class RemoteGate {
  readonly #parts: RemoteGateParts;
  readonly #figures: ClusterFigures;
  /** All have the same deadline, so the first is the first to be due. */
  readonly #waiting = new PendingCalls();
  /** Calls sent whose promise has not settled, abandoned ones included. */
  #unsettled = 0;
  #deadlineTimer: TimerHandle | undefined;
  #probeTimer: TimerHandle | undefined;
  #probeMs = STORE_PROBE_MS;
  #probed: readonly LimitDemand[] = [];
  #failuresInRow = 0;
  #closed = false;

  constructor(parts: RemoteGateParts) {
    this.#parts = parts;
    this.#figures = parts.figures;
  }

  /** True while the store counts as away. */
  get away(): boolean {
    return this.#figures.away;
  }

  /** Asks the store; false, with nothing called, when it is away or too many calls have no answer. */
  ask<T>(call: RemoteCall<T>): boolean {
    if (this.#figures.away || this.#closed) return false;
    if (this.#unsettled >= STORE_CALLS_MAX) {
      this.#figures.overflows++;
      return false;
    }
    const dueMs = this.#parts.clock.monotonic() + this.#parts.deadlineMs;
    const waiting = new PendingCall(dueMs, call.demands, () => {
      call.settle(undefined);
    });
    this.#waiting.add(waiting);
    this.#deadlineTimer ??= this.#armDeadline(this.#parts.deadlineMs);
    void this.#run(call, waiting);
    return true;
  }

  /**
   * Gives tokens back, with nobody waiting. Lost, and counted as such, while the store is away or too busy: it may have
   * forgotten the tokens by the time it returns, and giving back what was forgotten would be a gift. `isHeard`: the store
   * has just told of these tokens, though it counts as away.
   */
  refund(readings: LimitReadings, isHeard = false): void {
    if ((this.#figures.away && !isHeard) || this.#closed || this.#unsettled >= STORE_CALLS_MAX) {
      this.#figures.refundsLost += readings.length;
    } else {
      void this.#refund(readings);
    }
  }

  /** Asks whether the store is back now, not at the end of the pause: its connection is there again. */
  probeNow(): void {
    if (this.#probeTimer === undefined || this.#closed) return;
    this.#probeTimer.cancel();
    void this.#probe();
  }

  /** Gives up what waits and stops the timers. */
  close(): void {
    this.#closed = true;
    this.#probeTimer?.cancel();
    this.#giveUpAll();
  }

  async #run<T>(call: RemoteCall<T>, waiting: PendingCall): Promise<void> {
    this.#unsettled++;
    let answer: T;
    try {
      answer = await call.send(this.#parts.remote);
    } catch {
      this.#unsettled--;
      if (this.#waiting.remove(waiting)) {
        this.#failed(call.demands);
        call.settle(undefined);
      }
      return;
    }
    this.#unsettled--;
    if (!this.#waiting.remove(waiting)) {
      this.#figures.lateAnswers++;
      call.late(answer);
      return;
    }
    this.#failuresInRow = 0;
    this.#probeMs = STORE_PROBE_MS;
    call.settle(answer);
  }

  async #refund(readings: LimitReadings): Promise<void> {
    this.#unsettled++;
    try {
      await this.#parts.remote.refund(readings);
    } catch {
      this.#figures.refundsLost += readings.length;
    } finally {
      this.#unsettled--;
    }
  }

  #failed(demands: readonly LimitDemand[]): void {
    this.#figures.failures++;
    this.#failuresInRow++;
    if (this.#failuresInRow >= STORE_FAILURES_MAX) this.#open(demands);
  }

  #armDeadline(ms: number): TimerHandle {
    return this.#parts.timers.after(ms, () => {
      this.#deadlinePassed(false);
    });
  }

  /** The timer stands for the oldest call of when it was set; younger ones get another. */
  #deadlinePassed(socketRead: boolean): void {
    this.#deadlineTimer?.cancel();
    this.#deadlineTimer = undefined;
    const { first } = this.#waiting;
    if (first === undefined) return;
    const lateMs = this.#parts.clock.monotonic() - first.dueMs;
    if (lateMs < 0) {
      this.#deadlineTimer = this.#armDeadline(-lateMs);
    } else if (lateMs > this.#parts.deadlineMs && !socketRead) {
      this.#parts.timers.afterIo(() => {
        this.#deadlinePassed(true);
      });
    } else {
      this.#figures.timeouts++;
      this.#open(first.demands);
    }
  }

  #open(demands: readonly LimitDemand[]): void {
    if (!this.#figures.away) {
      this.#figures.away = true;
      this.#figures.outages++;
      this.#probed = demands.map((demand) => ({ ...demand, cost: 0 }));
      this.#armProbe();
    }
    this.#giveUpAll();
  }

  #giveUpAll(): void {
    this.#deadlineTimer?.cancel();
    this.#deadlineTimer = undefined;
    for (let { first } = this.#waiting; first !== undefined; first = this.#waiting.first) {
      this.#waiting.remove(first);
      first.giveUp();
    }
  }

  #armProbe(): void {
    if (this.#closed) return;
    this.#probeTimer = this.#parts.timers.after(this.#probeMs, () => void this.#probe());
    this.#probeMs = Math.min(STORE_PROBE_MS_MAX, this.#probeMs * 2);
  }

  /** Asks once, and again after a pause unless the answer comes within the deadline. */
  async #probe(): Promise<void> {
    this.#probeTimer = undefined;
    let pending = true;
    const deadline = this.#parts.timers.after(this.#parts.deadlineMs, () => {
      pending = false;
      this.#armProbe();
    });
    let back = true;
    try {
      await this.#parts.remote.take(this.#probed);
    } catch {
      back = false;
    }
    if (!pending || this.#closed) return;
    deadline.cancel();
    if (back) this.#back();
    else this.#armProbe();
  }

  #back(): void {
    this.#figures.away = false;
    this.#failuresInRow = 0;
    this.#parts.onReturn();
  }
}
