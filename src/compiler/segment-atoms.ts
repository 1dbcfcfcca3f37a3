/**
 * How single tests behave on segments of values longer than the window, by what they look for: a search, a word, a length,
 * the parts of a URL. What is certain of a segment is certain of the value; what a cut may have hidden is unknown.
 */
import type { Relation, Step, Words } from '../dsl/checked-condition.ts';
import type { ValueTest } from '../engine/evaluation-context.ts';
import { FALSE, TRUE, UNKNOWN, truth } from '../engine/three-valued.ts';
import { ordered } from '../engine/operators/equality.ts';
import { PART, UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { CompiledRegex } from '../matcher/regex.ts';
import { searchForAny } from '../matcher/literal-search.ts';
import { isMeasurable, mayBeDivided, NEARSIGHTED_STEPS } from './divided-match.ts';
import type { Alternative } from './needs.ts';
import type { ProgramBuilder, Scope } from './program-builder.ts';
import { compileRelation, wordsOf } from './relations.ts';
import { compileScalar } from './scalars.ts';
import { bindStep, stepsBefore } from './steps.ts';
import type { BoundStep } from './steps.ts';

/** Steps that turn a bounded run of bytes into each byte of their result. */
const LOCAL_STEPS: ReadonlySet<string> = new Set([
  ...NEARSIGHTED_STEPS,
  'utf8_to_unicode',
  'hex_encode',
  'url_encode',
  'parity_even_7bit',
  'parity_odd_7bit',
  'parity_zero_7bit',
]);
/** The most bytes that local steps turn into one; longer spellings of a byte only make a test unknown. */
const SHRINK_FACTOR_MAX = 64;

const URL_STEPS: ReadonlySet<string> = new Set(['url_scheme', 'url_host', 'url_port']);
/** What begins like a URL and has no end of its authority. */
const URL_WITHOUT_END = /^[\x00-\x20]*(?:[a-z][a-z0-9+.-]*:[/\\]*|[/\\]{2,})[^/\\?#]*$/i;

/** `whole`: the same as in a whole value. Literals: one of these, without regard to case. */
export type SegmentNeed = 'whole' | 'always' | readonly string[];

/** How one atom of a body behaves over segments. */
export interface Atom {
  readonly test: ValueTest;
  /** The prefilter finds the segments in which it matters. */
  readonly filtered: boolean;
  readonly need?: SegmentNeed;
  /** What it is false without, in the segment. */
  readonly sought?: Alternative | null;
}

/** One test on the value, behind all steps. */
export function testAtom(
  builder: ProgramBuilder,
  steps: readonly Step[],
  relation: Relation,
  scope: Scope,
): Atom {
  const scalars = (scalar: Parameters<typeof compileScalar>[1]) => compileScalar(builder, scalar, scope);
  const relationTest = compileRelation(builder, relation, scope, scalars, false);
  const bound = steps.map((step) => bindStep(builder, step));
  const whole = stepsBefore(bound, relationTest);
  const [first] = steps;
  if (first !== undefined && first.name === 'length' && steps.length === 1 && relation.kind === 'compare') {
    return lengthAtom(relation);
  }
  const last = bound.at(-1)?.transformation;
  if (relation.kind === 'truth' && last?.kind === 'map' && last.perSegment === true) {
    return { test: whole, filtered: true };
  }
  const find = steps.findIndex((step) => step.name === 'find');
  if (find >= 0 && isLocal(steps.slice(0, find))) {
    const [argument] = steps[find].args;
    const regex =
      argument?.kind === 'pattern' ? builder.regex(argument.pattern.source, argument.pattern.flags) : null;
    const rest = regex !== null && isBounded(builder, regex, find === 0) ? FALSE : UNKNOWN;
    // More matches than `find` tells apart are unknown here as they are in a short value.
    return {
      test: (evaluation, value) => {
        const result = whole(evaluation, value);
        return result === FALSE ? rest : result;
      },
      filtered: true,
    };
  }
  const url = steps.findIndex((step) => URL_STEPS.has(step.name));
  if (url >= 0 && isLocal(steps.slice(0, url))) return urlAtom(whole);
  if (relation.kind === 'matches') {
    const { source, flags } = relation.pattern;
    const regex = builder.regex(source, flags);
    const complete = isLocal(steps) && isBounded(builder, regex, bound.length === 0);
    return searchAtom(regex, complete, bound, builder.settings.bodyWindowBytes >>> 1);
  }
  return wordAtom(builder, bound, relation, whole);
}

/** A URL names its scheme and host at its start: the first segment decides, if the authority ends in it. */
function urlAtom(whole: ValueTest): Atom {
  return {
    test: (evaluation, value) => {
      if ((evaluation.part & PART.FIRST) === 0) return FALSE;
      const isCut = typeof value === 'string' && URL_WITHOUT_END.test(value);
      return isCut ? UNKNOWN : whole(evaluation, value);
    },
    filtered: false,
  };
}

/** `length` of the value as it came is counted over the segments. */
function lengthAtom(relation: Extract<Relation, { kind: 'compare' }>): Atom {
  const { operator, right } = relation;
  const limit = right.kind === 'literal' && typeof right.value === 'number' ? right.value : NaN;
  return {
    test: (evaluation) => {
      const last = (evaluation.part & PART.LAST) !== 0;
      if (operator === '==') return truth(last && evaluation.lengthSoFar === limit);
      const holds = ordered(operator, evaluation.lengthSoFar, limit);
      return operator === '>' || operator === '>=' ? truth(holds) : truth(last && holds);
    },
    filtered: false,
  };
}

/** A pattern without its classes and escaped characters: a `^` or `$` that is left is an anchor. */
function withoutClasses(source: string): string {
  return source.replace(/\\[^Az]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]/g, '');
}

const SENTINEL = '\0';

/**
 * Whether the pattern matches within a segment and not because of a cut, which it would take for the edge of the value:
 * a byte is put there. Null: only with that byte.
 */
function matchesInside(regex: CompiledRegex, text: string, before: boolean, after: boolean): boolean | null {
  const guarded = `${before ? SENTINEL : ''}${text}${after ? SENTINEL : ''}`;
  const from = before ? 1 : 0;
  // Matches do not overlap, so each end of the text is in one at most: of three one is inside.
  const found = regex.findAll(guarded, 3);
  if (found.some(([start, end]) => start >= from && end <= from + text.length)) return true;
  return found.length > 0 ? null : false;
}

/** A search that cannot tell whether it missed something is unknown once one of the literals it needs was there. */
function searchAtom(
  regex: CompiledRegex,
  complete: boolean,
  steps: readonly BoundStep[],
  overlapBytes: number,
): Atom {
  const { source, requiredLiterals } = regex.info;
  const anchors = withoutClasses(source);
  const anchoredAtStart = /\^|\\A/.test(anchors);
  const anchoredAtEnd = /\$|\\z/.test(anchors);
  const { maxLength } = regex.info;
  const measurable = maxLength < overlapBytes && isMeasurable(steps);
  const hasRequired = searchForAny(requiredLiterals);
  const search = stepsBefore(steps, (evaluation, value) => {
    if (value === UNREADABLE) return UNKNOWN;
    if (typeof value !== 'string') return FALSE;
    const atStart = (evaluation.part & PART.FIRST) !== 0;
    const atEnd = (evaluation.part & PART.LAST) !== 0;
    const before = anchoredAtStart && !atStart;
    const after = anchoredAtEnd && !atEnd;
    if (regex.test(value)) {
      const inside = before || after ? matchesInside(regex, value, before, after) : true;
      if (inside !== false) return inside === true ? TRUE : UNKNOWN;
    }
    if (complete) return FALSE;
    return requiredLiterals.length === 0 || hasRequired(value) ? UNKNOWN : FALSE;
  });
  const test: ValueTest = (evaluation, value) => {
    const result = search(evaluation, value);
    if (result !== UNKNOWN || !measurable) return result;
    return typeof value === 'string' && !mayBeDivided(steps, value, maxLength, overlapBytes)
      ? FALSE
      : UNKNOWN;
  };
  const need = complete ? 'whole' : requiredLiterals.length === 0 ? 'always' : requiredLiterals;
  return { test, filtered: true, need };
}

function wordAtom(
  builder: ProgramBuilder,
  bound: readonly BoundStep[],
  relation: Relation,
  whole: ValueTest,
): Atom {
  const steps = bound.map(({ step }) => step);
  switch (relation.kind) {
    case 'contains':
      return containsAtom(builder, bound, relation.words, whole);
    case 'starts_with':
      return { test: edge(PART.FIRST, whole), filtered: true };
    case 'ends_with':
      return { test: edge(PART.LAST, whole), filtered: true };
    default: {
      // What is longer than a window is none of the words, unless its steps may shrink it that far.
      const longest = longestWord(builder, relation) * (steps.length === 0 ? 1 : SHRINK_FACTOR_MAX);
      return isLocal(steps) && longest <= builder.settings.bodyWindowBytes
        ? { test: () => FALSE, filtered: true }
        : { test: () => UNKNOWN, filtered: false };
    }
  }
}

/** A word may be divided by what the steps delete: found in no segment it is unknown where so much was deleted. */
function containsAtom(
  builder: ProgramBuilder,
  steps: readonly BoundStep[],
  words: Words,
  whole: ValueTest,
): Atom {
  if (isLocal(steps.map(({ step }) => step))) return { test: whole, filtered: true, need: 'whole' };
  const overlapBytes = builder.settings.bodyWindowBytes >>> 1;
  const longest =
    words.kind === 'scalar' ? 0 : Math.max(0, ...wordsOf(builder, words).map(({ length }) => length));
  const measurable = isMeasurable(steps);
  return {
    test: (evaluation, value) => {
      const result = whole(evaluation, value);
      if (result !== FALSE || typeof value !== 'string' || !measurable) return result;
      return mayBeDivided(steps, value, longest, overlapBytes) ? UNKNOWN : FALSE;
    },
    filtered: !measurable,
  };
}

/** Bytes of the longest text the relation can be equal to; Infinity when it is not about texts known here. */
function longestWord(builder: ProgramBuilder, relation: Relation): number {
  let words: readonly unknown[] = [undefined];
  if (relation.kind === 'compare' && relation.operator === '==' && relation.right.kind === 'literal') {
    words = [relation.right.value];
  } else if (relation.kind === 'in' && relation.set.kind === 'literals') {
    words = relation.set.values;
  } else if (relation.kind === 'in' && relation.set.kind === 'list' && !builder.isStale(relation.set.name)) {
    words = builder.list(relation.set.name).entries;
  }
  return words.reduce<number>(
    (most, word) => Math.max(most, typeof word === 'string' ? word.length : Infinity),
    0,
  );
}

function edge(part: number, whole: ValueTest): ValueTest {
  return (evaluation, value) => ((evaluation.part & part) === 0 ? FALSE : whole(evaluation, value));
}

/** Whether each byte that the steps make depends on few bytes. */
export function isLocal(steps: readonly Step[]): boolean {
  return steps.every((step) => LOCAL_STEPS.has(step.name));
}

/** Whether no match is longer than segments overlap; `raw`: no step comes before. */
export function isBounded(builder: ProgramBuilder, regex: CompiledRegex, raw: boolean): boolean {
  const shrink = raw ? 1 : SHRINK_FACTOR_MAX;
  return regex.info.maxLength * shrink <= builder.settings.bodyWindowBytes / 2;
}
