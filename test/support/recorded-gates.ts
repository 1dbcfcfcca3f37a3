// Real gates in memory that write down what they are asked, and can answer later.
import type { Clock } from '../../src/core/clock.ts';
import { ownGates } from '../../src/engine/gates/own-gates.ts';
import type { Gates } from '../../src/limiter/gates.ts';
import type { LimitDemand, LimitReading, LimitReadings, LimitStore } from '../../src/limiter/limit-store.ts';

export class RecordedGates implements Gates, LimitStore {
  readonly limits: LimitStore = this;
  readonly floods: Gates['floods'];
  readonly bans: Gates['bans'];
  readonly trips: (readonly LimitDemand[])[] = [];
  readonly taken: LimitReading[] = [];
  readonly refunds: LimitReading[] = [];
  /** Keys of floods in the order counted. */
  readonly counted: string[] = [];
  /** Set: `take` answers with a promise, which waits for `release`. */
  later = false;
  /** Set: `take` throws, which no store does. */
  broken = false;
  readonly #inner: Gates;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#inner = ownGates(clock);
    this.bans = this.#inner.bans;
    this.floods = {
      count: (policy, key) => {
        this.counted.push(key);
        return this.#inner.floods.count(policy, key);
      },
    };
  }

  /** Requests that wait for their answer. */
  get waiting(): number {
    return this.#waiting.length;
  }

  take(demands: readonly LimitDemand[]): LimitReadings | Promise<LimitReadings> {
    if (this.broken) throw new Error('told to throw');
    this.trips.push(demands);
    if (!this.later) return this.#take(demands);
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(this.#take(demands)));
    });
  }

  refund(readings: LimitReadings): void {
    this.refunds.push(...readings);
    this.#inner.limits.refund(readings);
  }

  /** Answers all who wait, and lets what they do with it happen. */
  async release(): Promise<void> {
    for (const answer of this.#waiting.splice(0)) answer();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #take(demands: readonly LimitDemand[]): LimitReadings {
    const readings = this.#inner.limits.take(demands) as LimitReadings;
    this.taken.push(...readings);
    return readings;
  }
}
