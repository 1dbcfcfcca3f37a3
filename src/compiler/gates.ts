/** Limiters, floods and bans of the checked policy as what the gatekeeper runs. */
import type { CheckedFlood, CheckedLimiter, CheckedPolicy, CheckedRule } from '../dsl/checked.ts';
import type { Scalar } from '../dsl/checked-condition.ts';
import { banKeyReader, keyReader } from '../engine/gates/gate-key.ts';
import { shadowKind } from '../engine/gates/gate-program.ts';
import type {
  BanAction,
  BanKind,
  GateFlood,
  GateLimiter,
  GateUse,
  KeyReader,
  ProgramGates,
} from '../engine/gates/gate-program.ts';
import { PHASE, PHASES } from '../engine/phases.ts';
import type { RedactionPlan } from '../engine/program.ts';
import type { TruthTest } from '../engine/evaluation-context.ts';
import { OPEN } from '../engine/three-valued.ts';
import type { FloodStage } from '../limiter/flood-gauge.ts';
import type { LimitPolicy, LimitRate } from '../limiter/limit-policy.ts';
import { phaseOf, visitNodes } from './analysis.ts';
import { EVERY_KIND } from './body-kinds.ts';
import { disjunction } from './conditions.ts';
import { Scope } from './program-builder.ts';
import type { ProgramBuilder } from './program-builder.ts';
import { isRedacted } from './redaction-plan.ts';
import { compileRelation } from './relations.ts';
import { compileTree, leavesOf, treeTest } from './rule-tree.ts';
import { compileScalar } from './scalars.ts';
import { structureKey } from './structure-key.ts';

/** Looked up for every request: operators ban addresses whether or not a rule does. */
const ADDRESS_KIND = 'client.ip';
const FLOOD_LIMIT_STATUS = 429;

/** A rule that is not off, and whether it is enforced; its position is its number in the program. */
export interface ActiveRule {
  readonly rule: CheckedRule;
  readonly enforced: boolean;
}

/** Compiled after the rules, whose leaves its own conditions share. */
export function compileGates(
  builder: ProgramBuilder,
  active: readonly ActiveRule[],
  redaction: RedactionPlan,
): ProgramGates {
  const { policy } = builder;
  const read = floodsRead(policy, active);
  const carriers: Carrier[] = [];
  const limiters = policy.limiters.map((limiter) =>
    compileLimiter(builder, limiter, naming(active, limiter)),
  );
  const floods = policy.floods.map((flood) => compileFlood(builder, flood, redaction));
  floods.forEach(({ carrier }, index) => {
    if (read.has(policy.floods[index].name)) carriers.push(carrier);
  });
  const kinds = [
    ...ruleBanKinds(builder, active, carriers),
    ...floods.flatMap(({ flood }) => floodBanKinds(flood, active)),
  ];
  return {
    limiters,
    floods: floods.map(({ flood }) => flood),
    bansOfPhase: PHASES.map((_, phase) => kinds.filter((kind) => kind.phase === phase)),
    floodsOfPhase: PHASES.map((_, phase) =>
      floods.flatMap(({ flood }, index) =>
        flood.phase === phase && read.has(flood.policy.name) ? [index] : [],
      ),
    ),
    neverBan: compileNeverBan(builder),
    carriers: carriers.map(({ leaf }) => leaf),
    limiterLeaves: [...builder.limiterLeaves],
    awaitsValues: carriers.some(({ takesSelections }) => takesSelections),
  };
}

/** What a rule limits, by numbers of the program. */
export function gateUses(builder: ProgramBuilder, rule: CheckedRule): GateUse[] {
  return rule.actions.flatMap((action) => {
    if (action.kind !== 'limit') return [];
    return action.of === 'limiter'
      ? [{ limiter: builder.limiter(action.name), flood: -1 }]
      : [{ limiter: -1, flood: builder.flood(action.name) }];
  });
}

export function banActions(
  builder: ProgramBuilder,
  rule: CheckedRule,
  redaction: RedactionPlan,
): BanAction[] {
  return rule.actions.flatMap((action) =>
    action.kind === 'ban'
      ? [
          {
            kind: action.label,
            key: banKeyReader(compileScalar(builder, action.key, builder.plainScope())),
            forMs: action.forMs,
            redacted: isRedacted(action.key, redaction, builder.regex) ? action.label : undefined,
          },
        ]
      : [],
  );
}

/** Numbers of the rules that limit by it. */
function naming(active: readonly ActiveRule[], { name }: CheckedLimiter): number[] {
  return active.flatMap(({ rule }, index) =>
    rule.actions.some((action) => action.kind === 'limit' && action.of === 'limiter' && action.name === name)
      ? [index]
      : [],
  );
}

// -- carriers

/** A leaf of no rule's tree: while it is active, what it reads is parsed, kept and counted. */
interface Carrier {
  readonly leaf: number;
  /** Something it reads is known only when all values were looked at. */
  readonly takesSelections: boolean;
}

function carried<T>(
  builder: ProgramBuilder,
  name: string,
  reads: unknown,
  compile: () => T,
): { readonly made: T; readonly carrier: Carrier } {
  const { made, accumulators, slots } = builder.recording(compile);
  const takesSelections = accumulators.length > 0;
  const leaf = builder.leaf(
    structureKey('carrier', name),
    () => ({
      kind: 'scalar',
      phase: phaseOf(reads),
      atEnd: takesSelections,
      early: null,
      slots: [],
      evaluate: () => OPEN,
      selection: null,
      field: '',
      subject: null,
      scalarExclusions: [],
      negative: false,
    }),
    reads,
  );
  for (const index of accumulators) builder.watch(index, leaf);
  for (const slot of slots) builder.watchSlot(slot, leaf);
  return { made, carrier: { leaf, takesSelections } };
}

function compileKey(builder: ProgramBuilder, parts: readonly Scalar[]): KeyReader {
  return keyReader(parts.map((part) => compileScalar(builder, part, builder.plainScope())));
}

// -- limiters

function compileLimiter(
  builder: ProgramBuilder,
  limiter: CheckedLimiter,
  rules: readonly number[],
): GateLimiter {
  const { name, key, rates, cost, count } = limiter;
  const { made, carrier } = carried(builder, `limiter ${name}`, [key, rates, cost], () => ({
    key: compileKey(builder, key),
    rates: rates.map(({ when }) => (when === undefined ? null : builder.body(when, relaxingScope(builder)))),
    cost: cost === undefined ? null : compileScalar(builder, cost, builder.plainScope()),
  }));
  builder.leaves[carrier.leaf].rules.push(...rules);
  return {
    policy: limitPolicy(limiter),
    carrier: carrier.leaf,
    ...made,
    count: count === undefined ? null : compileCount(builder, count, rules),
  };
}

/** A rate for some is a favour to them. */
function relaxingScope(builder: ProgramBuilder): Scope {
  return new Scope(builder, { negative: false, relaxes: true, exclusions: [] });
}

/** Decided like a rule of the response, on every route where a rule names the limiter. */
function compileCount(
  builder: ProgramBuilder,
  count: NonNullable<CheckedLimiter['count']>,
  rules: readonly number[],
): TruthTest {
  const tree = compileTree({ builder, exclusions: [], relaxes: false, masks: false, held: new Map() }, count);
  for (const leaf of leavesOf(tree)) {
    builder.leaves[leaf].rules.push(...rules);
    builder.leafKinds[leaf] = EVERY_KIND;
  }
  return treeTest(tree);
}

function limitPolicy(limiter: CheckedLimiter): LimitPolicy {
  const { name, algorithm, rates, sharing, down, status, blockMs } = limiter;
  return { name, algorithm, rates: rates.map(plainRate), sharing, down, status, blockMs };
}

function plainRate({ count, periodMs, burst }: LimitRate): LimitRate {
  return { count, periodMs, burst };
}

// -- floods

function compileFlood(
  builder: ProgramBuilder,
  flood: CheckedFlood,
  redaction: RedactionPlan,
): { readonly flood: GateFlood; readonly carrier: Carrier } {
  const { name, baselineMs, tripTimes, floor, releaseTimes, releaseMs } = flood;
  const { made: key, carrier } = carried(builder, `flood ${name}`, flood.key, () =>
    compileKey(builder, flood.key),
  );
  const stages: FloodStage[] = flood.stages.map((stage) =>
    stage.kind === 'limit' ? { ...stage, rate: plainRate(stage.rate) } : stage,
  );
  const rates = stages.flatMap((stage) => (stage.kind === 'limit' ? [stage.rate] : []));
  let limits = 0;
  return {
    flood: {
      policy: {
        name,
        baselineMs,
        tripTimes,
        floor: { count: floor.count, periodMs: floor.periodMs },
        releaseTimes,
        releaseMs,
        stages,
      },
      phase: carrier.takesSelections ? PHASES.indexOf(flood.phase) : PHASE.CONNECTION,
      key,
      limit: rates.length === 0 ? null : floodLimit(name, rates),
      rateOfStage: stages.map((stage) => (stage.kind === 'limit' ? limits++ : -1)),
      redacted: flood.key.some((part) => isRedacted(part, redaction, builder.regex))
        ? floodKind(name)
        : undefined,
    },
    carrier,
  };
}

/** A flood is met where it arrives: its limit is this process's own. */
function floodLimit(name: string, rates: readonly LimitRate[]): LimitPolicy {
  return {
    name: floodKind(name),
    algorithm: 'gcra',
    rates,
    sharing: 'process',
    down: 'local',
    status: FLOOD_LIMIT_STATUS,
    blockMs: 0,
  };
}

function floodKind(name: string): string {
  return `flood.${name}`;
}

/** Floods that some active rule limits by or reads: the others need not be counted. */
function floodsRead(policy: CheckedPolicy, active: readonly ActiveRule[]): ReadonlySet<string> {
  const read = new Set<string>();
  visitNodes([active.map(({ rule }) => rule), policy.limiters], (node) => {
    if (node.kind === 'floodPart') read.add(String(node.flood));
    if (node.kind === 'limit' && node.of === 'flood') read.add(String(node.name));
  });
  return read;
}

// -- bans

function ruleBanKinds(
  builder: ProgramBuilder,
  active: readonly ActiveRule[],
  carriers: Carrier[],
): BanKind[] {
  const kinds = new Map<string, BanKind>([
    [
      ADDRESS_KIND,
      {
        kind: ADDRESS_KIND,
        phase: PHASE.CONNECTION,
        key: ({ head }) => head.client.ip.text,
        shadow: false,
      },
    ],
  ]);
  for (const { rule, enforced } of active) {
    for (const action of rule.actions) {
      if (action.kind !== 'ban') continue;
      const { key, label } = action;
      const { made, carrier } = carried(builder, `ban ${label}`, key, () =>
        banKeyReader(compileScalar(builder, key, builder.plainScope())),
      );
      carriers.push(carrier);
      const kind = { kind: label, phase: phaseOf(key), key: made, shadow: false };
      kinds.set(label, kind);
      if (!enforced) kinds.set(shadowKind(label), { ...kind, kind: shadowKind(label), shadow: true });
    }
  }
  return [...kinds.values()];
}

function floodBanKinds({ policy, phase, key }: GateFlood, active: readonly ActiveRule[]): BanKind[] {
  if (!policy.stages.some((stage) => stage.kind === 'ban')) return [];
  const limiting = active.filter(({ rule }) =>
    rule.actions.some(
      (action) => action.kind === 'limit' && action.of === 'flood' && action.name === policy.name,
    ),
  );
  if (limiting.length === 0) return [];
  const kind = { kind: floodKind(policy.name), phase, key, shadow: false };
  return limiting.every(({ enforced }) => enforced)
    ? [kind]
    : [kind, { ...kind, kind: shadowKind(kind.kind), shadow: true }];
}

/** True for members alone: a list too old to be believed protects nobody. */
function compileNeverBan(builder: ProgramBuilder): TruthTest | null {
  const { neverBan } = builder.settings;
  if (neverBan.length === 0) return null;
  const scalars = (scalar: Scalar, scope: Scope) => compileScalar(builder, scalar, scope);
  return disjunction(
    neverBan.map((name) => {
      const scope = builder.plainScope();
      const isMember = compileRelation(
        builder,
        { kind: 'in', set: { kind: 'list', name } },
        scope,
        scalars,
        false,
      );
      return (evaluation) => isMember(evaluation, evaluation.head.client.ip);
    }),
  );
}
