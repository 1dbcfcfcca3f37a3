/**
 * From leaf states to a verdict: rules, scores, thresholds, once per step (docs/language.md, Evaluation 2 to 9).
 *
 * Two tallies run side by side. The *real* one counts enforced rules, the *shadow* one counts every rule as if it were
 * enforced; each stands still once it has refused or redirected. Rules are evaluated only when a leaf of theirs changed, eager ones
 * also when their phase begins and ends. All rules of a step are judged before any of them has an effect on the verdict, so their order never shows.
 */
import { PASS } from './api.ts';
import type { Phase, Verdict } from './api.ts';
import type { Evaluation } from './evaluation.ts';
import { PHASE, PHASES, isResponsePhase } from './phases.ts';
import type { BlockOutcome, PolicyOutcome, ProgramRule, RuleProgram, ThresholdSpec } from './program.ts';
import { appliesTo } from './route-plan.ts';
import { FALSE, TRUE } from './three-valued.ts';

const QUEUED = 1;
const WAITING = 2;
const SETTLED = 4;

/** Status when a rule says `unknown block` and the policy's outcome is no block. */
const UNINSPECTABLE_STATUS = { request: 415, response: 502 };

export interface MatchRecord {
  readonly rule: number;
  readonly phase: number;
  readonly unknown: boolean;
}

/** One side of the bookkeeping. */
class Tally {
  verdict: Verdict = PASS;
  /** The rule with the highest precedence among those of this stage that refuse or redirect; -1 for none. */
  blockRule = -1;
  redirectRule = -1;
  /** An outcome of the policy among those of this stage. */
  outcome: { readonly name: string; readonly block: BlockOutcome } | null = null;
  allowed = false;
  request = 0;
  response = 0;
  readonly categories = new Map<string, number>();

  reset(): void {
    this.verdict = PASS;
    this.allowed = false;
    this.request = 0;
    this.response = 0;
    if (this.categories.size > 0) this.categories.clear();
    this.beginStage();
  }

  beginStage(): void {
    this.blockRule = -1;
    this.redirectRule = -1;
    this.outcome = null;
  }

  /** Takes over verdict and scores, of the handshake or of a message. */
  copyFrom(other: Tally): void {
    this.verdict = other.verdict;
    this.allowed = other.allowed;
    this.request = other.request;
    this.response = other.response;
    this.categories.clear();
    for (const [category, points] of other.categories) this.categories.set(category, points);
    this.beginStage();
  }

  points(subject: string): number {
    if (subject === 'request') return this.request;
    if (subject === 'response') return this.response;
    return subject === 'exchange' ? this.request + this.response : (this.categories.get(subject) ?? 0);
  }

  propose(name: string, outcome: PolicyOutcome): void {
    if (outcome.kind !== 'block') return;
    if (this.outcome === null || name < this.outcome.name) this.outcome = { name, block: outcome };
  }
}

export class Judge {
  readonly real = new Tally();
  readonly shadow = new Tally();
  /** Counts every match, also behind a refusal that only monitoring lets pass; for thresholds with an id. */
  readonly total = new Tally();
  readonly matches: MatchRecord[] = [];
  /** Thresholds with an id that the total reached, with the phase. */
  readonly reached = new Map<ThresholdSpec, number>();
  /** Rules that could not be decided and followed `on uninspectable`. */
  readonly undecided: number[] = [];
  /** Outcomes of no rule that are to be logged and do nothing else. */
  readonly logged = new Set<string>();
  /** Called with every rule that matches and bans. */
  onBan: ((rule: ProgramRule) => void) | null = null;
  /** How a limiter refuses, by number of the rule that names it. */
  readonly #refusals = new Map<number, BlockOutcome>();
  readonly #evaluation: Evaluation;
  readonly #program: RuleProgram;
  #scored = false;
  #handshake: {
    readonly real: Tally;
    readonly shadow: Tally;
    readonly total: Tally;
    readonly matches: number;
    readonly reached: ReadonlyMap<ThresholdSpec, number>;
  } | null = null;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
    this.#program = evaluation.program;
  }

  reset(): void {
    this.real.reset();
    this.shadow.reset();
    this.total.reset();
    if (this.matches.length > 0) this.matches.length = 0;
    if (this.reached.size > 0) this.reached.clear();
    if (this.undecided.length > 0) this.undecided.length = 0;
    if (this.logged.size > 0) this.logged.clear();
    if (this.#refusals.size > 0) this.#refusals.clear();
    this.#scored = false;
    this.#handshake = null;
  }

  /** Each WebSocket message is judged on the scores of the handshake, not on those of the messages before it. */
  beginMessage(): void {
    if (this.#handshake === null) {
      this.#handshake = {
        real: new Tally(),
        shadow: new Tally(),
        total: new Tally(),
        matches: this.matches.length,
        reached: new Map(this.reached),
      };
      this.#handshake.total.copyFrom(this.total);
      this.#handshake.real.copyFrom(this.real);
      this.#handshake.shadow.copyFrom(this.shadow);
    }
    this.real.copyFrom(this.#handshake.real);
    this.shadow.copyFrom(this.#handshake.shadow);
    this.total.copyFrom(this.#handshake.total);
    this.matches.length = this.#handshake.matches;
    this.reached.clear();
    for (const [threshold, phase] of this.#handshake.reached) this.reached.set(threshold, phase);
    this.undecided.length = 0;
  }

  /** True once the exchange is refused or redirected. */
  get final(): boolean {
    return this.real.verdict !== PASS;
  }

  /** Judges eager rules before the first value of a phase. */
  begin(phase: number): void {
    for (const rule of this.#evaluation.plan.eager[phase]) this.#judge(rule, false);
    this.step(phase);
  }

  /** Judges the rules whose leaves changed. */
  step(phase: number): void {
    const queue = this.#evaluation.queues[phase];
    if (queue.length > 0) {
      for (let i = 0; i < queue.length; i++) {
        this.#evaluation.ruleMarks[queue[i]] &= ~QUEUED;
        this.#judge(queue[i], false);
      }
      queue.length = 0;
    }
    this.#concludeStage(phase);
  }

  /** Nothing is open any more: what is still undecided is unknown. */
  end(phase: number): void {
    const { queues, waiting, plan } = this.#evaluation;
    this.#judgeLast(queues[phase]);
    this.#judgeLast(waiting[phase]);
    for (const rule of plan.eager[phase]) this.#judge(rule, true);
    if (phase === PHASE.HEADERS) this.#proposeDefault();
    this.#concludeStage(phase);
  }

  /** An outcome that belongs to no rule, at once: `body max`, an engine error. One that only logs is noted. */
  refuse(name: string, outcome: PolicyOutcome, phase: number, where: 'both' | 'shadow' = 'both'): void {
    if (outcome.kind === 'log' && where === 'both') this.logged.add(name);
    const verdict = outcome.kind === 'block' ? blockVerdict(name, outcome, PHASES[phase]) : PASS;
    if (verdict === PASS) return;
    if (this.shadow.verdict === PASS) this.shadow.verdict = verdict;
    if (where === 'shadow' || this.#program.settings.monitorOnly) return;
    if (this.real.verdict === PASS) this.real.verdict = verdict;
  }

  // -- gates: the gatekeeper decides these rules, not their leaves

  /** A limit of the rule refuses. What the rule itself says of a block comes first. */
  matchGate(rule: ProgramRule, refusal: BlockOutcome): void {
    this.#refusals.set(rule.index, rule.actions.block ?? refusal);
    this.#match(rule, false);
  }

  /** The condition or a key of the rule could not be read; `refusal` is how it refuses if its `unknown` says `match`. */
  undecidedGate(rule: ProgramRule, refusal: BlockOutcome): void {
    if (rule.unknown === 'match') this.#refusals.set(rule.index, rule.actions.block ?? refusal);
    this.#matchUnknown(rule);
  }

  /** Ends the stage of the gates. */
  concludeGates(phase: number): void {
    this.#concludeStage(phase);
  }

  #judgeLast(rules: number[]): void {
    if (rules.length === 0) return; // to set a length costs a call into the runtime, even from 0 to 0
    for (const rule of rules) this.#judge(rule, true);
    rules.length = 0;
  }

  #judge(index: number, ended: boolean): void {
    const marks = this.#evaluation.ruleMarks;
    if ((marks[index] & SETTLED) !== 0) return;
    const rule = this.#program.rules[index];
    const result = this.#isDropped(rule) ? FALSE : rule.tree(this.#evaluation);
    if (result === TRUE || result === FALSE || ended) {
      marks[index] |= SETTLED;
      if (result === TRUE) this.#match(rule, false);
      else if (result !== FALSE) this.#matchUnknown(rule);
    } else if ((marks[index] & WAITING) === 0) {
      marks[index] |= WAITING;
      this.#evaluation.waiting[rule.phase].push(index);
    }
  }

  #isDropped(rule: ProgramRule): boolean {
    for (const exclusion of rule.exclusions) {
      if (this.#evaluation.exclusionStates[exclusion] === TRUE) return true;
    }
    return false;
  }

  #match(rule: ProgramRule, unknown: boolean): void {
    this.matches.push({ rule: rule.index, phase: rule.phase, unknown });
    this.#count(this.total, rule);
    this.#apply(this.shadow, rule);
    if (rule.enforced) this.#apply(this.real, rule);
    if (rule.actions.bans.length > 0) this.onBan?.(rule);
  }

  #apply(tally: Tally, rule: ProgramRule): void {
    if (tally.verdict !== PASS) return;
    const { actions, index } = rule;
    if (this.#blockOf(rule) !== null && (tally.blockRule < 0 || index < tally.blockRule))
      tally.blockRule = index;
    if (actions.redirect !== null && (tally.redirectRule < 0 || index < tally.redirectRule)) {
      tally.redirectRule = index;
    }
    if (actions.allow) tally.allowed = true;
    this.#count(tally, rule);
  }

  #count(tally: Tally, { actions, phase }: ProgramRule): void {
    for (const { points, category } of actions.scores) {
      this.#scored = true;
      if (isResponsePhase(phase)) tally.response += points;
      else tally.request += points;
      if (category !== undefined)
        tally.categories.set(category, (tally.categories.get(category) ?? 0) + points);
    }
  }

  #blockOf({ index, limits, actions }: ProgramRule): BlockOutcome | null {
    return limits.length === 0 ? actions.block : (this.#refusals.get(index) ?? null);
  }

  #matchUnknown(rule: ProgramRule): void {
    // What relaxes does not apply when it cannot be decided.
    if (rule.unknown === 'skip' || rule.relaxes) return;
    if (rule.unknown === 'match') {
      this.#match(rule, true);
      return;
    }
    this.undecided.push(rule.index);
    const response = isResponsePhase(rule.phase);
    const { settings } = this.#program;
    let outcome = response ? settings.onUninspectableResponse : settings.onUninspectableRequest;
    if (rule.unknown === 'block' && outcome.kind !== 'block') {
      const status = UNINSPECTABLE_STATUS[response ? 'response' : 'request'];
      outcome = { kind: 'block', status, retryAfterS: undefined };
    }
    this.shadow.propose('policy.uninspectable', outcome);
    if (rule.enforced) this.real.propose('policy.uninspectable', outcome);
  }

  #proposeDefault(): void {
    const { defaultOutcome, monitorOnly } = this.#program.settings;
    if (!this.shadow.allowed) this.shadow.propose('policy.default', defaultOutcome);
    if (!this.real.allowed && !monitorOnly) this.real.propose('policy.default', defaultOutcome);
  }

  #concludeStage(phase: number): void {
    const { real, shadow } = this;
    if (this.#scored) this.#testThresholds(phase);
    this.#scored = false;
    this.#conclude(shadow, phase);
    this.#conclude(real, phase);
  }

  /** The stage after detection: skipped by whoever refuses already. */
  #testThresholds(phase: number): void {
    const { plan } = this.#evaluation;
    for (const threshold of this.#program.settings.thresholds) {
      const { name, subject, points, routes, outcome, label } = threshold;
      if (!appliesTo(routes, plan.views, false)) continue;
      if (this.shadow.points(subject) >= points) this.shadow.propose(name, outcome);
      if (label !== undefined && this.total.points(subject) >= points && !this.reached.has(threshold)) {
        this.reached.set(threshold, phase);
      }
      if (this.real.points(subject) >= points) this.real.propose(name, outcome);
    }
  }

  #conclude(tally: Tally, phase: number): void {
    if (tally.blockRule < 0 && tally.redirectRule < 0 && tally.outcome === null) return;
    if (tally.verdict === PASS) tally.verdict = this.#verdictOf(tally, PHASES[phase]);
    tally.beginStage();
  }

  #verdictOf(tally: Tally, phase: Phase): Verdict {
    const blocking = this.#program.rules[tally.blockRule] as ProgramRule | undefined;
    const block = blocking === undefined ? null : this.#blockOf(blocking);
    if (blocking !== undefined && block !== null) return blockVerdict(blocking.name, block, phase);
    if (tally.outcome !== null) return blockVerdict(tally.outcome.name, tally.outcome.block, phase);
    const { name, actions } = this.#program.rules[tally.redirectRule];
    const { head } = this.#evaluation;
    return {
      action: 'redirect',
      status: actions.redirect?.status ?? 0,
      location: actions.redirect?.location ?? `https://${hostWithoutPort(head.host)}${head.target}`,
      retryAfterS: undefined,
      by: name,
      phase,
    };
  }
}

function blockVerdict(by: string, block: BlockOutcome, phase: Phase): Verdict {
  return {
    action: 'block',
    status: block.status,
    location: undefined,
    retryAfterS: block.retryAfterS,
    by,
    phase,
  };
}

/** https has a port of its own. */
function hostWithoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}
