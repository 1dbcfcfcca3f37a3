/**
 * Asks an external authoriser about requests, over HTTP: at most so many at once, each for at most so long, and not at all
 * while it is known to be away. What its answer means is decided elsewhere (`entry/authorizer-step.ts`).
 *
 * The way there is that to the service (`upstream/`): its own connections, a bounded queue, permits and a circuit
 * breaker, so that nobody waits for a dead authoriser once a few have.
 */
import type { Clock } from '../../core/clock.ts';
import {
  AUTHORIZER_FAILURES,
  AUTHORIZER_OPEN_MS,
  AUTHORIZER_OPEN_MS_MAX,
  BREAKER_PROBES_DEFAULT,
} from '../../core/limits.ts';
import { type BreakerChange, CircuitBreaker } from '../upstream/circuit-breaker.ts';
import { ShieldedUpstream } from '../upstream/shielded-upstream.ts';
import { UndiciUpstream } from '../upstream/undici-upstream.ts';
import type { Upstream, UpstreamOptions } from '../upstream/upstream.ts';
import { UpstreamPermits } from '../upstream/upstream-permits.ts';
import { type AuthorizerAnswer, type AuthorizerFailure, AuthorizerCall } from './authorizer-call.ts';

export interface AuthorizerQuestion {
  readonly method: string;
  readonly target: string;
  /** With `host`; latin1, lower-case names. */
  readonly fields: string[];
}

/** Questions asked, by what became of them. */
export interface AuthorizerFigures {
  /** 2xx. */
  readonly admitted: number;
  /** Any other answer that is one. */
  readonly refused: number;
  /** Clients that left before the answer. */
  readonly cancelled: number;
  readonly failed: Readonly<Partial<Record<AuthorizerFailure, number>>>;
  /** Time waited for all of them, milliseconds. */
  readonly waitedMs: number;
  readonly underWay: number;
  readonly isOpen: boolean;
}

/** Every answer of the server that says only that it cannot answer. */
const SERVER_ERRORS: readonly number[] = Array.from({ length: 100 }, (_, index) => 500 + index);

export class Authorizer {
  readonly #upstream: Upstream;
  readonly #permits: UpstreamPermits;
  readonly #clock: Clock;
  #admitted = 0;
  #refused = 0;
  #cancelled = 0;
  #waitedMs = 0;
  #failed: Partial<Record<AuthorizerFailure, number>> = {};

  /** @param upstream its `totalMs` is the time an answer may take */
  constructor(upstream: UpstreamOptions, clock: Clock, changed: (change: BreakerChange) => void) {
    const breaker = new CircuitBreaker(
      {
        enabled: true,
        failures: AUTHORIZER_FAILURES,
        statuses: SERVER_ERRORS,
        latencyMs: 0,
        openMs: AUTHORIZER_OPEN_MS,
        openMsMax: AUTHORIZER_OPEN_MS_MAX,
        probes: BREAKER_PROBES_DEFAULT,
      },
      clock,
      Math.random,
      changed,
    );
    this.#clock = clock;
    this.#permits = new UpstreamPermits(breaker, upstream.connectionsMax + upstream.queueMax, clock);
    this.#upstream = new ShieldedUpstream(new UndiciUpstream(upstream), this.#permits);
  }

  get figures(): AuthorizerFigures {
    return {
      admitted: this.#admitted,
      refused: this.#refused,
      cancelled: this.#cancelled,
      failed: { ...this.#failed },
      waitedMs: this.#waitedMs,
      underWay: this.#permits.inFlight,
      isOpen: this.#permits.breaker.state === 'open',
    };
  }

  /**
   * Asks once. The answer comes within `totalMs`, or a failure does; it is undefined if the question was taken back.
   *
   * @param bodyBytesMax how much of the body of a refusal is wanted; 0: none of it
   */
  ask(
    { method, target, fields }: AuthorizerQuestion,
    bodyBytesMax: number,
  ): { readonly answer: Promise<AuthorizerAnswer | AuthorizerFailure | undefined>; takeBack(): void } {
    const startMs = this.#clock.monotonic();
    const call = new AuthorizerCall(bodyBytesMax, (answer) => {
      this.#waitedMs += this.#clock.monotonic() - startMs;
      this.#count(answer);
    });
    call.begin(this.#upstream.send({ method, target, fields, body: 'none' }, call));
    return call;
  }

  /** Calls under way fail. */
  close(): Promise<void> {
    return this.#upstream.close();
  }

  #count(answer: AuthorizerAnswer | AuthorizerFailure | undefined): void {
    if (answer === undefined) this.#cancelled += 1;
    else if (typeof answer === 'string') this.#failed[answer] = (this.#failed[answer] ?? 0) + 1;
    else if (answer.isAdmission) this.#admitted += 1;
    else this.#refused += 1;
  }
}
