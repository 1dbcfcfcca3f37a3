/**
 * What must be found in a text before a test on it can be true: the prefilter's side of a condition.
 *
 * A condition gives alternatives, each a chain and a need; the test can only hold where one of them does. `null` says
 * that nothing is known and every value has to be tested. Wrong by too much costs time, wrong by too little loses a
 * match: the differential tests of the matcher and of the engine watch that.
 */
import type { Condition, Relation, Step } from '../dsl/checked-condition.ts';
import type { ChainStep, Need } from '../matcher/pattern-entry.ts';
import type { CompiledRegex } from '../matcher/regex.ts';
import { needWorth } from '../matcher/requirement.ts';
import { unpipe } from './analysis.ts';
import type { ProgramBuilder } from './program-builder.ts';
import { wordsOf } from './relations.ts';
import { bindStep, chainOf } from './steps.ts';
import type { BoundStep } from './steps.ts';
import { structureKey } from './structure-key.ts';

export interface Alternative {
  readonly chain: readonly ChainStep[];
  readonly need: Need;
  /** This search is the whole test. */
  readonly exact: CompiledRegex | undefined;
}

/** Word lists beyond this would make the prefilter larger than the test is slow. */
const WORDS_MAX = 20_000;

/** Alternatives of a condition on the value bound as `binding`, after `steps`. */
export function alternativesOf(
  builder: ProgramBuilder,
  condition: Condition,
  binding: number,
  steps: readonly Step[],
): Alternative[] | null {
  const ofTest = (
    { left, relation }: Extract<Condition, { kind: 'test' }>,
    needOf: (steps: readonly Step[], relation: Relation) => Alternative | null,
  ): Alternative[] | null => {
    const { input, steps: more } = unpipe(left);
    if (input.kind !== 'bound' || input.binding !== binding) return null;
    const alternative = needOf([...steps, ...more], relation);
    return alternative === null ? null : [alternative];
  };
  switch (condition.kind) {
    case 'constant':
      return condition.value ? null : [];
    case 'and':
      return bestOf(condition.items.map((item) => alternativesOf(builder, item, binding, steps)));
    case 'or': {
      const all = condition.items.map((item) => alternativesOf(builder, item, binding, steps));
      return all.every((item) => item !== null) ? all.flat().map(withoutExact) : null;
    }
    case 'not':
      return condition.item.kind === 'test' && unpipe(condition.item.left).input.type === 'String'
        ? ofTest(condition.item, (all, relation) => needOfFailure(builder, all, relation))
        : null;
    case 'quantified':
      return null;
    case 'test':
      return ofTest(condition, (all, relation) => needOfTest(builder, all, relation));
  }
}

/** Of several necessary conditions the rarest; conditions after the same chain are asked for together. */
function bestOf(items: readonly (Alternative[] | null)[]): Alternative[] | null {
  const known = items.filter((item) => item !== null);
  if (known.length === 0) return null;
  const impossible = known.find((item) => item.length === 0);
  if (impossible !== undefined) return impossible;
  const best = known.length === 1 ? known[0] : rarest(known);
  if (best.length > 1) return best.map(withoutExact);
  const key = chainKey(best[0]);
  const same = known
    .filter((item) => item.length === 1 && chainKey(item[0]) === key)
    .map((item) => item[0].need);
  const need: Need = same.length === 1 ? same[0] : { kind: 'all', needs: same };
  return [{ ...best[0], need, exact: undefined }];
}

function rarest(items: readonly Alternative[][]): Alternative[] {
  const worths = items.map((item) => Math.min(...item.map(({ need }) => needWorth(need))));
  return items[worths.indexOf(Math.max(...worths))];
}

function withoutExact(alternative: Alternative): Alternative {
  return { ...alternative, exact: undefined };
}

function chainKey(alternative: Alternative): string {
  return structureKey(alternative.chain.map((step) => [step.key, step.keepOriginal]));
}

/** The need of one test after all steps; null when every value has to be tested. */
export function needOfTest(
  builder: ProgramBuilder,
  steps: readonly Step[],
  relation: Relation,
): Alternative | null {
  const bound = steps.map((step) => bindStep(builder, step));
  const chain = chainOf(bound);
  const next = bound.at(chain.length);
  if (next !== undefined) return needOfMap(chain, next, bound.length === chain.length + 1, relation);
  switch (relation.kind) {
    case 'matches': {
      const { source, flags } = relation.pattern;
      const exact = relation.capture === undefined ? builder.regex(source, flags) : undefined;
      return { chain, need: { kind: 'regex', source, flags }, exact };
    }
    case 'contains':
    case 'starts_with':
    case 'ends_with': {
      if (relation.words.kind === 'scalar') return null;
      const at =
        relation.kind === 'contains' ? 'anywhere' : relation.kind === 'starts_with' ? 'start' : 'end';
      return literals(chain, wordsOf(builder, relation.words), at);
    }
    case 'compare': {
      const { right } = relation;
      if (relation.operator !== '==' || right.kind !== 'literal' || typeof right.value !== 'string')
        return null;
      return literals(chain, [right.value], 'whole');
    }
    case 'in': {
      if (relation.set.kind !== 'literals' && relation.set.kind !== 'list') return null;
      const values =
        relation.set.kind === 'literals' ? relation.set.values : builder.list(relation.set.name).entries;
      if (relation.set.kind === 'list' && builder.isStale(relation.set.name)) return null;
      return values.every((value) => typeof value === 'string') ? literals(chain, values, 'whole') : null;
    }
    case 'truth':
    case 'is':
      return null;
  }
}

/** The need of a predicate that is to be false; null when every value has to be tested. */
function needOfFailure(
  builder: ProgramBuilder,
  steps: readonly Step[],
  relation: Relation,
): Alternative | null {
  const bound = steps.map((step) => bindStep(builder, step));
  const chain = chainOf(bound);
  const predicate = bound.at(chain.length);
  if (predicate?.kind !== 'map' || bound.length !== chain.length + 1 || relation.kind !== 'truth')
    return null;
  const { needsFalse } = predicate.transformation;
  if (needsFalse === undefined || predicate.step.keepOriginal) return null;
  return literals(chain, needsFalse, 'anywhere');
}

/** Steps that leave text behind: `find(p)` needs p, `length > n` so many bytes, a predicate what it says itself. */
function needOfMap(
  chain: readonly ChainStep[],
  next: BoundStep,
  last: boolean,
  relation: Relation,
): Alternative | null {
  const { name, args, keepOriginal } = next.step;
  if (keepOriginal) return null;
  const [argument] = args;
  const { transformation } = next;
  const needs = transformation.kind === 'map' ? transformation.needs : undefined;
  if (needs !== undefined && last && relation.kind === 'truth') return literals(chain, needs, 'anywhere');
  if (name === 'find' && argument?.kind === 'pattern') {
    const { source, flags } = argument.pattern;
    return { chain, need: { kind: 'regex', source, flags }, exact: undefined };
  }
  if (name !== 'length' || !last || relation.kind !== 'compare' || relation.right.kind !== 'literal')
    return null;
  const bound = relation.right.value;
  if (typeof bound !== 'number' || chain.length > 0) return null;
  const minLength = relation.operator === '>' ? bound + 1 : relation.operator === '>=' ? bound : 0;
  if (minLength <= 0) return null;
  return { chain, need: { kind: 'always', minLength }, exact: undefined };
}

function literals(
  chain: readonly ChainStep[],
  words: readonly string[],
  at: 'anywhere' | 'start' | 'end' | 'whole',
): Alternative | null {
  if (words.length > WORDS_MAX || words.some((word) => word === '')) return null;
  if (words.length === 0) return { chain, need: { kind: 'any', needs: [] }, exact: undefined };
  return {
    chain,
    need: { kind: 'literals', any: words, fold: false, at },
    exact: undefined,
  };
}
