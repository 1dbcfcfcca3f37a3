/**
 * The keys of one issuer as they are now, and how sure that is.
 *
 * Keys that come from elsewhere are confirmed from time to time. While they cannot be, the last ones stay good for
 * `keepMs`; afterwards nothing can be judged, for a key may have been taken back in the meantime.
 */
import type { Clock } from '../../core/clock.ts';
import type { AlgorithmName } from './algorithm.ts';
import type { KeySet, VerificationKey } from './key-set.ts';

export interface KeyRingOptions {
  /** How long keys stay good without being confirmed; Infinity for local ones. */
  readonly keepMs: number;
  /** Least time between two questions for a key that is not there. */
  readonly cooldownMs: number;
  readonly clock: Clock;
  /**
   * Asks for newer keys; settles when there are, or when there are none. Undefined where there can be none. Must settle
   * within a bounded time.
   */
  readonly ask: (() => Promise<void>) | undefined;
}

export class KeyRing {
  /** Changes with each replacement. */
  generation = 0;
  readonly #options: KeyRingOptions;
  #set: KeySet | undefined;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** The keys in force from now on. Keys that are not among them are gone. */
  replace(set: KeySet, confirmedAtMs: number): void {
    this.#set = set;
    this.generation++;
    this.#confirmedAtMs = confirmedAtMs;
  }

  /** The keys were found unchanged. */
  confirm(atMs: number): void {
    this.#confirmedAtMs = Math.max(this.#confirmedAtMs, atMs);
  }

  /** There are keys, and they are not too old. */
  get isUsable(): boolean {
    const { keepMs, clock } = this.#options;
    return this.#set !== undefined && clock.now() - this.#confirmedAtMs <= keepMs;
  }

  /** Undefined as well while it is not usable. */
  find(id: string | undefined, algorithm: AlgorithmName): VerificationKey | undefined {
    return this.isUsable ? this.#set?.find(id, algorithm) : undefined;
  }

  /** A key found in an earlier generation is still there. */
  holds(key: VerificationKey): boolean {
    return this.#set?.holds(key) ?? false;
  }

  /**
   * Newer keys, if it is not too soon to ask: whoever makes up key names causes one question per cooldown. Undefined when
   * nothing can be hoped for now.
   */
  renew(): Promise<void> | undefined {
    const { ask, clock, cooldownMs } = this.#options;
    if (ask === undefined) return undefined;
    if (this.#asking !== undefined) return this.#asking;
    if (clock.now() - this.#askedAtMs < cooldownMs) return undefined;
    this.#askedAtMs = clock.now();
    this.#asking = ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }
}
