/**
 * For a request that was refused: the narrowest exclusion that would let it pass, as rule text, or why there is none.
 *
 * What an answer needs of the rules is gathered when a program is compiled; a suggestion is then a few map look-ups and
 * the joining of a text, made when an event is written and never while a request waits.
 *
 * Of the rules that brought the request down, the fewest targets are excluded with which no rule decides and no
 * threshold is reached any more. An exclusion is refused where it would let an attack pass that the rule's examples
 * promise to stop: such an attack looks like the request, and only an author can tell them apart.
 */
import { EXCLUSION_DAYS, EXCLUSION_TARGETS_MAX } from '../../core/limits.ts';
import type { CheckedPolicy, Threshold } from '../../dsl/checked.ts';
import { exclusionText, scopeOf } from './exclusion-scope.ts';
import type { ExclusionBlock, ExclusionScope, ExclusionTarget } from './exclusion-scope.ts';
import { RouteFinder } from './route-finder.ts';
import { ruleFacts } from './rule-facts.ts';
import type { RuleFacts } from './rule-facts.ts';
import { targetOf, WHOLE_RULE } from './target-of-witness.ts';
import type { SeenValue } from './target-of-witness.ts';

/** What a report, or an event of the log, says of a refused request. Texts are latin1. */
export interface RefusedRequest {
  readonly id: string;
  readonly method: string;
  /** Canonical. */
  readonly path: string;
  /** Who refused: a rule, `policy.threshold.…` or another outcome of the policy. */
  readonly by: string;
  /** The rules that count: in a verdict the enforced ones, in a shadow verdict all. */
  readonly matches: readonly RefusingMatch[];
  readonly matchesDropped: number;
}

export interface RefusingMatch {
  readonly rule: string;
  /** It could not be decided. */
  readonly unknown: boolean;
  readonly witness: SeenValue | undefined;
}

/** `text` is rule text; `refused` says why there is none. */
export type ExclusionAdvice =
  | { readonly text: string; readonly blocks: readonly ExclusionBlock[] }
  | { readonly refused: string };

export interface AdviceOptions {
  /** When the exclusion ends, `YYYY-MM-DD`. */
  readonly until: string;
  readonly because?: string;
  /** Rules of which the value was excluded in vain: they are excluded as a whole. */
  readonly whole?: ReadonlySet<string>;
}

const MS_PER_DAY = 86_400_000;

/** The day on which an exclusion suggested now ends. */
export function untilOf(nowMs: number): string {
  return new Date(nowMs + EXCLUSION_DAYS * MS_PER_DAY).toISOString().slice(0, 10);
}

/** A rule that has to give way, and where. */
interface Concession {
  readonly rule: string;
  readonly facts: RuleFacts;
  readonly target: ExclusionTarget;
}

export class ExclusionAdvisor {
  readonly #facts: ReadonlyMap<string, RuleFacts>;
  readonly #routes: RouteFinder;
  readonly #thresholds: readonly Threshold[];

  constructor(policy: CheckedPolicy) {
    this.#facts = ruleFacts(policy);
    this.#routes = new RouteFinder(policy.routes);
    this.#thresholds = policy.settings.thresholds.filter(({ outcome }) => outcome.kind === 'block');
  }

  /** Never throws, whatever a client sent. O(rules that matched × targets), targets capped. */
  advise(request: RefusedRequest, options: AdviceOptions): ExclusionAdvice {
    const { by, matches, matchesDropped } = request;
    if (by.startsWith('policy.') && !by.startsWith('policy.threshold.'))
      return { refused: `${by} is no rule: change the policy, or the request` };
    if (matchesDropped > 0) return { refused: 'more rules matched than are reported' };
    const route = this.#routes.routeOf(request.method, request.path);
    const scope = scopeOf(route, request.method, request.path);
    if (scope === undefined) return { refused: 'the path is too long for an exclusion that anybody reviews' };
    const concessions: Concession[] = [];
    for (const match of matches) {
      const conceded = this.#concede(match, options.whole?.has(match.rule) === true);
      if (conceded === undefined) continue;
      if ('refused' in conceded) return conceded;
      concessions.push(conceded);
    }
    const chosen = fewest(concessions, (rest) => this.#passes(rest, route));
    if (chosen.length === 0) return { refused: 'no rule that matched refuses the request by itself' };
    for (const { rule, facts, target } of chosen) {
      const slipping = facts.hits.find((hit) => hit.isTouched(scope, target.name, this.#routes));
      if (slipping !== undefined)
        return { refused: `${rule} would no longer stop the attack at ${slipping.where}` };
    }
    const blocks = blocksOf(chosen, scope);
    const because = options.because ?? `harmless: request ${request.id}`;
    return { text: exclusionText(blocks, because, options.until), blocks };
  }

  /** What one matching rule would have to give up; nothing if it takes no part in the refusal. */
  #concede(
    { rule, unknown, witness }: RefusingMatch,
    isWhole: boolean,
  ): Concession | { readonly refused: string } | undefined {
    const facts = this.#facts.get(rule);
    if (facts === undefined) return { refused: `${rule} is not among these rules` };
    if (!facts.decides && facts.points.size === 0 && !facts.isGate) return undefined;
    if (facts.isGate) return { refused: `${rule} limits: change its limiter` };
    if (facts.sealed) return { refused: `${rule} is sealed` };
    if (unknown) return { refused: `${rule} could not be decided: the request cannot be inspected` };
    const target = isWhole ? WHOLE_RULE : targetOf(witness, facts);
    if (target === undefined)
      return { refused: 'the name of the value is too long for an exclusion that anybody reviews' };
    return { rule, facts, target };
  }

  /** Whether these rules alone would let the request pass. */
  #passes(rest: readonly Concession[], route: string | undefined): boolean {
    if (rest.some(({ facts }) => facts.decides)) return false;
    return this.#thresholds.every(({ subject, points, routes }) => {
      if (routes.length > 0 && (route === undefined || !routes.includes(route))) return true;
      const sum = rest.reduce((total, { facts }) => total + (facts.points.get(subject) ?? 0), 0);
      return sum < points;
    });
  }
}

/**
 * The fewest targets, and of those the fewest rules, without which the rest passes. All sets of targets are tried in
 * order of size, at most 2^EXCLUSION_TARGETS_MAX.
 */
function fewest(
  all: readonly Concession[],
  passes: (rest: readonly Concession[]) => boolean,
): readonly Concession[] {
  const targets = [...new Set(all.map(({ target }) => target.text))];
  if (targets.length > EXCLUSION_TARGETS_MAX) return all;
  const sets = Array.from({ length: 2 ** targets.length }, (_, bits) => bits).sort(
    (a, b) => bitsIn(a) - bitsIn(b) || a - b,
  );
  const isIn = (bits: number, { target }: Concession): boolean =>
    ((bits >> targets.indexOf(target.text)) & 1) === 1;
  const best = sets.find((bits) => passes(all.filter((one) => !isIn(bits, one)))) ?? sets.length - 1;
  let chosen = all.filter((one) => isIn(best, one));
  // Rules that may stay, because what they add is not enough without the others.
  for (const one of [...chosen].reverse()) {
    const fewer = chosen.filter((other) => other !== one);
    if (passes(all.filter((other) => !fewer.includes(other)))) chosen = fewer;
  }
  return chosen;
}

function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

/** One block for each target, naming all rules that give it up. */
function blocksOf(chosen: readonly Concession[], scope: ExclusionScope): readonly ExclusionBlock[] {
  const blocks = new Map<string, { rules: string[]; target: ExclusionTarget; scope: ExclusionScope }>();
  for (const { rule, target } of chosen) {
    const block = blocks.get(target.text);
    if (block === undefined) blocks.set(target.text, { rules: [rule], target, scope });
    else if (!block.rules.includes(rule)) block.rules.push(rule);
  }
  return [...blocks.values()];
}
