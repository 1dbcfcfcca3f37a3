/** The tables a program is made of, while they grow: leaves, accumulators, paths, digests, prefilter entries. */
import { assert } from '../core/assert.ts';
import type { CheckedList, CheckedPolicy, PolicySettings } from '../dsl/checked.ts';
import type { CheckedShape, Condition, Pick, Selection } from '../dsl/checked-condition.ts';
import type { AccumulatorSpec, DigestSpec, JsonSlot, Leaf, ShapeWatch } from '../engine/program.ts';
import type { TruthTest } from '../engine/evaluation-context.ts';
import type { ShapeNode } from '../engine/shape-node.ts';
import type { ChainStep, Need } from '../matcher/pattern-entry.ts';
import { compileRegex } from '../matcher/regex.ts';
import type { CompiledRegex } from '../matcher/regex.ts';
import type { PickCoverage } from './coverage.ts';
import { needsOf } from './analysis.ts';
import type { CompileOptions } from './options.ts';

/** Leaves are finished when all rules are known; until then their lists grow. */
export interface LeafDraft extends Leaf {
  readonly rules: number[];
  readonly slots: number[];
}

export interface EntryDraft {
  readonly leaf: number;
  /** Not given: the entry is about the whole test. */
  readonly atom?: number;
  readonly chain: readonly ChainStep[];
  readonly need: Need;
  readonly exact: CompiledRegex | undefined;
  /** Whether it looks at whole values, at segments of long ones, or at both. */
  readonly of: 'whole' | 'segments' | 'both';
}

/** What a leaf listens to, for the target classes. */
export interface Listener {
  readonly leaf: number;
  readonly picks: readonly PickCoverage[];
  readonly everySegment: boolean;
}

interface Growing<T> {
  readonly spec: T;
  readonly watchers: number[];
}

/** An exclusion of values that applies to the rule being compiled. */
export interface RuleExclusion {
  readonly index: number;
  readonly picks: readonly PickCoverage[];
  readonly targets: readonly Pick[];
}

const PLAIN: Standing = { negative: false, relaxes: false, exclusions: [] };

interface ScopeNumbers {
  readonly bindings: Map<number, number>;
  readonly captures: Map<number, number>;
}

/** A capture bound by a leaf of an earlier phase: it stands once that leaf was decided. */
export interface HeldCapture {
  readonly leaf: number;
  readonly index: number;
}

/** By the checker's number, unique in the policy. */
export type HeldCaptures = ReadonlyMap<number, HeldCapture>;

/** Where a condition stands in its rule. */
export interface Standing {
  /** Under an odd number of negations: `true` here favours no match. */
  readonly negative: boolean;
  /** A match of the rule relaxes. */
  readonly relaxes: boolean;
  readonly exclusions: readonly RuleExclusion[];
  /** None where a condition stands alone. */
  readonly held?: HeldCaptures;
}

/** The standing of a condition, and numbers of bindings and captures inside one leaf: the checker numbers them per policy. */
export class Scope {
  readonly standing: Standing;
  readonly #numbers: ScopeNumbers;
  readonly #builder: ProgramBuilder;

  constructor(builder: ProgramBuilder, standing: Standing, numbers?: ScopeNumbers) {
    this.#builder = builder;
    this.standing = standing;
    this.#numbers = numbers ?? { bindings: new Map(), captures: new Map() };
  }

  /** `true` here makes a refusal likelier, or a permission less likely. */
  get restricts(): boolean {
    return this.standing.negative === this.standing.relaxes;
  }

  /** The scope under a `not`. */
  negated(): Scope {
    return new Scope(this.#builder, { ...this.standing, negative: !this.standing.negative }, this.#numbers);
  }

  binding(id: number): number {
    const index = numbered(this.#numbers.bindings, id);
    this.#builder.bindings = Math.max(this.#builder.bindings, index + 1);
    return index;
  }

  /** Captures have places of their own, so that one may be read after its leaf was decided. */
  capture(id: number): number {
    const known = this.#numbers.captures.get(id);
    if (known !== undefined) return known;
    const index = this.#builder.captures++;
    this.#numbers.captures.set(id, index);
    return index;
  }
}

function numbered(numbers: Map<number, number>, id: number): number {
  const known = numbers.get(id);
  if (known !== undefined) return known;
  numbers.set(id, numbers.size);
  return numbers.size - 1;
}

export class ProgramBuilder {
  readonly policy: CheckedPolicy;
  readonly settings: PolicySettings;
  readonly options: CompileOptions;
  readonly leaves: LeafDraft[] = [];
  readonly leafNeeds: number[] = [];
  /** Origins of the values that an observed leaf looks at, as bits. */
  readonly leafOrigins: number[] = [];
  /** Kinds of bodies in which a rule or a gate turns on the leaf, as bits. */
  readonly leafKinds: number[] = [];
  readonly entries: EntryDraft[] = [];
  readonly listeners: Listener[] = [];
  readonly shapes: ShapeWatch[] = [];
  readonly digests: DigestSpec[] = [];
  /** Leaves on files: the part they look at, null for the whole record. */
  readonly fileLeaves: { readonly leaf: number; readonly part: string | null }[] = [];
  readonly sizeMarks = { request: new Set<number>(), response: new Set<number>() };
  readonly sizeLeaves = { request: new Set<number>(), response: new Set<number>() };
  /** Leaves that read what limiters returned. */
  readonly limiterLeaves = new Set<number>();
  bindings = 1;
  captures = 0;
  /** Captures that other leaves may read, by the leaf that binds them. */
  readonly heldCaptures = new Map<number, HeldCaptures>();
  readonly #leafByKey = new Map<string, number>();
  readonly #accumulators: Growing<Omit<AccumulatorSpec, 'watchers'>>[] = [];
  readonly #accumulatorByKey = new Map<string, number>();
  readonly #slots: {
    readonly direction: 'request' | 'response';
    readonly path: readonly (string | number)[];
    readonly leaves: number[];
  }[] = [];
  readonly #slotByKey = new Map<string, number>();
  readonly #regexes = new Map<string, CompiledRegex>();
  readonly #shapeNodes = new Map<CheckedShape, ShapeNode>();
  #read = { accumulators: new Set<number>(), slots: new Set<number>() };
  readonly #lists: ReadonlyMap<string, CheckedList>;
  readonly #routeIndexes: ReadonlyMap<string, number>;

  constructor(policy: CheckedPolicy, settings: PolicySettings, options: CompileOptions) {
    this.policy = policy;
    this.settings = settings;
    this.options = options;
    this.#lists = new Map(policy.lists.map((list) => [list.name, list]));
    this.#routeIndexes = new Map(policy.routes.map((route, index) => [route.name, index]));
  }

  /** A scope for what binds nothing. */
  plainScope(): Scope {
    return new Scope(this, PLAIN);
  }

  /** One compiled regex for equal sources. */
  readonly regex = (source: string, flags: string): CompiledRegex => {
    const key = `${flags}/${source}`;
    let regex = this.#regexes.get(key);
    if (regex === undefined) this.#regexes.set(key, (regex = compileRegex(source, flags)));
    return regex;
  };

  /** Latin1; '' for a secret that was not given, which equals nothing a client can send in its place. */
  secret(name: string): string {
    const secret = this.options.secrets?.get(name);
    assert(secret !== undefined, `the secret \`${name}\` is not set`);
    return secret;
  }

  switch(name: string): boolean {
    return (
      this.options.switches?.get(name) ??
      this.policy.switches.find((entry) => entry.name === name)?.on ??
      false
    );
  }

  list(name: string): CheckedList {
    const list = this.#lists.get(name);
    assert(list !== undefined, `no list \`${name}\``);
    const entries = this.options.lists?.get(name);
    return entries === undefined ? list : { ...list, entries };
  }

  /** True when a `require` list is older than twice its refresh: `in` is unknown. */
  isStale(name: string): boolean {
    return this.options.staleLists?.has(name) ?? false;
  }

  routes(names: readonly string[]): number[] {
    return names.flatMap((name) => {
      const index = this.#routeIndexes.get(name);
      return index === undefined ? [] : [index];
    });
  }

  /** Number of a limiter in the program. */
  limiter(name: string): number {
    return this.policy.limiters.findIndex((limiter) => limiter.name === name);
  }

  flood(name: string): number {
    return this.policy.floods.findIndex((flood) => flood.name === name);
  }

  /** The leaf under a key; made by `make` the first time. `make` may add other leaves. */
  leaf(key: string, make: (id: number) => Omit<LeafDraft, 'id' | 'rules'>, reads: unknown): number {
    const known = this.#leafByKey.get(key);
    if (known !== undefined) return known;
    const id = this.leaves.length;
    this.#leafByKey.set(key, id);
    const placeholder = { id, rules: [] as number[] };
    this.leaves.push(placeholder as unknown as LeafDraft);
    this.leaves[id] = { ...make(id), ...placeholder };
    this.leafNeeds[id] = (this.leafNeeds[id] ?? 0) | needsOf(reads);
    return id;
  }

  /** Compiles a condition inside a scalar; set by the compiler, because conditions and scalars need each other. */
  body: (condition: Condition, scope: Scope) => TruthTest = () => () => 0;

  accumulator(key: string, make: () => Omit<AccumulatorSpec, 'watchers'>): number {
    let index = this.#accumulatorByKey.get(key);
    if (index === undefined) {
      const spec = make();
      index = this.#accumulators.length;
      this.#accumulatorByKey.set(key, index);
      this.#accumulators.push({ spec, watchers: [] });
    }
    this.#read.accumulators.add(index);
    return index;
  }

  /** Runs `compile` and tells which accumulators and JSON paths it read. */
  recording<T>(compile: () => T): {
    readonly made: T;
    readonly accumulators: number[];
    readonly slots: number[];
  } {
    const outer = this.#read;
    this.#read = { accumulators: new Set(), slots: new Set() };
    const made = compile();
    const { accumulators, slots } = this.#read;
    this.#read = outer;
    for (const index of accumulators) outer.accumulators.add(index);
    for (const index of slots) outer.slots.add(index);
    return { made, accumulators: [...accumulators], slots: [...slots] };
  }

  watch(accumulator: number, leaf: number): void {
    const { watchers } = this.#accumulators[accumulator];
    if (!watchers.includes(leaf)) watchers.push(leaf);
  }

  accumulatorSpecs(): AccumulatorSpec[] {
    return this.#accumulators.map(({ spec, watchers }) => ({ ...spec, watchers }));
  }

  slot(direction: 'request' | 'response', path: readonly (string | number)[]): number {
    const key = `${direction} ${JSON.stringify(path)}`;
    let index = this.#slotByKey.get(key);
    if (index === undefined) {
      index = this.#slots.length;
      this.#slotByKey.set(key, index);
      this.#slots.push({ direction, path, leaves: [] });
    }
    this.#read.slots.add(index);
    return index;
  }

  watchSlot(slot: number, leaf: number): void {
    const { leaves } = this.#slots[slot];
    if (!leaves.includes(leaf)) leaves.push(leaf);
  }

  jsonSlots(): JsonSlot[] {
    return this.#slots;
  }

  digest(spec: DigestSpec): number {
    const known = this.digests.findIndex(
      (other) =>
        other.direction === spec.direction && other.algorithm === spec.algorithm && other.key === spec.key,
    );
    if (known >= 0) return known;
    this.digests.push(spec);
    return this.digests.length - 1;
  }

  shapeNode(shape: CheckedShape, make: () => ShapeNode): ShapeNode {
    let node = this.#shapeNodes.get(shape);
    if (node === undefined) this.#shapeNodes.set(shape, (node = make()));
    return node;
  }
}

/** The parts of a quantified condition, whatever its quantifier. */
export interface QuantifiedParts {
  readonly source: Selection;
  readonly binding: number;
  readonly body: Condition;
}
