/**
 * How a test reads values longer than the window (docs/language.md, Streaming, "Long values"), decided per test here.
 *
 * Segments overlap by half a window. A search whose longest match fits the overlap, behind steps that look at a bounded
 * neighbourhood of each byte, misses nothing. Where that is not certain a test that found nothing is unknown, unless a
 * literal it needs never occurred.
 */
import type { Condition, Relation, Step } from '../dsl/checked-condition.ts';
import { SOUGHT_ATOMS_MAX } from '../engine/program.ts';
import type { SegmentTest } from '../engine/program.ts';
import type { TruthTest } from '../engine/evaluation-context.ts';
import { FALSE, UNKNOWN, negate, truth } from '../engine/three-valued.ts';
import type { CompiledRegex } from '../matcher/regex.ts';
import { hasCapture, unpipe, visitNodes } from './analysis.ts';
import { compileBody, conjunction, disjunction } from './conditions.ts';
import { needOfTest } from './needs.ts';
import type { Alternative } from './needs.ts';
import type { ProgramBuilder, QuantifiedParts, Scope } from './program-builder.ts';
import { isBounded, isLocal, testAtom } from './segment-atoms.ts';
import type { Atom, SegmentNeed } from './segment-atoms.ts';
import { bindStep, chainOf, stepsBefore } from './steps.ts';

/** A segment test, and what the prefilter has to find in a segment before it can say more than `false`. */
export interface CompiledSegments extends SegmentTest {
  /** By atom: what the prefilter is to look for; null where it cannot. */
  readonly sought: readonly (Alternative | null)[];
  readonly need: SegmentNeed;
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
