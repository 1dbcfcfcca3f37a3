/**
 * Who may ask the service now: the circuit breaker and the cap on requests in flight, for requests and WebSockets alike.
 *
 * A permit is taken before a connection is asked for and given back once; what happens in between is told to the
 * breaker through it.
 */
import type { Clock } from '../../core/clock.ts';
import { RETRY_AFTER_S_DEFAULT } from '../../core/limits.ts';
import { type CircuitBreaker, REFUSED_TICKET } from './circuit-breaker.ts';
import type { UpstreamFailure } from './upstream.ts';

/** Why no permit was given. */
export interface PermitRefusal {
  readonly failure: 'circuit_open' | 'busy';
  readonly cause: Error;
  readonly retryAfterS: number;
}

export class UpstreamPermits {
  readonly breaker: CircuitBreaker;
  #inFlightMax: number;
  #clock: Clock;
  #inFlight = 0;
  #overfull = 0;

  constructor(breaker: CircuitBreaker, inFlightMax: number, clock: Clock) {
    this.breaker = breaker;
    this.#inFlightMax = inFlightMax;
    this.#clock = clock;
  }

  /** Requests and WebSockets between permit and end. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests refused because too many were in flight. */
  get overfull(): number {
    return this.#overfull;
  }

  /** @param streamed see `CircuitBreaker.admit` */
  take(streamed: boolean): UpstreamPermit | PermitRefusal {
    if (this.#inFlight >= this.#inFlightMax) {
      this.#overfull += 1;
      const cause = new Error(`${this.#inFlightMax} requests to the service are in flight`);
      return { failure: 'busy', cause, retryAfterS: RETRY_AFTER_S_DEFAULT };
    }
    const ticket = this.breaker.admit(streamed);
    if (ticket === REFUSED_TICKET) {
      const retryAfterS = Math.max(RETRY_AFTER_S_DEFAULT, Math.ceil(this.breaker.retryAfterMs / 1_000));
      return { failure: 'circuit_open', cause: new Error('the circuit breaker is open'), retryAfterS };
    }
    this.#inFlight += 1;
    return new UpstreamPermit(this, ticket, this.#clock);
  }

  /** For `UpstreamPermit`. */
  givenBack(): void {
    this.#inFlight -= 1;
  }
}

/** Leave to ask the service once. All methods but the first of their kind are no-ops. */
export class UpstreamPermit {
  readonly failure = undefined;
  #permits: UpstreamPermits;
  #ticket: number;
  #clock: Clock;
  #startMs: number;
  #judged = false;
  #over = false;

  constructor(permits: UpstreamPermits, ticket: number, clock: Clock) {
    this.#permits = permits;
    this.#ticket = ticket;
    this.#clock = clock;
    this.#startMs = clock.monotonic();
  }

  /** The last byte of the body is on its way: from here on it is the service that takes its time, not the client. */
  bodySent(): void {
    this.#startMs = this.#clock.monotonic();
  }

  /** The head of the answer is there. One that comes before the whole body tells nothing of the service's latency. */
  answered(status: number, bodyComplete = true): void {
    if (this.#judged || this.#over) return;
    this.#judged = true;
    const ms = bodyComplete ? this.#clock.monotonic() - this.#startMs : 0;
    this.#permits.breaker.answered(this.#ticket, status, ms);
  }

  /**
   * There is no answer. Ward's own queue and its end are not the service's failures; neither is silence or a reset
   * while the client still owes part of the body, which the client can bring about.
   */
  failed(failure: UpstreamFailure, bodyComplete: boolean): void {
    const isService = failure === 'refused' || failure === 'timeout' || failure === 'broken';
    if (this.#judged || this.#over || !isService || (!bodyComplete && failure !== 'refused')) return;
    this.#judged = true;
    this.#permits.breaker.failed(this.#ticket);
  }

  /** Gives the permit back; without `answered` or `failed` before, nothing was learnt. */
  release(): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#judged) this.#permits.breaker.abandoned(this.#ticket);
    this.#permits.givenBack();
  }
}
