/**
 * What the rules of one exchange demand of its limiters, and what the store answered.
 *
 * A *source* is what hands out tokens: the limiters, then the floods with a `limit to` stage. Of a source each exchange is
 * asked once, however many rules name it and in whatever phases; and once more for rules on trial, whose tokens are
 * counted apart.
 */
import { LIMIT_COST_MAX } from '../../core/limits.ts';
import { UNKNOWN as UNREADABLE } from '../../http/value.ts';
import type { LimitDemand, LimitReading, LimitReadings } from '../../limiter/limit-store.ts';
import type { Evaluation } from '../evaluation.ts';
import { TRUE } from '../three-valued.ts';
import type { GateLimiter, GateUse, ProgramGates } from './gate-program.ts';

const NO_DEMANDS: readonly LimitDemand[] = Object.freeze([]);
const NO_READINGS: readonly LimitReading[] = Object.freeze([]);

function isEnforced({ demand }: LimitReading): boolean {
  return !demand.shadow;
}

export class LimitTrip {
  /** By number of the flood; undefined before it was counted, null where its key could not be read. */
  readonly floodKeys: (string | null | undefined)[];
  /** All readings of the exchange, in the order asked. */
  readings: readonly LimitReading[] = NO_READINGS;
  readonly #evaluation: Evaluation;
  readonly #program: ProgramGates;
  /** Keys of the limiters; undefined before one was asked for. */
  readonly #keys: (string | null | undefined)[];
  readonly #costs: number[];
  /** Enforced and shadow reading of each source, at 2 n and 2 n + 1. */
  readonly #answers: (LimitReading | null)[];
  #demands: LimitDemand[] | null = null;
  /** Number in `#answers` of each demand of this trip; the first `#demanded` hold. */
  readonly #places: number[];
  #demanded = 0;
  #isUsed = false;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
    this.#program = evaluation.program.gates;
    const { limiters, floods } = this.#program;
    this.floodKeys = new Array<string | null | undefined>(floods.length).fill(undefined);
    this.#keys = new Array<string | null | undefined>(limiters.length).fill(undefined);
    this.#costs = new Array<number>(limiters.length).fill(1);
    this.#answers = new Array<LimitReading | null>(2 * (limiters.length + floods.length)).fill(null);
    this.#places = new Array<number>(this.#answers.length).fill(0);
  }

  get enforced(): readonly LimitReading[] {
    return this.readings.every(isEnforced) ? this.readings : this.readings.filter(isEnforced);
  }

  /** Loops, because there are few of each and `fill` is a call into the runtime. */
  reset(): void {
    const { limitReadings, floodReadings } = this.#evaluation;
    for (let i = 0; i < floodReadings.length; i++) {
      this.floodKeys[i] = undefined;
      floodReadings[i] = null;
    }
    if (!this.#isUsed) return;
    this.#isUsed = false;
    for (let i = 0; i < limitReadings.length; i++) {
      this.#keys[i] = undefined;
      limitReadings[i] = null;
    }
    for (let i = 0; i < this.#answers.length; i++) this.#answers[i] = null;
    this.#demands = null;
    this.#demanded = 0;
    this.readings = NO_READINGS;
  }

  /** Reads the key and the cost of a source; false where one cannot be read. */
  prepare({ limiter: index, flood }: GateUse): boolean {
    if (flood >= 0) return typeof this.floodKeys[flood] === 'string';
    const known = this.#keys[index];
    if (known !== undefined) return known !== null;
    this.#isUsed = true;
    const limiter = this.#program.limiters[index];
    const cost = this.#costOf(limiter);
    this.#costs[index] = cost ?? 0;
    const key = cost === null ? null : limiter.key(this.#evaluation);
    this.#keys[index] = key;
    return key !== null;
  }

  /** Puts a demand into the next trip, unless this source was asked before. The source must be prepared. */
  demand(use: GateUse, shadow: boolean): void {
    const place = this.#placeOf(use, shadow);
    if (this.#answers[place] !== null) return;
    for (let i = 0; i < this.#demanded; i++) if (this.#places[i] === place) return;
    const demand =
      use.flood < 0 ? this.#limiterDemand(use.limiter, shadow) : this.#floodDemand(use.flood, shadow);
    if (demand === null) return;
    this.#isUsed = true;
    this.#places[this.#demanded++] = place;
    if (this.#demands === null) this.#demands = [demand];
    else this.#demands.push(demand);
  }

  /** The demands of the trip that begins now. */
  takeDemands(): readonly LimitDemand[] {
    const demands = this.#demands ?? NO_DEMANDS;
    this.#demands = null;
    return demands;
  }

  /** Files the answers of the store; `reserve` is told of those whose response decides whether they count. */
  receive(readings: LimitReadings, reserve: (reading: LimitReading, limiter: number) => void): void {
    const { limiters } = this.#program;
    let granted = true;
    let shadowGranted = true;
    for (const reading of readings) {
      if (reading.granted) continue;
      if (reading.demand.shadow) shadowGranted = false;
      else granted = false;
    }
    for (let i = 0; i < readings.length; i++) {
      const reading = readings[i];
      const { shadow } = reading.demand;
      const source = this.#places[i] >>> 1;
      this.#answers[this.#places[i]] = reading;
      if (source >= limiters.length) continue;
      const { limitReadings } = this.#evaluation;
      if (!shadow || limitReadings[source] === null) limitReadings[source] = reading;
      if ((shadow ? shadowGranted : granted) && limiters[source].count !== null) reserve(reading, source);
    }
    this.readings = this.readings.length === 0 ? readings : [...this.readings, ...readings];
    this.#demanded = 0;
  }

  /** What the store said about a source; null where it was not asked. */
  readingOf(use: GateUse, shadow: boolean): LimitReading | null {
    return this.#answers[this.#placeOf(use, shadow)];
  }

  #placeOf({ limiter, flood }: GateUse, shadow: boolean): number {
    const source = flood < 0 ? limiter : this.#program.limiters.length + flood;
    return 2 * source + (shadow ? 1 : 0);
  }

  #limiterDemand(index: number, shadow: boolean): LimitDemand {
    const limiter = this.#program.limiters[index];
    const key = this.#keys[index] ?? '';
    return { policy: limiter.policy, rate: this.#rateOf(limiter), key, cost: this.#costs[index], shadow };
  }

  #floodDemand(index: number, shadow: boolean): LimitDemand | null {
    const { limit, rateOfStage } = this.#program.floods[index];
    const rate = rateOfStage[this.#evaluation.floodReadings[index]?.stage ?? -1] ?? -1;
    if (limit === null || rate < 0) return null;
    return { policy: limit, rate, key: this.floodKeys[index] ?? '', cost: 1, shadow };
  }

  /** The first rate whose `when` holds; one that cannot be decided does not. */
  #rateOf({ rates }: GateLimiter): number {
    for (let i = 0; i < rates.length; i++) {
      const when = rates[i];
      if (when === null || when(this.#evaluation) === TRUE) return i;
    }
    return rates.length - 1;
  }

  /** Tokens wanted; null where it cannot be read. */
  #costOf({ cost }: GateLimiter): number | null {
    if (cost === null) return 1;
    const value = cost(this.#evaluation);
    if (value === UNREADABLE) return null;
    return typeof value === 'number' ? Math.min(Math.max(Math.trunc(value), 0), LIMIT_COST_MAX) : 1;
  }
}
