/**
 * The gates of one exchange: asks bans, floods and limits before a phase is inspected (docs/language.md, Evaluation 2 and 10).
 *
 * Order within a phase: bans, then floods, then one trip to the store for all limits that rules demand. Where a ban
 * refuses, floods still count, since it is the same attack; but whom nobody serves spends nobody's tokens.
 */
import { MATCHES_REPORTED_MAX } from '../../core/limits.ts';
import type { RequestFacts } from '../api.ts';
import type { Gates } from '../../limiter/gates.ts';
import type { LimitReading, LimitReadings } from '../../limiter/limit-store.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Judge } from '../judge.ts';
import type { BlockOutcome, ProgramRule } from '../program.ts';
import { FALSE, OPEN, TRUE } from '../three-valued.ts';
import type { FloodReading } from '../../limiter/flood-gauge.ts';
import { namesNobody } from './gate-key.ts';
import { shadowKind } from './gate-program.ts';
import type { BanKind, GateFlood, GateUse, ProgramGates } from './gate-program.ts';
import { LimitTrip } from './limit-trip.ts';
import { Reservations } from './reservations.ts';

/** Status where a flood bans and the policy's outcome for the banned is no block. */
const BANNED_STATUS = 403;
const MS_PER_S = 1_000;

/** A ban that this exchange set. */
export interface BanRecord {
  readonly rule: number;
  readonly kind: string;
  /** With the mark of the shadow, where a rule on trial set it. */
  readonly storedKind: string;
  readonly key: string;
  readonly forMs: number;
  readonly redacted: string | undefined;
}

export class Gatekeeper {
  readonly trip: LimitTrip;
  readonly bansSet: BanRecord[] = [];
  readonly #evaluation: Evaluation;
  readonly #judge: Judge;
  readonly #program: ProgramGates;
  readonly #reservations: Reservations;
  /** Null while no gate is open to this exchange. */
  #gates: Gates | null = null;
  /** The request was let in before: it is not asked again, but may still be banned for what it does. */
  #passed = false;
  #isImmune: boolean | null = null;
  /** Rules of this phase whose condition holds: the first `#askingCount`. Lists are not cut: that costs a call. */
  readonly #asking: number[] = [];
  #askingCount = 0;
  readonly #reserve = (reading: LimitReading, limiter: number): void => {
    this.#reservations.add(reading, limiter);
  };
  #closed = false;

  constructor(evaluation: Evaluation, judge: Judge) {
    this.#evaluation = evaluation;
    this.#judge = judge;
    this.#program = evaluation.program.gates;
    this.trip = new LimitTrip(evaluation);
    this.#reservations = new Reservations(evaluation);
    judge.onBan = (rule) => this.#banFor(rule);
  }

  begin(gates: Gates | null, facts: RequestFacts | undefined): void {
    this.#gates = facts?.gates === 'off' ? null : gates;
    this.#passed = facts?.gates === 'passed';
    this.#isImmune = null;
    this.#closed = false;
    if (this.bansSet.length > 0) this.bansSet.length = 0;
    this.#reservations.begin();
    this.trip.reset();
  }

  /** The exchange is over: what was waited for is of no use any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Asks the gates of a phase and judges the rules that limit in it. Answers at once unless a limit is kept on another
   * machine.
   */
  ask(phase: number): void | Promise<void> {
    const gates = this.#gates;
    if (gates === null || this.#passed) return;
    const kinds = this.#program.bansOfPhase[phase];
    if (kinds.length > 0 && !gates.bans.empty) {
      this.#lookUp(gates, kinds, phase);
    }
    const floods = this.#program.floodsOfPhase[phase];
    if (floods.length > 0) this.#countFloods(gates, floods);
    const rules = this.#evaluation.plan.gateRules[phase];
    if (rules.length === 0 || this.#judge.final) return;
    this.#askingCount = 0;
    for (let i = 0; i < rules.length; i++) this.#decide(this.#evaluation.program.rules[rules[i]]);
    const demands = this.trip.takeDemands();
    if (demands.length === 0) {
      this.#conclude(phase);
      return;
    }
    const answer = gates.limits.take(demands);
    if (answer instanceof Promise) return answer.then((readings) => this.#receive(gates, readings, phase));
    this.#receive(gates, answer, phase);
  }

  /** The service answered: from here on only `count` can give tokens back. */
  answered(): void {
    this.#reservations.answered = true;
  }

  /** Settles the reservations that the phases of the response decided by now. */
  settle(): void {
    if (this.#gates !== null) this.#reservations.settle(this.#gates, false);
  }

  close(): void {
    this.#closed = true;
    if (this.#gates !== null) this.#reservations.settle(this.#gates, true);
  }

  // -- bans

  #lookUp(gates: Gates, kinds: readonly BanKind[], phase: number): void {
    const { settings } = this.#evaluation.program;
    for (const { kind, key, shadow } of kinds) {
      const text = key(this.#evaluation);
      if (text === null || gates.bans.find(kind, text) === undefined || this.#immune()) continue;
      // The request that set a ban follows its own rules.
      if (this.bansSet.some((set) => set.key === text && set.storedKind === kind)) continue;
      this.#judge.refuse('policy.banned', settings.onBanned, phase, shadow ? 'shadow' : 'both');
    }
  }

  /** Members of a `never ban` list: asked only where a ban is at hand. */
  #immune(): boolean {
    const { neverBan } = this.#program;
    return (this.#isImmune ??= neverBan !== null && neverBan(this.#evaluation) === TRUE);
  }

  #banFor(rule: ProgramRule): void {
    for (const { kind, key, forMs, redacted } of rule.actions.bans) {
      const text = key(this.#evaluation);
      if (text !== null) this.#ban(rule, kind, text, forMs, redacted);
    }
  }

  #ban(rule: ProgramRule, kind: string, key: string, forMs: number, redacted: string | undefined): void {
    if (this.#gates === null || this.#immune()) return;
    const storedKind = rule.enforced ? kind : shadowKind(kind);
    this.#gates.bans.add(storedKind, key, forMs, rule.name);
    if (this.bansSet.length < MATCHES_REPORTED_MAX) {
      this.bansSet.push({ rule: rule.index, kind, storedKind, key, forMs, redacted });
    }
  }

  // -- floods

  #countFloods(gates: Gates, floods: readonly number[]): void {
    for (let i = 0; i < floods.length; i++) {
      const index = floods[i];
      const flood = this.#program.floods[index];
      const key = flood.key(this.#evaluation);
      this.trip.floodKeys[index] = key;
      if (key === null) continue;
      const reading = gates.floods.count(flood.policy, key);
      this.#evaluation.floodReadings[index] = isBanStage(flood, reading)
        ? this.#withoutBan(gates, flood, reading, key)
        : reading;
    }
  }

  /** A key that cannot be banned stays with what the flood did to it before: it is no way past the limit. */
  #withoutBan(gates: Gates, flood: GateFlood, reading: FloodReading, key: string): FloodReading {
    if (!namesNobody(key) && !gates.bans.exempts(`flood.${flood.policy.name}`, key)) return reading;
    const { stages } = flood.policy;
    let { stage } = reading;
    while (stages[stage]?.kind === 'ban') stage--;
    return { ...reading, stage };
  }

  // -- limits

  /** A rule's condition, and what it demands if it holds. */
  #decide(rule: ProgramRule): void {
    const truth = rule.tree(this.#evaluation);
    if (truth === FALSE) return;
    const { limits, unknown } = rule;
    // `unknown match` takes a condition that cannot be decided for one that holds.
    let isKnown = truth === TRUE || unknown === 'match';
    for (let i = 0; i < limits.length && isKnown; i++) isKnown = this.trip.prepare(limits[i]);
    if (!isKnown) {
      this.#judge.undecidedGate(rule, {
        kind: 'block',
        status: this.#statusOf(limits[0]),
        retryAfterS: undefined,
      });
      return;
    }
    this.#asking[this.#askingCount++] = rule.index;
    for (let i = 0; i < limits.length; i++) this.trip.demand(limits[i], !rule.enforced);
  }

  #statusOf({ limiter, flood }: GateUse): number {
    const policy = flood < 0 ? this.#program.limiters[limiter].policy : this.#program.floods[flood].limit;
    return policy?.status ?? BANNED_STATUS;
  }

  #receive(gates: Gates, readings: LimitReadings, phase: number): void {
    this.trip.receive(readings, this.#reserve);
    if (this.#closed) {
      // The client left while the store was asked.
      this.#reservations.settle(gates, true);
      return;
    }
    const { limiterLeaves } = this.#program;
    for (let i = 0; i < limiterLeaves.length; i++) this.#evaluation.states[limiterLeaves[i]] = OPEN;
    this.#conclude(phase);
  }

  #conclude(phase: number): void {
    for (let i = 0; i < this.#askingCount; i++) {
      const rule = this.#evaluation.program.rules[this.#asking[i]];
      const refusal = this.#refusalOf(rule);
      if (refusal !== undefined) this.#judge.matchGate(rule, refusal);
    }
    this.#judge.concludeGates(phase);
  }

  /** What the gates of a rule answer the client; undefined where they let it pass. The longest wait is the one told. */
  #refusalOf(rule: ProgramRule): BlockOutcome | undefined {
    let refusal: BlockOutcome | undefined;
    for (let i = 0; i < rule.limits.length; i++) {
      const use = rule.limits[i];
      const one = use.flood < 0 ? this.#refusalOfLimit(use, rule) : this.#refusalOfFlood(use, rule);
      if (one === undefined) continue;
      const retryAfterS = Math.max(refusal?.retryAfterS ?? 0, one.retryAfterS ?? 0);
      refusal = { ...(refusal ?? one), retryAfterS: retryAfterS === 0 ? undefined : retryAfterS };
    }
    return refusal;
  }

  #refusalOfLimit(use: GateUse, rule: ProgramRule): BlockOutcome | undefined {
    const reading = this.trip.readingOf(use, !rule.enforced);
    if (reading === null || reading.granted) return undefined;
    return {
      kind: 'block',
      status: reading.demand.policy.status,
      retryAfterS: Math.max(1, Math.ceil(reading.retryAfterMs / MS_PER_S)),
    };
  }

  #refusalOfFlood(use: GateUse, rule: ProgramRule): BlockOutcome | undefined {
    const { policy, redacted } = this.#program.floods[use.flood];
    const stage = policy.stages[this.#evaluation.floodReadings[use.flood]?.stage ?? -1];
    if (stage === undefined) return undefined;
    if (stage.kind === 'limit') return this.#refusalOfLimit(use, rule);
    if (stage.kind === 'ban' && this.#immune()) return undefined;
    const retryAfterS = stage.forMs === 0 ? undefined : Math.ceil(stage.forMs / MS_PER_S);
    if (stage.kind === 'block') return { kind: 'block', status: stage.status, retryAfterS };
    this.#ban(rule, `flood.${policy.name}`, this.trip.floodKeys[use.flood] ?? '', stage.forMs, redacted);
    const { onBanned } = this.#evaluation.program.settings;
    return onBanned.kind === 'block'
      ? onBanned
      : { kind: 'block', status: BANNED_STATUS, retryAfterS: undefined };
  }
}

function isBanStage({ policy }: GateFlood, { stage }: FloodReading): boolean {
  return policy.stages[stage]?.kind === 'ban';
}
