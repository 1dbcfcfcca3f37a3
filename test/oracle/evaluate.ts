/**
 * The oracle: a checked policy run as it stands over a whole exchange, obviously and slowly.
 *
 * Each phase is a sequence of moments: one for a phase of the head, and for a body one before its first value, one after
 * each value, one for each byte where sizes count, and its end. At each moment every rule that has not matched is
 * evaluated from nothing. No streaming, no prefilter, no sharing, no caching.
 *
 * An exchange by itself: nothing counts, nothing is banned, no token is carried. Rules that limit take no part, since
 * what they say of a request hangs on those before it; test/unit/engine/gates holds them to their meaning.
 */
import type {
  CheckedAction,
  CheckedExclusion,
  CheckedPolicy,
  CheckedRule,
  Outcome,
  PolicySettings,
} from '../../src/dsl/checked.ts';
import type { FieldPhase } from '../../src/http/schema.ts';
import type { Value } from '../../src/http/value.ts';
import { Evaluator } from './condition.ts';
import { collect } from './exchange.ts';
import type { Collected, Exchange } from './exchange.ts';
import type { Truth } from './logic.ts';
import { Moment } from './moment.ts';
import type { World } from './moment.ts';
import { applies, routeOf } from './routes.ts';
import { Tally } from './verdict.ts';
import type { OracleVerdict } from './verdict.ts';

export interface OracleOptions {
  readonly profile?: string;
  readonly secrets?: ReadonlyMap<string, string>;
  /** Contents of list files. */
  readonly lists?: ReadonlyMap<string, readonly Value[]>;
}

export interface OracleReport {
  readonly verdict: OracleVerdict;
  readonly shadow: OracleVerdict;
  /** Names of the rules that matched until the verdict, sorted. */
  readonly matches: readonly string[];
  /** Rules that could not be decided and followed `on uninspectable`, sorted. */
  readonly undecided: readonly string[];
  readonly scores: Readonly<Record<string, number>>;
  readonly shadowScores: Readonly<Record<string, number>>;
  /** Last truth of every rule that was looked at. */
  readonly truths: ReadonlyMap<string, Truth>;
  readonly uninspectable: string | undefined;
}

/** Evaluates everything. Cost: rules × values², fine for tests. */
export function evaluateNaively(
  policy: CheckedPolicy,
  exchange: Exchange,
  options: OracleOptions = {},
): OracleReport {
  return new Run(policy, exchange, options).report();
}

class Run {
  readonly #policy: CheckedPolicy;
  readonly #settings: PolicySettings;
  readonly #world: World;
  readonly #collected: Collected;
  readonly #rules: readonly CheckedRule[];
  readonly #real: Tally;
  readonly #shadow: Tally;
  readonly #settled = new Set<CheckedRule>();
  readonly #matches: string[] = [];
  readonly #undecided: string[] = [];
  readonly #truths = new Map<string, Truth>();
  #exclusions: readonly CheckedExclusion[] = [];

  constructor(policy: CheckedPolicy, exchange: Exchange, options: OracleOptions) {
    this.#policy = policy;
    this.#settings = policy.profiles.get(options.profile ?? '') ?? policy.settings;
    const windowBytes = Math.max(1, this.#settings.bodyWindowBytes >>> 1) * 2;
    this.#collected = collect(exchange, windowBytes, this.#settings.bodyBytesMax);
    const routed = routeOf(policy, exchange.head);
    const lists = new Map(
      policy.lists.map((list) => [
        list.name,
        list.file === undefined ? list.entries : (options.lists?.get(list.name) ?? []),
      ]),
    );
    this.#world = {
      policy,
      windowBytes,
      bodyBytesMax: this.#settings.bodyBytesMax,
      collected: this.#collected,
      routed,
      secrets: options.secrets ?? new Map(),
      lists,
    };
    const active = policy.rules.filter(
      (rule) =>
        rule.mode !== 'off' &&
        applies(rule.routes, routed, rule.relaxes) &&
        !rule.actions.some(({ kind }) => kind === 'limit'),
    );
    this.#rules = this.#settings.mode === 'off' ? [] : active;
    const thresholds = this.#settings.thresholds.filter((threshold) =>
      applies(threshold.routes, routed, false),
    );
    this.#real = new Tally(thresholds);
    this.#shadow = new Tally(thresholds);
  }

  report(): OracleReport {
    this.#run();
    const { request, response } = this.#collected;
    return {
      verdict: this.#real.verdict,
      shadow: this.#shadow.verdict,
      matches: [...this.#matches].sort(),
      undecided: [...this.#undecided].sort(),
      scores: this.#real.scores,
      shadowScores: this.#shadow.scores,
      truths: this.#truths,
      uninspectable:
        this.#undecided.length === 0
          ? undefined
          : (request.fault ?? (request.cut ? 'body.max' : undefined) ?? response?.fault ?? 'value.unknown'),
    };
  }

  get #monitorOnly(): boolean {
    return this.#settings.mode !== 'enforce';
  }

  #run(): void {
    const { arrivals, request, response, exchange } = this.#collected;
    const headEnd = arrivals.filter(({ side }) => side === 'head').length;
    const headed = new Moment(this.#world, 'headers', true, headEnd, 0);
    this.#exclusions = this.#policy.exclusions.filter(
      ({ routes, condition }) =>
        applies(routes, this.#world.routed, true) &&
        (condition === undefined || new Evaluator(headed, [], true).condition(condition, true) === 'true'),
    );
    this.#judge(new Moment(this.#world, 'connection', true, headEnd, 0), 'connection');
    this.#judge(new Moment(this.#world, 'headers', true, headEnd, 0), 'headers');
    if ((exchange.head.contentLength ?? 0) > this.#settings.bodyBytesMax)
      this.#refuse('policy.body_max', this.#settings.bodyOverMax);
    this.#body('body', 'body', headEnd, request.bytes.length);
    if (response === undefined) return;
    const bodyEnd = arrivals.findIndex(({ side }) => side === 'response_head' || side === 'response_body');
    const answered = bodyEnd < 0 ? arrivals.length : bodyEnd;
    const headLines = arrivals.filter(({ side }) => side === 'response_head').length;
    this.#judge(
      new Moment(this.#world, 'response_headers', true, answered + headLines, 0),
      'response_headers',
    );
    this.#body('response_body', 'response_body', answered + headLines, response.bytes.length);
  }

  /** The steps of a body: what is known before it, each value and each byte in order, the end. */
  #body(phase: FieldPhase, side: string, from: number, bytes: number): void {
    const { arrivals } = this.#collected;
    const limit = phase === 'body' ? this.#settings.bodyBytesMax : Infinity;
    const known = (count: number, read: number): void => {
      this.#judge(new Moment(this.#world, phase, false, count, read), phase);
    };
    known(from, 0);
    const countsBytes = readsSizes(this.#rules);
    let count = from;
    // What the readers tell at the end of the body comes behind its last byte.
    for (let at = 0; at <= bytes + 1; at++) {
      const read = Math.min(at, bytes);
      if (read > limit) {
        if (countsBytes) known(count, read);
        this.#refuse('policy.body_max', this.#settings.bodyOverMax);
        // Where that does not end it, all that is open by now stays unknown.
        this.#judge(new Moment(this.#world, phase, true, count, read), phase);
        return;
      }
      while (count < arrivals.length && arrivals[count].side === side && arrivals[count].bytes <= at) {
        count++;
        known(count, read);
      }
      if (countsBytes) known(count, read);
    }
    this.#judge(new Moment(this.#world, phase, true, count, bytes), phase);
  }

  // -- one step

  #judge(moment: Moment, phase: FieldPhase): void {
    if (this.#real.final) return;
    for (const rule of this.#rules) {
      if (rule.phase !== phase || this.#settled.has(rule)) continue;
      const truth = this.#truthOf(rule, moment);
      this.#truths.set(rule.name, truth);
      if (truth === 'true') this.#match(rule);
      else if (moment.ended && truth !== 'false') this.#unknown(rule);
    }
    if (phase === 'headers') {
      const { defaultOutcome } = this.#settings;
      if (!this.#shadow.allowed) this.#shadow.propose('policy.default', defaultOutcome);
      if (!this.#real.allowed && !this.#monitorOnly) this.#real.propose('policy.default', defaultOutcome);
    }
    this.#real.conclude();
    this.#shadow.conclude();
  }

  #truthOf(rule: CheckedRule, moment: Moment): Truth {
    const exclusions = rule.sealed ? [] : this.#exclusions.filter(({ rules }) => rules.includes(rule.name));
    if (exclusions.some(({ target }) => target.length === 0)) return 'false';
    if (rule.condition === undefined) return 'true';
    return new Evaluator(moment, exclusions, rule.relaxes).condition(rule.condition, true);
  }

  #isEnforced(rule: CheckedRule): boolean {
    return rule.mode === 'enforce' && !this.#monitorOnly;
  }

  #match(rule: CheckedRule): void {
    this.#settled.add(rule);
    this.#matches.push(rule.name);
    this.#shadow.take(rule, this.#effects(rule));
    if (this.#isEnforced(rule)) this.#real.take(rule, this.#effects(rule));
  }

  /** Scores with the points of the severity put in. */
  #effects(rule: CheckedRule): CheckedAction[] {
    return rule.actions.map((action) =>
      action.kind === 'score'
        ? { ...action, points: action.points ?? this.#settings.scores[rule.severity] }
        : action,
    );
  }

  #unknown(rule: CheckedRule): void {
    this.#settled.add(rule);
    if (rule.relaxes || rule.unknown === 'skip') return;
    if (rule.unknown === 'match') {
      this.#match(rule);
      return;
    }
    this.#undecided.push(rule.name);
    const isResponse = rule.phase.startsWith('response');
    let outcome: Outcome = isResponse
      ? this.#settings.onUninspectableResponse
      : this.#settings.onUninspectableRequest;
    if (rule.unknown === 'block' && outcome.kind !== 'block') {
      outcome = { kind: 'block', status: isResponse ? 502 : 415, retryAfterS: undefined };
    }
    this.#shadow.propose('policy.uninspectable', outcome);
    if (this.#isEnforced(rule)) this.#real.propose('policy.uninspectable', outcome);
  }

  #refuse(name: string, outcome: Outcome): void {
    if (this.#real.final) return;
    this.#shadow.propose(name, outcome);
    if (!this.#monitorOnly) this.#real.propose(name, outcome);
    this.#real.conclude();
    this.#shadow.conclude();
  }
}

/** Whether a rule looks at the size of a body, so that each byte is a step. */
function readsSizes(rules: readonly CheckedRule[]): boolean {
  const conditions = rules.map(({ condition }) => condition);
  return JSON.stringify(conditions, (key, value: unknown) => (key === 'span' ? undefined : value)).includes(
    'body.size"',
  );
}
