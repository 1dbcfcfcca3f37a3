/**
 * Values beyond the window come in segments that overlap by half (docs/language.md, Streaming).
 *
 * A leaf with one positive test is found by the prefilter, segment by segment. Any other leaf runs its tests (*atoms*)
 * on every segment, but for those the prefilter looks for and did not find there, and keeps the best of each, so that two
 * patterns may be met in two segments of one value.
 */
import { PART } from '../http/value.ts';
import { CandidateBuffer } from '../matcher/candidate-buffer.ts';
import type { HeldText } from './body-intake.ts';
import type { Evaluation } from './evaluation.ts';
import type { LeafTester } from './leaf-tester.ts';
import { FACET, FACETS, SOUGHT_ATOMS_MAX } from './program.ts';
import type { Leaf, SelectionTest } from './program.ts';
import { FALSE, OPEN, TRUE, UNKNOWN } from './three-valued.ts';
import type { Truth } from './three-valued.ts';

export interface Segment {
  readonly target: number;
  readonly origin: number;
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly part: number;
  /** Bytes of the value up to the end of this segment. */
  readonly soFar: number;
  /** Offset of the segment in the body. */
  readonly at: number;
  /** The text comes again in a segment to follow: only what is true for good counts. */
  readonly isEarly: boolean;
}

/**
 * Offers raw text that goes before its segment is complete. What it satisfies is true for good; all else waits for the
 * segment, which has this text and what follows it.
 */
export function offerHeldText(
  tester: LeafTester,
  evaluation: Evaluation,
  origin: number,
  { text, isFirst, at, soFar }: HeldText,
): void {
  const set = evaluation.targetSets[origin * FACETS + FACET.VALUE];
  const target = set.byName?.get('') ?? set.generic;
  if (target < 0 || evaluation.plan.targetActive[target] === 0) return;
  evaluation.step++;
  const part = isFirst ? PART.FIRST : PART.MIDDLE;
  offerSegment(tester, evaluation, new CandidateBuffer(), {
    target,
    origin,
    name: '',
    path: '',
    text,
    part,
    soFar,
    at,
    isEarly: true,
  });
}

export function offerSegment(
  tester: LeafTester,
  evaluation: Evaluation,
  candidates: CandidateBuffer,
  segment: Segment,
): void {
  const { program, plan } = evaluation;
  candidates.count = 0;
  program.patterns.scan(segment.target + program.targets.leavesOf.length, segment.text, candidates);
  const found = new Map<number, number>();
  for (let i = 0; i < candidates.count; i++) {
    const leaf = program.leaves[program.entryLeaf[candidates.ids[i]]];
    const test = leaf.selection as SelectionTest;
    const atom = program.entryAtom[candidates.ids[i]];
    if (atom >= 0) found.set(leaf.id, (found.get(leaf.id) ?? 0) | (1 << atom));
    if (plan.leafActive[leaf.id] === 0 || test.segments.every || !isWanted(evaluation, leaf, test)) continue;
    if (!passes(tester, evaluation, leaf, test, segment)) continue;
    const result = testAtom(evaluation, test, 0, segment);
    if (segment.isEarly && result !== TRUE) continue;
    if (result !== FALSE && test.spans !== null) {
      tester.collectSpans(leaf, test, segment.origin, segment.text, segment.at, segment.text.length, false);
    }
    if (result !== FALSE) recordSegment(tester, leaf, result, segment);
  }
  for (const id of program.targets.segmentedOf[segment.target]) {
    const leaf = program.leaves[id];
    const test = leaf.selection as SelectionTest;
    if (plan.leafActive[id] === 0 || evaluation.states[id] === TRUE) continue;
    if (passes(tester, evaluation, leaf, test, segment))
      offerToAtoms(tester, evaluation, leaf, test, segment, found.get(id) ?? 0);
  }
}

function isWanted(evaluation: Evaluation, leaf: Leaf, test: SelectionTest): boolean {
  return test.spans !== null || evaluation.states[leaf.id] !== TRUE;
}

function passes(
  tester: LeafTester,
  evaluation: Evaluation,
  leaf: Leaf,
  test: SelectionTest,
  segment: Segment,
): boolean {
  const { origin, name, path } = segment;
  if (test.filter !== null && !test.filter(origin, FACET.VALUE, name, path)) return false;
  if (!tester.isExcluded(test, origin, FACET.VALUE, name, path)) return true;
  if (leaf.negative) evaluation.settle(leaf.id, TRUE);
  return false;
}

function testAtom(evaluation: Evaluation, test: SelectionTest, atom: number, segment: Segment): Truth {
  evaluation.part = segment.part;
  evaluation.lengthSoFar = segment.soFar;
  evaluation.boundNames[test.binding] = segment.name;
  evaluation.boundPaths[test.binding] = segment.path;
  evaluation.boundOrigins[test.binding] = segment.origin;
  const result = test.segments.atoms[atom](evaluation, segment.text);
  evaluation.part = PART.WHOLE;
  return result;
}

/** `found`: bits of the atoms that the prefilter found in the segment. */
function offerToAtoms(
  tester: LeafTester,
  evaluation: Evaluation,
  leaf: Leaf,
  test: SelectionTest,
  segment: Segment,
  found: number,
): void {
  const { atoms, decide, soughtAtoms } = test.segments;
  const missing = soughtAtoms & ~found;
  const key = leaf.id * 32 + segment.origin;
  let states = tester.longAtoms.get(key);
  if (states === undefined || (segment.part & PART.FIRST) !== 0) {
    states = new Uint8Array(atoms.length).fill(FALSE);
    if (!segment.isEarly) tester.longAtoms.set(key, states);
  } else if (segment.isEarly) states = states.slice();
  for (let atom = 0; atom < atoms.length; atom++) {
    if (states[atom] === TRUE || (atom < SOUGHT_ATOMS_MAX && (missing & (1 << atom)) !== 0)) continue;
    const result = testAtom(evaluation, test, atom, segment);
    if (result === TRUE || result === UNKNOWN) states[atom] = result;
  }
  const last = (segment.part & PART.LAST) !== 0;
  evaluation.atoms = last ? states : states.map((state) => (state === TRUE ? TRUE : OPEN));
  const result = decide(evaluation);
  if (last) tester.longAtoms.delete(key);
  if (result === TRUE || (last && result === UNKNOWN)) recordSegment(tester, leaf, result, segment);
}

function recordSegment(tester: LeafTester, leaf: Leaf, result: Truth, segment: Segment): void {
  tester.record(leaf.id, result, segment.origin, FACET.VALUE, segment.name, segment.path, segment.text);
}
