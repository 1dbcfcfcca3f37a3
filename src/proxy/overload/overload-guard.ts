/**
 * Decides, before any rule is asked, whether this worker has room for a request.
 *
 * *Overload.* The event loop's delay and the exchanges in flight give a pressure from 0 to 1, and the least deserving are
 * shed first: clients never seen to get a good answer, then clients with a large share of the present traffic, then
 * ordinary ones, last those known for long. A delayed loop raises the pressure by a class at a time, for as long as it
 * is late: shedding itself makes it faster, and what more it takes shows only then. Pressure falls slowly. Within a class
 * a hash of client and turn chooses, so that a client is served or not for some seconds and never by halves.
 *
 * *Greed.* Whatever the pressure, one client has so many exchanges at once and so many hang-ups, no more.
 *
 * Memory is no signal of its own: what an exchange may hold is bounded, so that exchanges in flight bound it.
 * Cost: about 0.2 µs for a request and its end.
 */
import {
  CLIENT_SHARE_MAX,
  CLIENT_STANDING_ESTABLISHED,
  CLIENT_TURN_MS,
  KEPT_IN_FLIGHT_MAX,
  LATENCY_GRADIENT_MIN,
  LOOP_DELAY_SAMPLE_MS,
  OVERLOAD_FALL_MS,
  OVERLOAD_IN_FLIGHT_START,
  RETRY_AFTER_S_DEFAULT,
} from '../../core/limits.ts';
import { mix32 } from '../../core/mix32.ts';
import type { Clock } from '../../core/clock.ts';
import type { RequestHead } from '../../http/request-head.ts';
import { ClientTable } from './client-table.ts';
import { LatencyGradient } from './latency-gradient.ts';
import { LoopDelay } from './loop-delay.ts';

/** Plain data; the configuration maps onto it. */
export interface OverloadOptions {
  readonly enabled: boolean;
  /** Lasting delay of the event loop that is too much. 0: not looked at. */
  readonly loopDelayMs: number;
  /** Exchanges of the worker at which everything is shed; shedding begins at half of them. */
  readonly inFlightMax: number;
  readonly retryAfterS: number;
  /** Canonical paths that are never shed. */
  readonly keep: readonly string[];
  /** Exchanges of one client at once, per worker; 0: no limit. */
  readonly inFlightPerClient: number;
  /** Requests one client may give up before their answer within about `CLIENT_TURN_MS`, if most of its are; 0: no limit. */
  readonly resetsPerClient: number;
}

export type ShedReason = 'overload' | 'client_in_flight' | 'client_resets';

/** Why a request is not served, and what the client is told. */
export interface Shedding {
  readonly reason: ShedReason;
  readonly status: 429 | 503;
  readonly retryAfterS: number;
  /** The connection is to end with the answer. */
  readonly close: boolean;
  /** The client's first refusal for greed in this turn. */
  readonly isFirst: boolean;
}

/** How an exchange that was let in ended, as far as it tells something of its client. */
export type Conduct = 'good' | 'refused' | 'gave_up' | 'neutral';

/** Shedding began or ended, for the log. */
export interface OverloadChange {
  readonly shedding: boolean;
  readonly pressure: number;
  readonly loopDelayMs: number;
  readonly inFlight: number;
  /** Requests shed since the last change. */
  readonly shed: number;
}

/** Least deserving first; each gives way over a quarter of the pressure. */
const UNPROVEN = 0;
const GREEDY = 1;
const ORDINARY = 2;
const ESTABLISHED = 3;
const CLASSES = 4;

export class OverloadGuard {
  #options: OverloadOptions;
  #clock: Clock;
  #changed: (change: OverloadChange) => void;
  #clients: ClientTable;
  #loop: LoopDelay;
  #latency = new LatencyGradient();
  #keep: ReadonlySet<string>;
  #timer: NodeJS.Timeout | undefined;
  /** From the loop's delay, and what is left of earlier pressure. */
  #pressure = 0;
  #inFlight = 0;
  #keptInFlight = 0;
  #shed = 0;
  #refusedInFlight = 0;
  #refusedResets = 0;
  #shedding = false;
  #shedAtChange = 0;

  /** @param turnMs see `ClientTable`; other than the default in tests only */
  constructor(
    options: OverloadOptions,
    clock: Clock,
    changed: (change: OverloadChange) => void = () => undefined,
    seed: number = Math.floor(Math.random() * 0x100000000),
    turnMs: number = CLIENT_TURN_MS,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#changed = changed;
    this.#clients = new ClientTable(seed, turnMs);
    this.#loop = new LoopDelay(clock.monotonic());
    this.#keep = new Set(options.keep);
  }

  /** Begins to watch the event loop. */
  start(): void {
    if (!this.#options.enabled || this.#timer !== undefined) return;
    this.#loop = new LoopDelay(this.#clock.monotonic());
    this.#timer = setInterval(() => this.sample(), LOOP_DELAY_SAMPLE_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Asks for the room of one request. Null: it is let in, and `leave` must be called once. A WebSocket costs its client
   * a place but is no load of the worker: it mostly waits, and `upstream.in_flight_max` bounds all of them.
   */
  enter(head: RequestHead, isSocket: boolean): Shedding | null {
    const now = this.#clock.monotonic();
    const { ip } = head.client;
    const hash = this.#clients.hash(ip);
    const place = this.#clients.arrive(ip, hash, now);
    const greed = place < 0 ? null : this.#greed(place, now);
    if (greed !== null) return greed;
    const pressure = this.#options.enabled ? this.pressure : 0;
    if (pressure > 0 && this.#sheds(pressure, head, place, hash, now)) {
      this.#shed += 1;
      const { retryAfterS } = this.#options;
      // Spread over as long again, so that what was shed together does not come back together.
      return {
        reason: 'overload',
        status: 503,
        retryAfterS: retryAfterS + (hash % (retryAfterS + 1)),
        close: false,
        isFirst: false,
      };
    }
    if (!isSocket) {
      this.#inFlight += 1;
      if (this.#keep.has(head.path)) this.#keptInFlight += 1;
    }
    if (place >= 0) this.#clients.enter(place);
    return null;
  }

  /** The end of an exchange that was let in. `upstreamMs`: time to the head of the service's answer, if there was one. */
  leave(head: RequestHead, isSocket: boolean, conduct: Conduct, upstreamMs?: number): void {
    const { ip } = head.client;
    const calm = this.#pressure === 0 && this.#crowding === 0;
    if (!isSocket) {
      this.#inFlight -= 1;
      if (this.#keep.has(head.path)) this.#keptInFlight -= 1;
    }
    if (upstreamMs !== undefined) this.#latency.note(upstreamMs, calm);
    const place = this.#clients.find(ip, this.#clients.hash(ip));
    if (place < 0) return;
    this.#clients.leave(place);
    if (conduct === 'gave_up') this.#clients.reset(place);
    else if (conduct === 'refused') this.#clients.forfeit(place);
    // Under pressure nobody new gets to be known: the part of a flood that is served must not rise by it.
    else if (conduct === 'good' && (calm || this.#clients.standing(place) > 0)) this.#clients.earn(place);
  }

  /** Takes one sample of the event loop. Called by the timer, and by tests. */
  sample(): void {
    const { loopDelayMs } = this.#options;
    const isNew = this.#loop.sample(this.#clock.monotonic());
    const excess = loopDelayMs === 0 ? 0 : clamp((this.#loop.delayMs - loopDelayMs) / loopDelayMs);
    // Twice the delay that is too much sheds one class more.
    const change = isNew && excess > 0 ? excess / CLASSES : -LOOP_DELAY_SAMPLE_MS / OVERLOAD_FALL_MS;
    this.#pressure = Math.max(clamp(this.#pressure + change), this.#crowding);
    this.#report();
  }

  /** From 0, where nothing is shed, to 1, where everything is but what `keep` names. */
  get pressure(): number {
    return Math.max(this.#pressure, this.#crowding);
  }

  get figures(): OverloadFigures {
    return {
      pressure: this.pressure,
      loopDelayMs: this.#loop.delayMs,
      inFlight: this.#inFlight,
      shed: this.#shed,
      refusedInFlight: this.#refusedInFlight,
      refusedResets: this.#refusedResets,
      clientsEvicted: this.#clients.evicted,
      usualUpstreamMs: this.#latency.usualMs,
    };
  }

  /** Pressure of what is in flight, which a burst within one turn of the loop changes too. */
  get #crowding(): number {
    const { inFlightMax } = this.#options;
    if (this.#inFlight <= inFlightMax * OVERLOAD_IN_FLIGHT_START * LATENCY_GRADIENT_MIN) return 0;
    const filled = this.#inFlight / (inFlightMax * this.#latency.gradient);
    return clamp((filled - OVERLOAD_IN_FLIGHT_START) / (1 - OVERLOAD_IN_FLIGHT_START));
  }

  #greed(place: number, now: number): Shedding | null {
    const { inFlightPerClient, resetsPerClient } = this.#options;
    if (inFlightPerClient > 0 && this.#clients.inFlight(place) >= inFlightPerClient) {
      this.#refusedInFlight += 1;
      return {
        reason: 'client_in_flight',
        status: 429,
        retryAfterS: RETRY_AFTER_S_DEFAULT,
        close: false,
        isFirst: this.#clients.refuse(place),
      };
    }
    if (
      resetsPerClient > 0 &&
      this.#clients.resets(place, now) > resetsPerClient &&
      this.#givesUpMost(place, now)
    ) {
      this.#refusedResets += 1;
      const retryAfterS = Math.ceil(CLIENT_TURN_MS / 1_000);
      const isFirst = this.#clients.refuse(place);
      return { reason: 'client_resets', status: 429, retryAfterS, close: true, isFirst };
    }
    return null;
  }

  /** Those who want no answers, unlike the many behind one address of whom some always leave. */
  #givesUpMost(place: number, now: number): boolean {
    return 2 * this.#clients.resets(place, now) > this.#clients.asked(place, now);
  }

  #sheds(pressure: number, head: RequestHead, place: number, hash: number, now: number): boolean {
    if (this.#keep.has(head.path) && this.#keptInFlight < KEPT_IN_FLIGHT_MAX) return false;
    const part = clamp(pressure * CLASSES - this.#classOf(place, now));
    if (part === 0) return false;
    return mix32(hash ^ Math.imul(this.#clients.turn, 0x9e3779b1)) < part * 0x100000000;
  }

  #classOf(place: number, now: number): number {
    if (place < 0) return UNPROVEN;
    const clients = this.#clients;
    const standing = clients.standing(place);
    if (standing === 0) return UNPROVEN;
    // Four times what all would have if they had the same, or a twentieth of everything: at most 20 have that much.
    if (clients.share(place, now) > Math.max(CLIENT_SHARE_MAX, 4 * clients.fairShare)) return GREEDY;
    return standing >= CLIENT_STANDING_ESTABLISHED ? ESTABLISHED : ORDINARY;
  }

  #report(): void {
    const shedding = this.#pressure > 0;
    if (shedding === this.#shedding) return;
    this.#shedding = shedding;
    const shed = this.#shed - this.#shedAtChange;
    this.#shedAtChange = this.#shed;
    this.#changed({
      shedding,
      pressure: this.#pressure,
      loopDelayMs: this.#loop.delayMs,
      inFlight: this.#inFlight,
      shed,
    });
  }
}

export interface OverloadFigures {
  readonly pressure: number;
  readonly loopDelayMs: number;
  readonly inFlight: number;
  /** Requests shed for overload, and refused for the greed of their client. */
  readonly shed: number;
  readonly refusedInFlight: number;
  readonly refusedResets: number;
  readonly clientsEvicted: number;
  /** 0 until learnt. */
  readonly usualUpstreamMs: number;
}

function clamp(part: number): number {
  return Math.min(1, Math.max(0, part));
}
