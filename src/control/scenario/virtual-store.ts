/** The shared store of a scenario: counts in memory what Redis would, and can be made to fail. */
import type { LimitDemand, LimitReadings } from '../../limiter/limit-store.ts';
import type { MemoryStore } from '../../limiter/memory/memory-store.ts';
import type { RemoteStore, TokenLease } from '../../limiter/remote-store.ts';

export class VirtualStore implements RemoteStore {
  fails = false;
  readonly #counts: MemoryStore;

  constructor(counts: MemoryStore) {
    this.#counts = counts;
  }

  take(demands: readonly LimitDemand[]): Promise<LimitReadings> {
    return this.#answer(() => this.#counts.take(demands));
  }

  refund(readings: LimitReadings): Promise<void> {
    return this.#answer(() => {
      this.#counts.refund(readings);
    });
  }

  /** Token by token: a scenario has one replica, and hands that are never fuller than needed show the true limit. */
  lease(demand: LimitDemand): Promise<TokenLease> {
    return this.#answer(() => {
      const [reading] = this.#counts.take([demand]);
      return { ...reading, tokens: reading.granted ? demand.cost : 0 };
    });
  }

  announce(): Promise<number> {
    return this.#answer(() => 1);
  }

  withdraw(): Promise<void> {
    return this.#answer(() => undefined);
  }

  #answer<T>(work: () => T): Promise<T> {
    if (!this.fails) return Promise.resolve(work());
    return Promise.reject(new Error('the scenario says that the store fails'));
  }
}
