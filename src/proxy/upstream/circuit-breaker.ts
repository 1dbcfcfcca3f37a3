/**
 * Whether the service is worth asking: closed, open or half open (M. Nygard, Release It!, "Circuit Breaker").
 *
 * Closed counts failures *in a row*: one answer to anybody starts the count again, so that a client who knows a request
 * that fails cannot close the service to others while it answers them. Half open lets a few requests through and the
 * majority of them decides, so that neither one unlucky probe nor one slow client keeps the way shut.
 *
 * A pure state machine without timers: time passes when it is asked. Tickets carry the period they were given in, and
 * results of an earlier period do not count.
 */
import { BREAKER_OPEN_JITTER, BREAKER_PROBE_MS_MAX, BREAKER_SLOW_WINDOW } from '../../core/limits.ts';
import type { Clock } from '../../core/clock.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

/** Plain data; the configuration maps onto it. */
export interface BreakerOptions {
  readonly enabled: boolean;
  /** Failures in a row that open. */
  readonly failures: number;
  /** Statuses of answers that count as failures. */
  readonly statuses: readonly number[];
  /** Answers that take longer are slow; half of `BREAKER_SLOW_WINDOW` of them open. 0: no answer is slow. */
  readonly latencyMs: number;
  /** The first time open; it doubles with every opening that follows at once. */
  readonly openMs: number;
  readonly openMsMax: number;
  /** Requests let through while half open. */
  readonly probes: number;
}

export type BreakerReason = 'failures' | 'latency' | 'probes';

/** A change of state, for the log. */
export interface BreakerChange {
  readonly state: BreakerState;
  /** Why; undefined for `half_open`. */
  readonly reason: BreakerReason | undefined;
  /** How long it stays open; 0 for other states. */
  readonly openMs: number;
}

/** What a refused request gets in place of a ticket. */
export const REFUSED_TICKET = 0;

export class CircuitBreaker {
  #options: BreakerOptions;
  #clock: Clock;
  #random: () => number;
  #changed: (change: BreakerChange) => void;
  #statuses: ReadonlySet<number>;
  #state: BreakerState = 'closed';
  /** Number of the present period; the tickets given in it. */
  #period = 1;
  #sinceMs: number;
  #openUntilMs = 0;
  #lastOpenMs = 0;
  /** Openings that followed each other without a healthy time between. */
  #streak = 0;
  #failuresInRow = 0;
  /** The last answers while closed: 1 for a slow one. */
  #slow = new Uint8Array(BREAKER_SLOW_WINDOW);
  #slowCount = 0;
  #answers = 0;
  /** Probes under way and decided, of the present half-open period. */
  #probing = 0;
  #probesPassed = 0;
  #probesFailed = 0;
  /** No probe of a whole half-open period came to a decision. */
  #undecided = false;
  #openings = 0;
  #rejected = 0;

  /** @param random as `Math.random`; spreads the probes of workers and replicas that opened together */
  constructor(
    options: BreakerOptions,
    clock: Clock,
    random: () => number = Math.random,
    changed: (change: BreakerChange) => void = () => undefined,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#changed = changed;
    this.#statuses = new Set(options.statuses);
    this.#sinceMs = clock.monotonic();
  }

  /** `half_open` as soon as the time of being open is over, although nobody has asked yet. */
  get state(): BreakerState {
    return this.#state === 'open' && this.#clock.monotonic() >= this.#openUntilMs ? 'half_open' : this.#state;
  }

  /** Times it opened. */
  get openings(): number {
    return this.#openings;
  }

  /** Requests refused. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Milliseconds to the next probe; 0 when it is not open. */
  get retryAfterMs(): number {
    return this.#state === 'open' ? Math.max(0, this.#openUntilMs - this.#clock.monotonic()) : 0;
  }

  /**
   * Asks for a ticket; each one given must come back through `answered`, `failed` or `abandoned`.
   *
   * @param streamed the body comes piece by piece from the client, who could keep a probe waiting: such requests probe
   *   only when no others came
   * @returns `REFUSED_TICKET` when the service must not be asked
   */
  admit(streamed: boolean): number {
    if (this.#state === 'closed') return this.#period;
    const now = this.#clock.monotonic();
    if (this.#state === 'open') {
      if (now < this.#openUntilMs) return this.#reject();
      this.#undecided = false;
      this.#halfOpen(now);
      this.#changed({ state: 'half_open', reason: undefined, openMs: 0 });
    } else if (now - this.#sinceMs >= BREAKER_PROBE_MS_MAX) {
      this.#undecided = true;
      this.#halfOpen(now);
    }
    const taken = this.#probing + this.#probesPassed + this.#probesFailed;
    if (taken >= this.#options.probes || (streamed && !this.#undecided)) return this.#reject();
    this.#probing += 1;
    return this.#period;
  }

  /** The head of an answer came after `ms`. */
  answered(ticket: number, status: number, ms: number): void {
    if (ticket !== this.#period) return;
    if (this.#statuses.has(status)) {
      this.failed(ticket);
      return;
    }
    const { latencyMs } = this.#options;
    const slow = latencyMs > 0 && ms > latencyMs;
    if (this.#state === 'half_open') {
      this.#probed(!slow);
      return;
    }
    this.#failuresInRow = 0;
    if (latencyMs > 0) this.#noteSlow(slow);
  }

  /** There is no answer and the service is to blame. */
  failed(ticket: number): void {
    if (ticket !== this.#period) return;
    if (this.#state === 'half_open') {
      this.#probed(false);
      return;
    }
    this.#failuresInRow += 1;
    if (this.#options.enabled && this.#failuresInRow >= this.#options.failures) this.#open('failures');
    else if (this.#options.latencyMs > 0) this.#noteSlow(true);
  }

  /** Nothing was learnt: the client left, or Ward itself gave up. */
  abandoned(ticket: number): void {
    if (ticket === this.#period && this.#state === 'half_open') this.#probing -= 1;
  }

  #reject(): number {
    this.#rejected += 1;
    return REFUSED_TICKET;
  }

  #noteSlow(slow: boolean): void {
    const place = this.#answers % BREAKER_SLOW_WINDOW;
    this.#slowCount += Number(slow) - this.#slow[place];
    this.#slow[place] = Number(slow);
    this.#answers += 1;
    const full = this.#answers >= BREAKER_SLOW_WINDOW;
    if (this.#options.enabled && full && 2 * this.#slowCount >= BREAKER_SLOW_WINDOW) this.#open('latency');
  }

  #probed(passed: boolean): void {
    this.#probing -= 1;
    if (passed) this.#probesPassed += 1;
    else this.#probesFailed += 1;
    const majority = Math.floor(this.#options.probes / 2) + 1;
    if (this.#probesPassed >= majority) this.#close();
    else if (this.#probesFailed > this.#options.probes - majority) this.#open('probes');
  }

  #halfOpen(now: number): void {
    this.#enter('half_open', now);
    this.#probing = 0;
    this.#probesPassed = 0;
    this.#probesFailed = 0;
  }

  #close(): void {
    this.#enter('closed', this.#clock.monotonic());
    this.#failuresInRow = 0;
    this.#slow.fill(0);
    this.#slowCount = 0;
    this.#answers = 0;
    this.#changed({ state: 'closed', reason: 'probes', openMs: 0 });
  }

  #open(reason: BreakerReason): void {
    const { openMs, openMsMax } = this.#options;
    const now = this.#clock.monotonic();
    // A service that was well for as long as it was shut out last time begins anew.
    if (reason !== 'probes' && now - this.#sinceMs >= this.#lastOpenMs) this.#streak = 0;
    const wholeMs = Math.min(openMsMax, openMs * 2 ** this.#streak);
    if (wholeMs < openMsMax) this.#streak += 1;
    this.#enter('open', now);
    this.#lastOpenMs = wholeMs * (1 - BREAKER_OPEN_JITTER * this.#random());
    this.#openUntilMs = now + this.#lastOpenMs;
    this.#openings += 1;
    this.#changed({ state: 'open', reason, openMs: this.#lastOpenMs });
  }

  #enter(state: BreakerState, now: number): void {
    this.#state = state;
    this.#period += 1;
    this.#sinceMs = now;
  }
}
