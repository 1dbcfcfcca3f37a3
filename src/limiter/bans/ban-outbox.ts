/**
 * Which bans another copy must still be told of. It remembers keys, not messages: what is told is how they stand when the
 * other side can listen, so a key that changes often is told once, and a side that is away for hours costs no more than
 * one that reads at once.
 */
import { BANS_MAX } from '../../core/limits.ts';
import { banId } from './ban-change.ts';
import type { BanChange } from './ban-change.ts';

interface BanName {
  readonly kind: string;
  readonly key: string;
}

/** Where an outbox finds how a key stands now: nothing, a lift, a ban, or a lift and the ban set after it. */
export interface BanSource {
  changesOf(kind: string, key: string): readonly BanChange[];
  /** None or one. */
  lastLiftOfAll(): readonly BanChange[];
}

export class BanOutbox {
  readonly #source: BanSource;
  readonly #names = new Map<string, BanName>();
  #isAllLifted = false;
  /** Called when there is something to tell; often, so it must be cheap. */
  onPending: () => void = () => undefined;

  constructor(source: BanSource) {
    this.#source = source;
  }

  get pending(): number {
    return this.#names.size + (this.#isAllLifted ? 1 : 0);
  }

  mark(kind: string, key: string): void {
    this.#names.set(banId(kind, key), { kind, key });
    if (this.#names.size > 2 * BANS_MAX) this.#forgetGone();
    this.onPending();
  }

  /** All bans were lifted: told before anything else. */
  markAllLifted(): void {
    this.#isAllLifted = true;
    this.onPending();
  }

  /** It need not be told any more. */
  forget(kind: string, key: string): void {
    this.#names.delete(banId(kind, key));
  }

  /** Takes out what can be told of at most `max` keys. */
  take(max: number): BanChange[] {
    const changes: BanChange[] = [];
    if (this.#isAllLifted) changes.push(...this.#source.lastLiftOfAll());
    this.#isAllLifted = false;
    let taken = 0;
    for (const [id, { kind, key }] of this.#names) {
      if (taken++ >= max) break;
      this.#names.delete(id);
      changes.push(...this.#source.changesOf(kind, key));
    }
    return changes;
  }

  /** A side that hears nothing while bans come and go: what is gone here ends there by itself. */
  #forgetGone(): void {
    for (const [id, { kind, key }] of this.#names) {
      if (this.#source.changesOf(kind, key).length === 0) this.#names.delete(id);
    }
  }
}
