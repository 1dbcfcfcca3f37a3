/**
 * A checked policy becomes a `RuleProgram`. Every choice that evaluation would make again and again is made here:
 * closures, shared leaves, target classes, prefilter entries, order of precedence.
 */
import { createHash } from 'node:crypto';
import type { CheckedPolicy, CheckedRule } from '../dsl/checked.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import type { ProgramExclusion, ProgramRule, RuleProgram } from '../engine/program.ts';
import { RouteTable, routeBits } from '../engine/route-table.ts';
import type { FinalSlash } from '../engine/route-table.ts';
import { PatternSet } from '../matcher/pattern-set.ts';
import { decodePath, foldPath } from '../http/path.ts';
import { compileBody } from './conditions.ts';
import { costDiagnostics, ruleCostsUs } from './cost.ts';
import { compileGates } from './gates.ts';
import { finalityDiagnostics } from './finality.ts';
import type { CompileOptions } from './options.ts';
import { ProgramBuilder, Scope } from './program-builder.ts';
import { redactionPlan } from './redaction-plan.ts';
import { compileRule, inPrecedence, modeOf } from './rules.ts';
import { compileSettings } from './settings.ts';
import { structureKey } from './structure-key.ts';
import { planTargets } from './targets.ts';
import type { TargetPlan } from './targets.ts';

export interface CompileResult {
  readonly program: RuleProgram;
  /** Cost over budget (E501), and blocks that become final only when the service saw a part of the body (W505). */
  readonly diagnostics: readonly Diagnostic[];
}

const VERSION_HEX_DIGITS = 12;

/**
 * Compiles a policy. Cost: every regex is compiled and the prefilter's automata are built, about a millisecond a rule.
 *
 * @throws AssertionFailure for a secret without value; RegexSyntaxError never, for a checked policy
 */
export function compileProgram(policy: CheckedPolicy, options: CompileOptions = {}): CompileResult {
  const settings =
    (options.profile === undefined ? undefined : policy.profiles.get(options.profile)) ?? policy.settings;
  const builder = new ProgramBuilder(policy, settings, options);
  builder.body = (condition, scope) => compileBody(builder, condition, scope);
  const redaction = redactionPlan(settings.redact, options.hashKey, builder.regex);
  const active = inPrecedence(policy.rules).filter((rule) => modeOf(rule, builder) !== 'off');
  const costs = ruleCostsUs(active, policy);
  const rules: ProgramRule[] = active.map((rule, index) => ({
    ...compileRule(builder, rule, index, redaction),
    costUs: costs[index],
  }));
  const gates = compileGates(
    builder,
    active.map((rule, index) => ({ rule, enforced: rules[index].enforced })),
    redaction,
  );
  const exclusions = compileExclusions(builder);
  const plan = planTargets(builder);
  const patterns = new PatternSet(
    builder.entries.map(({ leaf, chain, need, exact, of }, id) => ({
      id,
      chain,
      need,
      targets: entryTargets(plan, leaf, of),
      ...(exact === undefined ? {} : { exact }),
    })),
  );
  const program: RuleProgram = {
    version: versionOf(policy, options, active),
    policy: policy.name,
    profile: options.profile,
    settings: compileSettings(builder),
    ...routeTables(policy),
    rules,
    gates,
    exclusions,
    leaves: builder.leaves,
    leafNeeds: Int32Array.from(builder.leafNeeds),
    entryLeaf: Int32Array.from(builder.entries, ({ leaf }) => leaf),
    entryAtom: Int32Array.from(builder.entries, ({ atom }) => atom ?? -1),
    patterns,
    targets: plan.index,
    scalarTargets: plan.scalarTargets,
    accumulators: builder.accumulatorSpecs(),
    slots: builder.jsonSlots(),
    shapes: builder.shapes,
    digests: builder.digests,
    sizeMarks: ascending(builder.sizeMarks.request),
    responseSizeMarks: ascending(builder.sizeMarks.response),
    sizeLeaves: Int32Array.from(builder.sizeLeaves.request),
    responseSizeLeaves: Int32Array.from(builder.sizeLeaves.response),
    redaction,
    bindings: builder.bindings,
    captures: builder.captures,
  };
  return {
    program,
    diagnostics: [...costDiagnostics(settings, active, costs), ...finalityDiagnostics(settings, active)],
  };
}

/** Segments of long values are classes of their own, numbered behind those of whole values. */
function entryTargets(plan: TargetPlan, leaf: number, of: 'whole' | 'segments' | 'both'): number[] {
  const whole = plan.targetsOf[leaf];
  const segments = whole.map((target) => target + plan.index.leavesOf.length);
  if (of === 'whole') return [...whole];
  return of === 'segments' ? segments : [...whole, ...segments];
}

function compileExclusions(builder: ProgramBuilder): ProgramExclusion[] {
  return builder.policy.exclusions.map((exclusion) => ({
    routes: exclusion.routes.length === 0 ? null : routeBits(builder.routes(exclusion.routes)),
    condition:
      exclusion.condition === undefined
        ? null
        : compileBody(
            builder,
            exclusion.condition,
            new Scope(builder, { negative: false, relaxes: true, exclusions: [] }),
          ),
  }));
}

function routeTables({
  routes,
}: CheckedPolicy): Pick<RuleProgram, 'routes' | 'viewRoutes' | 'laxViewRoutes'> {
  const table = (finalSlash: FinalSlash, spell: (text: string) => string): RouteTable =>
    new RouteTable(
      routes.map(({ name, methods, segments }) => ({
        name,
        methods,
        segments: segments.map((segment) =>
          segment.kind === 'literal' ? { ...segment, text: spell(segment.text) } : segment,
        ),
      })),
      finalSlash,
    );
  return {
    routes: table('strict', (text) => text),
    viewRoutes: table('strict', (text) => decodePath(`/${text}`).slice(1)),
    laxViewRoutes: table('optional', (text) => foldPath(`/${text}`).slice(1)),
  };
}

function ascending(numbers: ReadonlySet<number>): number[] {
  return [...numbers].filter((number) => number >= 0).sort((a, b) => a - b);
}

/** Equal policies have equal versions, whatever their layout. Secrets take no part. */
function versionOf(policy: CheckedPolicy, options: CompileOptions, rules: readonly CheckedRule[]): string {
  const lists = policy.lists.map((list) => [list.name, options.lists?.get(list.name) ?? list.entries]);
  const text = structureKey(
    policy.name,
    policy.settings,
    options.profile,
    policy.routes,
    lists,
    rules.map(({ examples: _, ...rule }) => rule),
    policy.exclusions,
    policy.limiters,
    policy.floods,
    [...(options.switches ?? [])],
    [...(options.ruleModes ?? [])],
    options.mode,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, VERSION_HEX_DIGITS);
}
