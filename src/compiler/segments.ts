/**
 * How a test reads values longer than the window (LANGUAGE.md section 8, "Long values"), decided per test here.
 *
 * Segments overlap by half a window. A search whose longest match fits the overlap, behind steps that look at a bounded
 * neighbourhood of each byte, misses nothing. Where that is not certain a test that found nothing is unknown, unless a
 * literal it needs never occurred.
 */
import type { Condition, Relation, Step } from '../dsl/checked.ts';
import type { SegmentTest, TruthTest, ValueTest } from '../engine/program.ts';
import { FALSE, TRUE, UNKNOWN, negate, truth } from '../engine/three-valued.ts';
import { ordered } from '../engine/operators/equality.ts';
import { PART } from '../http/value.ts';
import type { CompiledRegex } from '../matcher/regex.ts';
import { lowerAscii } from '../matcher/byte-set.ts';
import { hasCapture, unpipe } from './analysis.ts';
import { compileBody, conjunction, disjunction } from './conditions.ts';
import type { ProgramBuilder, QuantifiedParts, Scope } from './program-builder.ts';
import { compileRelation } from './relations.ts';
import { compileScalar } from './scalars.ts';
import { bindStep, stepsBefore } from './steps.ts';

/** Steps that turn a bounded run of bytes into each byte of their result. */
const LOCAL_STEPS: ReadonlySet<string> = new Set([
  'lower',
  'upper',
  'nfkc',
  'percent_decode',
  'plus_decode',
  'url_decode_uni',
  'html_decode',
  'js_decode',
  'css_decode',
  'escape_decode',
  'utf8_to_unicode',
  'slashes',
  'hex_encode',
]);
/** The most bytes that local steps turn into one; longer spellings of a byte only make a test unknown. */
const SHRINK_FACTOR_MAX = 64;

/** How one atom of a body behaves over segments. */
interface Atom {
  readonly test: ValueTest;
  /** The prefilter finds the segments in which it matters. */
  readonly filtered: boolean;
}

export function compileSegments(builder: ProgramBuilder, parts: QuantifiedParts, scope: Scope): SegmentTest {
  const atoms: Atom[] = [];
  const decide = decompose(builder, parts, parts.body, scope, atoms);
  const single = atoms.length === 1 && parts.body.kind === 'test';
  return { atoms: atoms.map((atom) => atom.test), decide, every: !(single && atoms[0].filtered) };
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
      return addAtom(atoms, testAtom(builder, [...parts.source.steps, ...steps], condition.relation, scope));
    }
  }
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
function wholeAtom(builder: ProgramBuilder, parts: QuantifiedParts, condition: Condition, scope: Scope): Atom {
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
    test: (evaluation, value) => (test(evaluation, value) === TRUE && !hasNegation(condition) ? TRUE : otherwise),
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
  const find = steps.findIndex((step) => step.name === 'find');
  if (find >= 0 && isLocal(steps.slice(0, find))) {
    const [argument] = steps[find].args;
    const regex = argument?.kind === 'pattern' ? builder.regex(argument.pattern.source, argument.pattern.flags) : null;
    const rest = regex !== null && isBounded(builder, regex, find === 0) ? FALSE : UNKNOWN;
    return { test: (evaluation, value) => (whole(evaluation, value) === TRUE ? TRUE : rest), filtered: true };
  }
  if (relation.kind === 'matches') {
    const { source, flags } = relation.pattern;
    return searchAtom(builder, builder.regex(source, flags), isLocal(steps), whole, bound.length === 0);
  }
  return wordAtom(steps, relation, whole);
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

function searchAtom(
  builder: ProgramBuilder,
  regex: CompiledRegex,
  local: boolean,
  whole: ValueTest,
  raw: boolean,
): Atom {
  const { info } = regex;
  const anchoredAtStart = /\^|\\A/.test(info.source);
  const anchoredAtEnd = /\$|\\z/.test(info.source);
  const complete = local && isBounded(builder, regex, raw);
  const literals = info.requiredLiterals;
  return {
    test: (evaluation, value) => {
      const result = whole(evaluation, value);
      const atStart = (evaluation.part & PART.FIRST) !== 0;
      const atEnd = (evaluation.part & PART.LAST) !== 0;
      // At a cut the pattern takes the edge of a segment for the edge of the value.
      if (result === TRUE) return (anchoredAtStart && !atStart) || (anchoredAtEnd && !atEnd) ? UNKNOWN : TRUE;
      if (complete || result === UNKNOWN) return result;
      if (!raw || literals.length === 0 || typeof value !== 'string') return UNKNOWN;
      const folded = lowerAscii(value);
      return literals.some((literal) => folded.includes(literal)) ? UNKNOWN : FALSE;
    },
    filtered: true,
  };
}

function wordAtom(steps: readonly Step[], relation: Relation, whole: ValueTest): Atom {
  const local = isLocal(steps);
  switch (relation.kind) {
    case 'contains':
      return { test: whole, filtered: true };
    case 'starts_with':
      return { test: edge(PART.FIRST, whole), filtered: true };
    case 'ends_with':
      return { test: edge(PART.LAST, whole), filtered: true };
    case 'compare':
    case 'in':
      // What is longer than a window is none of the words, unless its steps may shrink it without bound.
      return local && isWordRelation(relation)
        ? { test: () => FALSE, filtered: true }
        : { test: () => UNKNOWN, filtered: false };
    default:
      return { test: () => UNKNOWN, filtered: false };
  }
}

function edge(part: number, whole: ValueTest): ValueTest {
  return (evaluation, value) => ((evaluation.part & part) === 0 ? FALSE : whole(evaluation, value));
}

function isWordRelation(relation: Relation): boolean {
  if (relation.kind === 'compare') return relation.operator === '==' && relation.right.kind === 'literal';
  return relation.kind === 'in' && (relation.set.kind === 'literals' || relation.set.kind === 'list');
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

function hasNegation(condition: Condition): boolean {
  if (condition.kind === 'not' || condition.kind === 'quantified') return true;
  return (condition.kind === 'and' || condition.kind === 'or') && condition.items.some(hasNegation);
}
