/**
 * The state of one transaction that compiled closures read: head, leaf states, bound values, what the body has shown.
 *
 * Objects are pooled per program and reset, so an exchange in which nothing matches leaves no garbage of its own.
 * States are `Truth`s in typed arrays; an untouched selection leaf stays OPEN and reads as FALSE once its phase ended.
 */
import type { RequestFacts } from './api.ts';
import type { TlsFacts } from '../http/tls-facts.ts';
import { parseCookies } from '../http/cookies.ts';
import type { GraphqlWatch } from './graphql-watch.ts';
import type { Cookies } from '../http/cookies.ts';
import { combineLines } from '../http/fields.ts';
import { parseQuery } from '../http/query.ts';
import type { Query } from '../http/query.ts';
import type { BodyKind } from '../http/body/reader.ts';
import type { RequestHead } from '../http/request-head.ts';
import { UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { FileRecord, MaybeValue } from '../http/value.ts';
import type { FloodReading } from '../limiter/flood-gauge.ts';
import type { LimitReading } from '../limiter/limit-store.ts';
import type { RegexMatch } from '../matcher/regex.ts';
import { Accumulator } from './accumulator.ts';
import type { BodyFacts, EvaluationContext, ResponseHead, RetainedValue } from './evaluation-context.ts';
import { PHASE } from './phases.ts';
import type { Leaf, RuleProgram, TargetSet } from './program.ts';
import type { RoutePlan } from './route-plan.ts';
import type { RouteMatch } from './route-table.ts';
import { SettledLeaves } from './settled-leaves.ts';
import { FALSE, OPEN, TRUE, UNKNOWN } from './three-valued.ts';
import type { Truth } from './three-valued.ts';

const NO_COOKIES: Cookies = { pairs: [], truncated: false };
const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();
const NO_QUERY: Query = { pairs: [], truncated: false };

export class Evaluation implements EvaluationContext {
  readonly program: RuleProgram;
  /** All marks of one exchange side by side, so that one fill forgets them. */
  readonly #marks: Uint8Array;
  readonly states: Uint8Array;
  /** Rules whose leaves changed since their last evaluation, by phase. */
  readonly queues: number[][];
  /** Rules evaluated and not settled, by phase; looked at again at the end. */
  readonly waiting: number[][];
  /** Bits: 1 queued, 2 waiting, 4 settled. */
  readonly ruleMarks: Uint8Array;
  readonly exclusionStates: Uint8Array;
  readonly accumulators: readonly Accumulator[];
  readonly settled = new SettledLeaves();
  readonly spans = new Map<number, number[]>();

  head!: RequestHead;
  plan!: RoutePlan;
  route: RouteMatch | null = null;
  #cookies: Cookies | null = null;
  #query: Query | null = null;
  response: ResponseHead | null = null;
  readonly requestBody: BodyFacts = emptyFacts();
  readonly responseBody: BodyFacts = emptyFacts();
  bodyKind: BodyKind = 'none';
  argumentBytes = 0;
  wsBytes = 0;
  wsDirection: 'in' | 'out' = 'in';
  step = 0;
  claims: Readonly<Record<string, unknown>> | undefined = undefined;
  tls: TlsFacts | undefined = undefined;
  graphql: GraphqlWatch | null = null;
  readonly limitReadings: (LimitReading | null)[];
  readonly floodReadings: (FloodReading | null)[];

  // -- what closures in a binder block read
  readonly bound: MaybeValue[];
  readonly boundNames: string[];
  readonly boundPaths: string[];
  readonly boundOrigins: number[];
  readonly boundFacets: number[];
  readonly boundFiles: (FileRecord | null)[];
  readonly captures: (RegexMatch | null)[];
  /** PART bits of the value under test. */
  part = 3;
  /** Bytes of a long value up to the end of this segment. */
  lengthSoFar = 0;
  atoms: Uint8Array = new Uint8Array(0);
  /** Set while a report looks for what a pattern matched: searches leave their match, the first or the last captured. */
  watchesMatches = false;
  lastFound: { readonly text: string; readonly start: number; readonly subject: string } | null = null;

  readonly slotValues: MaybeValue[];
  readonly slotSeen: Uint8Array;
  readonly digests: (string | undefined)[];
  #begun = 0;
  #ended = 0;

  constructor(program: RuleProgram) {
    this.program = program;
    this.#marks = new Uint8Array(
      program.leaves.length + program.rules.length + program.exclusions.length + program.slots.length,
    );
    let at = 0;
    const take = (length: number): Uint8Array => this.#marks.subarray(at, (at += length));
    this.states = take(program.leaves.length);
    this.ruleMarks = take(program.rules.length);
    this.exclusionStates = take(program.exclusions.length);
    this.slotSeen = take(program.slots.length);
    this.queues = [[], [], [], [], [], []];
    this.waiting = [[], [], [], [], [], []];
    this.limitReadings = new Array<LimitReading | null>(program.gates.limiters.length).fill(null);
    this.floodReadings = new Array<FloodReading | null>(program.gates.floods.length).fill(null);
    this.accumulators = program.accumulators.map((spec) => new Accumulator(spec));
    this.bound = new Array<MaybeValue>(program.bindings).fill(undefined);
    this.boundNames = new Array<string>(program.bindings).fill('');
    this.boundPaths = new Array<string>(program.bindings).fill('');
    this.boundOrigins = new Array<number>(program.bindings).fill(0);
    this.boundFacets = new Array<number>(program.bindings).fill(0);
    this.boundFiles = new Array<FileRecord | null>(program.bindings).fill(null);
    this.captures = new Array<RegexMatch | null>(program.captures).fill(null);
    this.slotValues = new Array<MaybeValue>(program.slots.length).fill(undefined);
    this.digests = new Array<string | undefined>(program.digests.length).fill(undefined);
  }

  /** Makes the object ready for another exchange. Linear in the number of leaves and rules, as a memory fill. */
  reset(head: RequestHead, facts?: RequestFacts): void {
    this.#marks.fill(OPEN); // which is 0
    for (let phase = 0; phase < this.queues.length; phase++) {
      empty(this.queues[phase]);
      empty(this.waiting[phase]);
    }
    for (const accumulator of this.accumulators) accumulator.reset();
    this.settled.clear();
    if (this.spans.size > 0) this.spans.clear();
    forget(this.slotValues, undefined);
    forget(this.digests, undefined);
    forget(this.bound, undefined);
    forget(this.captures, null);
    forget(this.boundFiles, null);
    this.head = head;
    this.claims = facts?.claims;
    this.tls = facts?.tls;
    this.graphql = null;
    this.route = null;
    this.#cookies = null;
    this.#query = null;
    this.response = null;
    clearFacts(this.requestBody);
    clearFacts(this.responseBody);
    this.bodyKind = 'none';
    this.argumentBytes = 0;
    this.step = 0;
    this.part = 3;
    this.#begun = 0;
    this.#ended = 0;
  }

  get routeName(): string | undefined {
    return this.route === null ? undefined : this.program.routes.routes[this.route.index].name;
  }

  get routeParameters(): ReadonlyMap<string, string> {
    return this.route === null ? NO_PARAMETERS : this.route.parameters;
  }

  /** Classes of the values of this request, by origin and facet. */
  get targetSets(): readonly TargetSet[] {
    return this.program.targets.setsOfKind[this.bodyKind];
  }

  get views(): readonly number[] {
    return this.plan.views;
  }

  /** Read when first asked for. */
  get cookies(): Cookies {
    if (this.#cookies === null) {
      const line = combineLines(this.head.fields, 'cookie');
      this.#cookies = line === undefined ? NO_COOKIES : parseCookies(line);
    }
    return this.#cookies;
  }

  get query(): Query {
    return (this.#query ??= this.head.hasQuery ? parseQuery(this.head.query) : NO_QUERY);
  }

  beginPhase(phase: number): void {
    this.#begun |= 1 << phase;
  }

  endPhase(phase: number): void {
    this.#begun |= 1 << phase;
    this.#ended |= 1 << phase;
  }

  hasEnded(phase: number): boolean {
    return (this.#ended & (1 << phase)) !== 0;
  }

  /** A WebSocket message is a phase that comes again: its leaves and rules are as new, all others stay. */
  beginMessage(direction: 'in' | 'out', bytes: number): void {
    this.wsDirection = direction;
    this.wsBytes = bytes;
    this.step++;
    const phase = PHASE.WS_MESSAGE;
    for (const leaf of this.program.leaves) {
      if (leaf.phase !== phase) continue;
      this.states[leaf.id] = OPEN;
    }
    this.settled.deleteWhere((id) => this.program.leaves[id].phase === phase);
    for (const rule of this.program.rules) if (rule.phase === phase) this.ruleMarks[rule.index] = 0;
    for (const accumulator of this.accumulators) if (accumulator.spec.phase === phase) accumulator.reset();
    this.queues[phase].length = 0;
    this.waiting[phase].length = 0;
    this.#ended &= ~(1 << phase);
    this.#begun |= 1 << phase;
  }

  bind(binding: number, { value, name, path, origin, facet, file }: RetainedValue): void {
    this.bound[binding] = value;
    this.boundNames[binding] = name;
    this.boundPaths[binding] = path;
    this.boundOrigins[binding] = origin;
    this.boundFacets[binding] = facet;
    this.boundFiles[binding] = file;
  }

  /** State of a leaf as rules see it now. Scalar leaves are decided on first use, when what they read is known. */
  leaf(id: number): Truth {
    const leaf = this.program.leaves[id];
    if (leaf.scalarExclusions.length > 0 && this.#isExcluded(leaf)) return leaf.negative ? TRUE : FALSE;
    const state = this.states[id];
    if (state !== OPEN) return state;
    if (leaf.kind === 'observed') return (this.#ended & (1 << leaf.phase)) !== 0 ? FALSE : OPEN;
    if (!this.#isKnown(leaf)) return this.#decideEarly(leaf);
    const decided = this.#decide(leaf);
    this.states[id] = decided;
    return decided;
  }

  /** A count that broke off may have been exceeded before it did. */
  #decide(leaf: Leaf): Truth {
    const decided = leaf.evaluate(this);
    if (decided !== UNKNOWN || leaf.early === null) return decided;
    const early = leaf.early(this);
    return early === OPEN ? UNKNOWN : early;
  }

  #isKnown(leaf: Leaf): boolean {
    const bit = 1 << leaf.phase;
    if ((this.#ended & bit) !== 0) return true;
    if ((this.#begun & bit) === 0 || leaf.atEnd) return false;
    for (const slot of leaf.slots) if (this.slotSeen[slot] === 0) return false;
    return true;
  }

  #decideEarly(leaf: Leaf): Truth {
    if (leaf.early === null || (this.#begun & (1 << leaf.phase)) === 0) return OPEN;
    const decided = leaf.early(this);
    this.states[leaf.id] = decided;
    return decided;
  }

  #isExcluded(leaf: Leaf): boolean {
    for (const exclusion of leaf.scalarExclusions) if (this.exclusionStates[exclusion] === TRUE) return true;
    return false;
  }

  /** Settles a leaf and queues its rules. TRUE replaces UNKNOWN, nothing replaces TRUE. */
  settle(id: number, state: Truth): void {
    const before = this.states[id];
    if (before === TRUE || before === state) return;
    this.states[id] = state;
    this.touch(id);
  }

  /** Queues the rules that read a leaf. */
  touch(id: number): void {
    const { rules } = this.program.leaves[id];
    const { ruleActive } = this.plan;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i];
      if (ruleActive[rule] === 0 || (this.ruleMarks[rule] & 5) !== 0) continue;
      this.ruleMarks[rule] |= 1;
      this.queues[this.program.rules[rule].phase].push(rule);
    }
  }

  /** A JSON value that has not arrived: absent after a sound document, unknown after a broken one. */
  slot(index: number): MaybeValue {
    if (this.slotSeen[index] === 1) return this.slotValues[index];
    const facts = this.program.slots[index].direction === 'request' ? this.requestBody : this.responseBody;
    return facts.broken ? UNREADABLE : undefined;
  }

  digest(index: number): MaybeValue {
    return this.digests[index] ?? UNREADABLE;
  }
}

/** To set the length of an array costs a call into the runtime, even from 0 to 0. */
function empty(list: unknown[]): void {
  if (list.length > 0) list.length = 0;
}

/** The same for a fill, which most programs have nothing to fill with. */
function forget<T>(list: T[], nothing: T): void {
  if (list.length > 0) list.fill(nothing);
}

function emptyFacts(): BodyFacts {
  return {
    size: 0,
    received: 0,
    jsonDepth: undefined,
    jsonKeys: undefined,
    fault: undefined,
    broken: false,
    cut: undefined,
  };
}

function clearFacts(facts: BodyFacts): void {
  facts.size = 0;
  facts.received = 0;
  facts.jsonDepth = undefined;
  facts.jsonKeys = undefined;
  facts.fault = undefined;
  facts.broken = false;
  facts.cut = undefined;
}
