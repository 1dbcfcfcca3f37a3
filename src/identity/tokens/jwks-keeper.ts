/**
 * Keeps the JWK set of one issuer fresh: fetched at the start, again when it is due, and in between when a token names a
 * key that is not in it, at most once per cooldown. A fetch that fails changes nothing; the last good set stays, and how
 * long it may is for those who use it (`KeyRing`) to say.
 */
import type { Clock } from '../../core/clock.ts';
import { KeySetError, keySetFromJwks } from './key-set.ts';

/** The set as last fetched, as text: each thread imports keys for itself. */
export interface JwksState {
  readonly text: string;
  /** Wall time at which the issuer last said so. */
  readonly confirmedAtMs: number;
}

export interface JwksKeeperOptions {
  readonly url: string;
  /** Time from one fetch that succeeded to the next. */
  readonly refreshMs: number;
  /** Least time between fetches, whatever asks for them. */
  readonly cooldownMs: number;
  readonly clock: Clock;
  readonly fetch: (url: string) => Promise<string>;
  /** After each fetch that succeeded; `leftOut` names keys that verify nothing. */
  readonly onState: (state: JwksState, leftOut: readonly string[]) => void;
  /** After each that failed; the message says why, and nothing of the answer. */
  readonly onFailure: (message: string) => void;
}

export interface JwksFigures {
  readonly fetched: number;
  readonly failed: number;
  /** Seconds since the issuer last said what its keys are; undefined before it did. */
  readonly ageS: number | undefined;
}

export class JwksKeeper {
  readonly #options: JwksKeeperOptions;
  #state: JwksState | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;
  #fetched = 0;
  #failed = 0;

  constructor(options: JwksKeeperOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  get state(): JwksState | undefined {
    return this.#state;
  }

  get figures(): JwksFigures {
    const { clock } = this.#options;
    const ageS = this.#state === undefined ? undefined : (clock.now() - this.#state.confirmedAtMs) / 1_000;
    return { fetched: this.#fetched, failed: this.#failed, ageS };
  }

  /**
   * The first fetch. Resolves also when nobody answers: that may pass.
   * @throws KeySetError if the answer holds no key that could verify a token: that is a wrong address
   */
  async start(): Promise<void> {
    const problem = await this.#fetch();
    if (problem instanceof KeySetError) throw problem;
    if (this.#state === undefined) return;
    const { keys, leftOut } = await keySetFromJwks(this.#state.text);
    if (keys.length > 0) return;
    throw new KeySetError(
      leftOut.length === 0 ? 'holds no keys' : `holds no usable key: ${leftOut.join('; ')}`,
    );
  }

  /** Called every second or so: fetches when it is time. */
  tick(): void {
    const { clock, refreshMs, cooldownMs } = this.#options;
    const dueAtMs = Math.max((this.#state?.confirmedAtMs ?? 0) + refreshMs, this.#triedAtMs + cooldownMs);
    if (this.#state === undefined ? clock.now() >= this.#triedAtMs + cooldownMs : clock.now() >= dueAtMs)
      void this.#fetch();
  }

  /** A key is missed: settles when the set is as fresh as it may be. Never rejects. */
  async want(): Promise<void> {
    const { clock, cooldownMs } = this.#options;
    if (this.#fetching === undefined && clock.now() - this.#triedAtMs < cooldownMs) return;
    await this.#fetch();
  }

  /** What went wrong, or nothing. One fetch at a time: later callers wait for the one under way. */
  async #fetch(): Promise<unknown> {
    let problem: unknown;
    this.#fetching ??= this.#fetchOnce()
      .catch((error: unknown) => {
        problem = error;
        this.#failed++;
        this.#options.onFailure(reasonOf(error));
      })
      .finally(() => (this.#fetching = undefined));
    await this.#fetching;
    return problem;
  }

  async #fetchOnce(): Promise<void> {
    const { clock, fetch, url, onState } = this.#options;
    this.#triedAtMs = clock.now();
    const text = await fetch(url);
    const { leftOut } = await keySetFromJwks(text);
    this.#fetched++;
    this.#state = { text, confirmedAtMs: clock.now() };
    onState(this.#state, leftOut);
  }
}

/** `fetch` hides what happened in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const { cause } = error;
  if (error.name === 'TimeoutError') return 'did not answer in time';
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.message;
}
