/**
 * What is worth doing on one set of routes: active rules, leaves, target classes, and what has to be parsed.
 *
 * A path has several views when servers read it differently; each falls on a route. A restricting rule is active when
 * any of them is among its routes, a relaxing one when all are. Plans are made on first use and kept, at most
 * ROUTE_PLANS_MAX of them: there are about as many as routes.
 */
import { ROUTE_PLANS_MAX } from '../core/limits.ts';
import { PHASES } from './phases.ts';
import { NEED } from './program.ts';
import type { ProgramRule, RuleProgram } from './program.ts';
import { hasRoute } from './route-table.ts';

export interface RoutePlan {
  /** Route numbers of the views, without repetition; -1 for none. */
  readonly views: readonly number[];
  /** Rules judged by what arrives; those that limit are judged by the gates. */
  readonly ruleActive: Uint8Array;
  readonly leafActive: Uint8Array;
  readonly targetActive: Uint8Array;
  readonly accumulatorActive: Uint8Array;
  readonly scalarActive: Uint8Array;
  /** Eager rules by phase. */
  readonly eager: readonly (readonly number[])[];
  /** Rules that limit, by phase. */
  readonly gateRules: readonly (readonly number[])[];
  /** By phase: the gates read values, which must have been looked at first. */
  readonly gatesAwaitValues: readonly boolean[];
  readonly needs: number;
  readonly masks: boolean;
}

const RESPONSE_NEEDS =
  NEED.RESPONSE_TEXT |
  NEED.RESPONSE_JSON |
  NEED.RESPONSE_SIZE |
  NEED.RESPONSE_DIGEST |
  NEED.RESPONSE_STRUCTURE;
const REQUEST_NEEDS =
  NEED.ARGUMENTS |
  NEED.TEXT |
  NEED.FILES |
  NEED.STRUCTURE |
  NEED.NESTED |
  NEED.SIZE |
  NEED.DIGEST |
  NEED.MALFORMED;

export function readsRequestBody(plan: RoutePlan): boolean {
  return (plan.needs & REQUEST_NEEDS) !== 0;
}

export function readsResponseBody(plan: RoutePlan): boolean {
  return (plan.needs & RESPONSE_NEEDS) !== 0;
}

export class RoutePlans {
  readonly #program: RuleProgram;
  readonly #plans = new Map<string, RoutePlan>();
  #none: RoutePlan | null = null;

  constructor(program: RuleProgram) {
    this.#program = program;
  }

  /** `views` without repetition, in any order. */
  planFor(views: readonly number[]): RoutePlan {
    if (views.length === 1 && views[0] === -1) return (this.#none ??= this.#make(views));
    const key = views.join(',');
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = this.#make(views);
    if (this.#plans.size >= ROUTE_PLANS_MAX) this.#plans.clear();
    this.#plans.set(key, plan);
    return plan;
  }

  #make(views: readonly number[]): RoutePlan {
    const program = this.#program;
    const ruleActive = Uint8Array.from(program.rules, (rule) => (isActive(rule, views) ? 1 : 0));
    const ofPhases = (wanted: (rule: ProgramRule) => boolean): number[][] =>
      PHASES.map((_, phase) =>
        program.rules
          .filter((rule) => rule.phase === phase && ruleActive[rule.index] === 1 && wanted(rule))
          .map((rule) => rule.index),
      );
    const gateRules = ofPhases((rule) => rule.limits.length > 0);
    const leafActive = Uint8Array.from(program.leaves, (leaf) =>
      leaf.rules.some((rule) => ruleActive[rule] === 1) ? 1 : 0,
    );
    for (const leaf of program.gates.carriers) leafActive[leaf] = 1;
    let needs = 0;
    program.leafNeeds.forEach((bits, id) => {
      if (leafActive[id] === 1) needs |= bits;
    });
    return {
      views,
      ruleActive: ruleActive.map((active, index) => (program.rules[index].limits.length === 0 ? active : 0)),
      leafActive,
      targetActive: Uint8Array.from(program.targets.leavesOf, (leaves) =>
        leaves.some((leaf) => leafActive[leaf] === 1) ? 1 : 0,
      ),
      accumulatorActive: Uint8Array.from(program.accumulators, (spec) =>
        spec.watchers.some((leaf) => leafActive[leaf] === 1) ? 1 : 0,
      ),
      scalarActive: Uint8Array.from(program.scalarTargets, (scalar) =>
        scalar.leaves.some((leaf) => leafActive[leaf] === 1) ? 1 : 0,
      ),
      eager: ofPhases((rule) => rule.eager && rule.limits.length === 0),
      gateRules,
      gatesAwaitValues: gateRules.map(
        (rules, phase) =>
          program.gates.awaitsValues ||
          rules.some((rule) => awaitsValues(program, program.rules[rule], phase)),
      ),
      needs,
      masks: program.rules.some(
        (rule) => ruleActive[rule.index] === 1 && rule.enforced && rule.actions.maskKeep >= 0,
      ),
    };
  }
}

/** Whether the condition of a rule, or a key or cost of what it limits, takes values of `phase` that have to be looked at. */
function awaitsValues(program: RuleProgram, rule: ProgramRule, phase: number): boolean {
  const carriers = rule.limits.flatMap(({ limiter }) =>
    limiter < 0 ? [] : [program.gates.limiters[limiter].carrier],
  );
  return [...rule.leaves, ...carriers].some((id) => {
    const leaf = program.leaves[id];
    return leaf.phase === phase && (leaf.kind === 'observed' || leaf.atEnd);
  });
}

function isActive(rule: ProgramRule, views: readonly number[]): boolean {
  return appliesTo(rule.routes, views, rule.relaxes);
}

/** Whether something limited to `routes` applies to a path with these views. */
export function appliesTo(routes: readonly number[] | null, views: readonly number[], all: boolean): boolean {
  if (routes === null) return true;
  return all
    ? views.every((view) => view >= 0 && hasRoute(routes, view))
    : views.some((view) => view >= 0 && hasRoute(routes, view));
}
