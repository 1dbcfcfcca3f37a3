/**
 * How a test reads values longer than the window (docs/language.md, Streaming, "Long values"), decided per test here.
 *
 * Segments overlap by half a window. A search whose longest match fits the overlap, behind steps that look at a bounded
 * neighbourhood of each byte, misses nothing. Where that is not certain a test that found nothing is unknown, unless a
 * literal it needs never occurred.
 */
import type { Condition, Relation, Step, Words } from '../dsl/checked-condition.ts';
import { SOUGHT_ATOMS_MAX } from '../engine/program.ts';
import type { SegmentTest } from '../engine/program.ts';
import type { TruthTest, ValueTest } from '../engine/evaluation-context.ts';
import { FALSE, TRUE, UNKNOWN, negate, truth } from '../engine/three-valued.ts';
import { ordered } from '../engine/operators/equality.ts';
import { PART, UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { CompiledRegex } from '../matcher/regex.ts';
import { searchForAny } from '../matcher/literal-search.ts';
import { hasCapture, unpipe, visitNodes } from './analysis.ts';
import { compileBody, conjunction, disjunction } from './conditions.ts';
import { isMeasurable, mayBeDivided } from './divided-match.ts';
import { needOfTest } from './needs.ts';
import type { Alternative } from './needs.ts';
import type { ProgramBuilder, QuantifiedParts, Scope } from './program-builder.ts';
import { compileRelation, wordsOf } from './relations.ts';
import { compileScalar } from './scalars.ts';
import { bindStep, chainOf, stepsBefore } from './steps.ts';
import type { BoundStep } from './steps.ts';

/** Steps that turn a bounded run of bytes into each byte of their result. */
const LOCAL_STEPS: ReadonlySet<string> = new Set([
  'lower',
  'upper',
  'nfkc',
  'percent_decode',
  'plus_decode',
  'url_decode_uni',
  'html_decode',
  'html_decode_basic',
  'js_decode',
  'css_decode',
  'escape_decode',
  'unwrap',
  'utf8_to_unicode',
  'slashes',
  'hex_encode',
  'url_encode',
  'replace_nulls',
  'parity_even_7bit',
  'parity_odd_7bit',
  'parity_zero_7bit',
]);
/** The most bytes that local steps turn into one; longer spellings of a byte only make a test unknown. */
const SHRINK_FACTOR_MAX = 64;

const URL_STEPS: ReadonlySet<string> = new Set(['url_scheme', 'url_host', 'url_port']);
/** What begins like a URL and has no end of its authority. */
const URL_WITHOUT_END = /^[\x00-\x20]*(?:[a-z][a-z0-9+.-]*:[/\\]*|[/\\]{2,})[^/\\?#]*$/i;

/** How one atom of a body behaves over segments. */
interface Atom {
  readonly test: ValueTest;
  /** The prefilter finds the segments in which it matters. */
  readonly filtered: boolean;
  readonly need?: CompiledSegments['need'];
  /** What it is false without, in the segment. */
  readonly sought?: Alternative | null;
}

/** A segment test, and what the prefilter has to find in a segment before it can say more than `false`. */
export interface CompiledSegments extends SegmentTest {
  /** By atom: what the prefilter is to look for; null where it cannot. */
  readonly sought: readonly (Alternative | null)[];
  /** `whole`: the same as in a whole value. Literals: one of these, without regard to case. */
  readonly need: 'whole' | 'always' | readonly string[];
}

export function compileSegments(
  builder: ProgramBuilder,
  parts: QuantifiedParts,
  scope: Scope,
): CompiledSegments {
  const atoms: Atom[] = [];
  const { source, body } = parts;
  if (body.kind !== 'test' && source.steps.some((step) => step.name === 'find')) {
    const atom = splitAtom(builder, parts, scope);
    return segmentsOf([atom], addAtom([], atom), true);
  }
  if (body.kind !== 'test' && source.steps.some((step) => step.keepOriginal)) {
    // The body holds for one of the readings: what one says of a segment must not meet what another says.
    const readings = readingsOf(source.steps).map((steps) => ({ ...parts, source: { ...source, steps } }));
    const decide = disjunction(readings.map((reading) => decompose(builder, reading, body, scope, atoms)));
    return segmentsOf(atoms, decide, true);
  }
  const decide = decompose(builder, parts, body, scope, atoms);
  const single = atoms.length === 1 && parts.body.kind === 'test';
  return segmentsOf(atoms, decide, !(single && atoms[0].filtered));
}

function segmentsOf(atoms: readonly Atom[], decide: TruthTest, every: boolean): CompiledSegments {
  const sought = atoms.map((atom, index) =>
    every && index < SOUGHT_ATOMS_MAX ? (atom.sought ?? null) : null,
  );
  return {
    atoms: atoms.map((atom) => atom.test),
    soughtAtoms: sought.reduce((bits, alternative, atom) => bits | (alternative === null ? 0 : 1 << atom), 0),
    decide,
    every,
    need: every ? 'whole' : (atoms[0].need ?? 'whole'),
    sought,
  };
}

/** The ways through the steps that keep the original or go on from it. */
function readingsOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  return steps.reduce<readonly (readonly Step[])[]>(
    (readings, step) => {
      const after = readings.map((reading) => [...reading, { ...step, keepOriginal: false }]);
      return step.keepOriginal ? [...readings, ...after] : after;
    },
    [[]],
  );
}

function decompose(
  builder: ProgramBuilder,
  parts: QuantifiedParts,
  condition: Condition,
  scope: Scope,
  atoms: Atom[],
): TruthTest {
  switch (condition.kind) {
    case 'constant': {
      const result = truth(condition.value);
      return () => result;
    }
    case 'and':
      if (hasCapture(condition)) return addAtom(atoms, wholeAtom(builder, parts, condition, scope));
      return conjunction(condition.items.map((item) => decompose(builder, parts, item, scope, atoms)));
    case 'or':
      return disjunction(condition.items.map((item) => decompose(builder, parts, item, scope, atoms)));
    case 'not': {
      const inner = decompose(builder, parts, condition.item, scope.negated(), atoms);
      return (evaluation) => negate(inner(evaluation));
    }
    case 'quantified':
      return addAtom(atoms, wholeAtom(builder, parts, condition, scope));
    case 'test': {
      const { input, steps } = unpipe(condition.left);
      if (input.kind !== 'bound' || input.binding !== parts.binding) {
        return addAtom(atoms, valueFree(compileBody(builder, condition, scope)));
      }
      const all = [...parts.source.steps, ...steps];
      const atom = testAtom(builder, all, condition.relation, scope);
      return addAtom(atoms, { ...atom, sought: soughtBy(builder, all, condition.relation, atom) });
    }
  }
}

/** What a segment must have for the atom to be more than false; null when nothing is known. */
function soughtBy(
  builder: ProgramBuilder,
  steps: readonly Step[],
  relation: Relation,
  { filtered, need }: Atom,
): Alternative | null {
  if (!filtered || need === undefined || need === 'always') return null;
  const alternative = needOfTest(builder, steps, relation);
  if (need === 'whole' || alternative === null) return alternative;
  const chain = chainOf(steps.map((step) => bindStep(builder, step)));
  return { ...alternative, chain, need: { kind: 'literals', any: need, fold: true, at: 'anywhere' } };
}

/** `find` makes several values of one, and the body is about each of them: exact only for short finds, else unknown. */
function splitAtom(builder: ProgramBuilder, { source, binding, body }: QuantifiedParts, scope: Scope): Atom {
  const find = source.steps.findIndex((step) => step.name === 'find');
  const argument = source.steps[find]?.args[0];
  const regex =
    argument?.kind === 'pattern' ? builder.regex(argument.pattern.source, argument.pattern.flags) : null;
  const exact =
    regex !== null &&
    isBounded(builder, regex, find === 0) &&
    isLocal(source.steps.slice(0, find)) &&
    source.steps.every((step) => !step.keepOriginal);
  if (!exact) return { test: () => UNKNOWN, filtered: false };
  const index = scope.binding(binding);
  const inner = compileBody(builder, body, scope);
  const bound = source.steps.map((step) => bindStep(builder, step));
  return {
    test: stepsBefore(bound, (evaluation, value) => {
      evaluation.bound[index] = value;
      return inner(evaluation);
    }),
    filtered: false,
  };
}

function addAtom(atoms: Atom[], atom: Atom): TruthTest {
  const index = atoms.length;
  atoms.push(atom);
  return (evaluation) => evaluation.atoms[index];
}

/** A test that does not look at the value: the same in every segment. */
function valueFree(body: TruthTest): Atom {
  return { test: (evaluation) => body(evaluation), filtered: false };
}

/** Several tests that hang together (a capture): true if one segment satisfies them all, else unknown once one began to match. */
function wholeAtom(
  builder: ProgramBuilder,
  parts: QuantifiedParts,
  condition: Condition,
  scope: Scope,
): Atom {
  const body = compileBody(builder, condition, scope);
  const binding = scope.binding(parts.binding);
  const steps = parts.source.steps.map((step) => bindStep(builder, step));
  const test = stepsBefore(steps, (evaluation, value) => {
    evaluation.bound[binding] = value;
    return body(evaluation);
  });
  const bounded = searchesOf(builder, condition).every(
    (regex) => isBounded(builder, regex, steps.length === 0) && isLocal(parts.source.steps),
  );
  const otherwise = bounded && !hasNegation(condition) ? FALSE : UNKNOWN;
  return {
    test: (evaluation, value) => {
      const result = test(evaluation, value);
      return result === FALSE || hasNegation(condition) ? otherwise : result;
    },
    filtered: false,
  };
}

function testAtom(builder: ProgramBuilder, steps: readonly Step[], relation: Relation, scope: Scope): Atom {
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

function isLocal(steps: readonly Step[]): boolean {
  return steps.every((step) => LOCAL_STEPS.has(step.name));
}

function isBounded(builder: ProgramBuilder, regex: CompiledRegex, raw: boolean): boolean {
  const shrink = raw ? 1 : SHRINK_FACTOR_MAX;
  return regex.info.maxLength * shrink <= builder.settings.bodyWindowBytes / 2;
}

function searchesOf(builder: ProgramBuilder, condition: Condition): CompiledRegex[] {
  if (condition.kind === 'and' || condition.kind === 'or') {
    return condition.items.flatMap((item) => searchesOf(builder, item));
  }
  if (condition.kind !== 'test' || condition.relation.kind !== 'matches') return [];
  return [builder.regex(condition.relation.pattern.source, condition.relation.pattern.flags)];
}

/** A negated test on the value itself: what one segment says proves nothing. A capture lies inside its segment. */
function hasNegation(condition: Condition): boolean {
  if (condition.kind === 'quantified') return true;
  if (condition.kind === 'not') return readsBound(condition);
  return (condition.kind === 'and' || condition.kind === 'or') && condition.items.some(hasNegation);
}

function readsBound(condition: Condition): boolean {
  let found = false;
  visitNodes(condition, (node) => {
    if (node.kind === 'bound' || node.kind === 'quantified') found = true;
  });
  return found;
}
