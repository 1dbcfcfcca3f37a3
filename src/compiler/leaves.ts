/** Tests of a rule as leaves: observed by the dispatcher where possible, else decided when a rule asks. */
import type { Condition, Scalar } from '../dsl/checked-condition.ts';
import type { SelectionTest } from '../engine/program.ts';
import type { TruthTest } from '../engine/evaluation-context.ts';
import { OPEN } from '../engine/three-valued.ts';
import { PHASES } from '../engine/phases.ts';
import {
  fieldUses,
  isPure,
  needsEnd,
  phaseNumber,
  phaseOf,
  phaseOfSelection,
  unpipe,
  visitNodes,
} from './analysis.ts';
import { compileBody, isOfHead, retainedLoop, valueTest, withExclusions } from './conditions.ts';
import { coverageOf, filterOf } from './coverage.ts';
import type { PickCoverage } from './coverage.ts';
import { comparisonOf, earlyTest } from './growing.ts';
import { exclusionsOfScalars, exclusionsOfSelection, touchingExclusions } from './leaf-exclusions.ts';
import { alternativesOf } from './needs.ts';
import type { Alternative } from './needs.ts';
import { Scope } from './program-builder.ts';
import type {
  HeldCaptures,
  LeafDraft,
  ProgramBuilder,
  QuantifiedParts,
  RuleExclusion,
} from './program-builder.ts';
import { accumulate, compileScalar, directionOf, fieldLabel } from './scalars.ts';
import { compileSegments } from './segments.ts';
import type { CompiledSegments } from './segments.ts';
import { compileShape } from './shapes.ts';
import { spanFinder } from './spans.ts';
import { structureKey } from './structure-key.ts';

/** What of a rule its tests need to know. */
export interface RuleContext {
  readonly builder: ProgramBuilder;
  readonly exclusions: readonly RuleExclusion[];
  readonly relaxes: boolean;
  readonly masks: boolean;
  /** Captures of an earlier phase that stand to the left. */
  readonly held: HeldCaptures;
}

const UNDECIDED: TruthTest = () => OPEN;
const OBSERVED = {
  kind: 'observed' as const,
  atEnd: false,
  early: null,
  evaluate: UNDECIDED,
  subject: null,
  scalarExclusions: [],
};

function scopeOf(context: RuleContext, negative: boolean): Scope {
  const { relaxes, exclusions, held } = context;
  return new Scope(context.builder, { negative, relaxes, exclusions, held });
}

/** What of a rule's own makes its tests differ from the same tests in other rules. */
function sideOf(context: RuleContext, negative: boolean, reads: unknown): unknown {
  const exclusions = touchingExclusions(context.exclusions, reads, context.builder.regex);
  const isOwn = exclusions.length > 0 || readsRoute(reads);
  return [isOwn ? [exclusions, negative, context.relaxes] : [], heldIn(context, reads)];
}

/** Numbers of the captures of an earlier phase that a part of the rule reads. */
function heldIn({ held }: RuleContext, reads: unknown): number[] {
  const read = new Set<number>();
  visitNodes(reads, ({ kind, capture }) => {
    if (kind === 'capture' && typeof capture === 'number' && held.has(capture)) read.add(capture);
  });
  return [...read];
}

/** Conjuncts that bind captures for those to their right: a leaf that keeps what it found for theirs. */
export function captureLeaf(
  context: RuleContext,
  condition: Condition,
  negative: boolean,
): { readonly id: number; readonly held: HeldCaptures } {
  const numbers: number[] = [];
  visitNodes(condition, ({ kind, capture }) => {
    if (kind === 'matches' && typeof capture === 'number') numbers.push(capture);
  });
  const scope = scopeOf(context, negative);
  const id = scalarLeaf(context, condition, negative, { scope, numbers });
  let held = context.builder.heldCaptures.get(id);
  if (held === undefined) {
    held = new Map(numbers.map((number) => [number, { leaf: id, index: scope.capture(number) }]));
    context.builder.heldCaptures.set(id, held);
  }
  return { id, held };
}

/** A test decided when a rule asks: on scalars, on what accumulators hold, or a whole condition around a capture. */
export function scalarLeaf(
  context: RuleContext,
  condition: Condition,
  negative: boolean,
  binds?: { readonly scope: Scope; readonly numbers: readonly number[] },
): number {
  const { builder } = context;
  const isExcludable = exclusionsOfScalars(context.exclusions, condition).length > 0;
  const key = structureKey('scalar', condition, sideOf(context, negative, condition), binds?.numbers);
  return builder.leaf(
    key,
    (id) => {
      const phase = phaseOf(condition);
      const { made, accumulators, slots } = builder.recording(() =>
        compileBody(builder, condition, binds?.scope ?? scopeOf(context, negative)),
      );
      for (const index of accumulators) builder.watch(index, id);
      for (const slot of slots) builder.watchSlot(slot, id);
      watchSize(builder, condition, id);
      watchLimits(builder, condition, id);
      const left = condition.kind === 'test' ? condition.left : undefined;
      return {
        kind: 'scalar',
        phase,
        atEnd: needsEnd(condition, phase),
        early: condition.kind === 'test' && !isExcludable ? earlyTest(builder, condition) : null,
        slots,
        evaluate: made,
        selection: null,
        field: left === undefined ? '' : fieldLabel(left),
        subject: left === undefined ? null : compileScalar(builder, left, builder.plainScope()),
        scalarExclusions: [],
        negative,
      };
    },
    condition,
  );
}

function readsRoute(reads: unknown): boolean {
  return fieldUses(reads).some(({ field }) => field.name === 'route');
}

/** A test on what a limiter told is decided anew once it was asked. */
function watchLimits(builder: ProgramBuilder, reads: unknown, id: number): void {
  visitNodes(reads, ({ kind }) => {
    if (kind === 'limiterPart') builder.limiterLeaves.add(id);
  });
}

/** Sizes at which the engine looks at the leaf again. */
function watchSize(builder: ProgramBuilder, condition: Condition, id: number): void {
  visitNodes(condition, (node) => {
    if (node.kind !== 'test') return;
    const test = node as unknown as Extract<Condition, { kind: 'test' }>;
    if (test.left.kind !== 'field' || !test.left.field.name.endsWith('body.size')) return;
    const comparison = comparisonOf(test);
    if (comparison === undefined) return;
    const { operator, limit } = comparison;
    const direction = directionOf(test.left.field);
    // The mark is passed by the byte behind it.
    builder.sizeMarks[direction].add(operator === '>=' || operator === '<' ? limit - 1 : limit);
    builder.sizeLeaves[direction].add(id);
  });
}

/** `any` over a selection. */
export function selectionLeaf(context: RuleContext, parts: QuantifiedParts, negative: boolean): number {
  const picks = parts.source.picks.map((pick) => coverageOf(pick, context.builder.regex));
  return isRetaining(context.builder, parts)
    ? retainingLeaf(context, parts, picks, negative)
    : observedLeaf(context, parts, picks, negative);
}

/** The body reads something that is not known when a value arrives: the values are kept to the end. */
function isRetaining(builder: ProgramBuilder, { source, body }: QuantifiedParts): boolean {
  const phase = phaseOfSelection(source);
  if (phaseOf(body) > phase) return true;
  if (
    fieldUses(body).some(
      (use) => phaseNumber(use.field) === phase && (use.field.atEnd || use.kind === 'json'),
    )
  ) {
    return true;
  }
  let retaining = false;
  visitNodes(body, (node) => {
    const inner = node.source as QuantifiedParts['source'] | undefined;
    if (typeof inner !== 'object' || !('picks' in inner) || phaseOfSelection(inner) < phase) return;
    const picks = inner.picks.map((pick) => coverageOf(pick, builder.regex));
    if (node.kind === 'aggregate' || !isOfHead(picks)) retaining = true;
  });
  return retaining;
}

function retainingLeaf(
  context: RuleContext,
  parts: QuantifiedParts,
  picks: readonly PickCoverage[],
  negative: boolean,
): number {
  const { builder } = context;
  const exclusions = exclusionsOfSelection(context.exclusions, picks);
  const key = structureKey('retaining', parts.source, parts.body, sideOf(context, negative, parts));
  return builder.leaf(
    key,
    (id) => {
      const scope = scopeOf(context, negative);
      const binding = scope.binding(parts.binding);
      const { made, accumulators, slots } = builder.recording(() => {
        const test = valueTest(builder, parts.source, binding, compileBody(builder, parts.body, scope));
        const index = accumulate(builder, 'collect', { ...parts.source, steps: [] });
        builder.options.onValues?.(id, index);
        return retainedLoop(index, binding, withExclusions(test, exclusions, binding, negative));
      });
      for (const index of accumulators) builder.watch(index, id);
      for (const slot of slots) builder.watchSlot(slot, id);
      watchSize(builder, parts.body, id);
      watchLimits(builder, parts.body, id);
      return {
        ...OBSERVED,
        kind: 'scalar',
        phase: Math.max(phaseOfSelection(parts.source), phaseOf(parts.body)),
        atEnd: true,
        slots,
        evaluate: made,
        selection: null,
        field: '',
        negative,
      };
    },
    [parts.source, parts.body],
  );
}

function observedLeaf(
  context: RuleContext,
  parts: QuantifiedParts,
  picks: readonly PickCoverage[],
  negative: boolean,
): number {
  const { builder } = context;
  const { source, body } = parts;
  const exclusions = exclusionsOfSelection(context.exclusions, picks);
  const spans = context.masks ? spanFinder(builder, parts) : null;
  const key = structureKey('any', source, body, sideOf(context, negative, parts), spans !== null);
  return builder.leaf(
    key,
    (id) => {
      const scope = scopeOf(context, negative);
      const binding = scope.binding(parts.binding);
      const test = valueTest(builder, source, binding, compileBody(builder, body, scope));
      const segments = compileSegments(builder, parts, scope);
      const selection: SelectionTest = {
        binding,
        test,
        filter: picks.some((pick) => pick.needsFilter) ? filterOf(picks) : null,
        typed: source.picks.some((pick) => pick.field?.form === 'json'),
        pure: isPure(body, parts.binding) && heldIn(context, body).length === 0,
        exclusions,
        spans,
        segments,
      };
      const mustSeeAll = negative && exclusions.length > 0;
      addEntries(
        builder,
        id,
        mustSeeAll ? null : alternativesOf(builder, body, parts.binding, source.steps),
        segments,
      );
      builder.listeners.push({ leaf: id, picks, everySegment: segments.every });
      builder.leafOrigins[id] = picks.reduce((bits, pick) => bits | pick.origins, 0);
      keepValues(builder, id, source);
      for (const { file } of picks)
        if (file !== undefined) builder.fileLeaves.push({ leaf: id, part: file.part });
      return { ...OBSERVED, phase: phaseOfSelection(source), slots: [], selection, field: '', negative };
    },
    [source, body],
  );
}

/** Explanations show what a test that did not hold looked at. */
function keepValues(builder: ProgramBuilder, leaf: number, source: QuantifiedParts['source']): void {
  if (builder.options.onValues === undefined) return;
  const accumulator = accumulate(builder, 'collect', { ...source, steps: [] });
  builder.watch(accumulator, leaf);
  builder.options.onValues(leaf, accumulator);
}

function addEntries(
  builder: ProgramBuilder,
  leaf: number,
  alternatives: readonly Alternative[] | null,
  segments: CompiledSegments,
): void {
  segments.sought.forEach((alternative, atom) => {
    if (alternative === null) return;
    const { chain, need } = alternative;
    builder.entries.push({ leaf, atom, chain, need, exact: undefined, of: 'segments' });
  });
  const always = { leaf, chain: [], need: { kind: 'always' } as const, exact: undefined };
  if (alternatives === null) {
    builder.entries.push({ ...always, of: segments.every ? 'whole' : 'both' });
    return;
  }
  const same = segments.need === 'whole' && !segments.every;
  for (const { chain, need, exact } of alternatives) {
    builder.entries.push({
      leaf,
      chain,
      need,
      exact: alternatives.length === 1 ? exact : undefined,
      of: same ? 'both' : 'whole',
    });
  }
  if (same || segments.every) return;
  if (segments.need === 'always') builder.entries.push({ ...always, of: 'segments' });
  else if (segments.need !== 'whole') {
    const need = { kind: 'literals', any: segments.need, fold: true, at: 'anywhere' } as const;
    builder.entries.push({
      leaf,
      chain: alternatives[0]?.chain ?? [],
      need,
      exact: undefined,
      of: 'segments',
    });
  }
}

/** `body.json is Order`: settled by the tracker. */
export function shapeLeaf(
  context: RuleContext,
  condition: Extract<Condition, { kind: 'test' }>,
  json: Extract<Scalar, { kind: 'json' }>,
  negative: boolean,
): number {
  const { builder } = context;
  const { relation } = condition;
  if (relation.kind !== 'is') return scalarLeaf(context, condition, negative);
  const scalarExclusions = exclusionsOfScalars(context.exclusions, json);
  const key = structureKey(
    'shape',
    json,
    relation.shape,
    scalarExclusions,
    scalarExclusions.length > 0 && negative,
  );
  return builder.leaf(
    key,
    (id) => {
      const direction = directionOf(json.field);
      builder.shapes.push({
        direction,
        path: json.path,
        shape: compileShape(builder, relation.shape),
        leaf: id,
      });
      const leaf: Omit<LeafDraft, 'id' | 'rules'> = {
        ...OBSERVED,
        phase: PHASES.indexOf(json.field.phase),
        slots: [],
        selection: null,
        field: fieldLabel(json),
        scalarExclusions,
        negative,
      };
      return leaf;
    },
    condition,
  );
}

/** A text scalar whose relation the prefilter can look for, as a selection of one; undefined when it gains nothing. */
export function asSelection(condition: Extract<Condition, { kind: 'test' }>): QuantifiedParts | undefined {
  const { left, relation, span } = condition;
  const { input, steps } = unpipe(left);
  if (input.kind !== 'field' && input.kind !== 'lines') return undefined;
  if (input.type !== 'String' || input.field.atEnd || input.field.name === 'route') return undefined;
  const searched =
    (relation.kind === 'matches' && relation.capture === undefined) ||
    ((relation.kind === 'contains' || relation.kind === 'starts_with' || relation.kind === 'ends_with') &&
      relation.words.kind !== 'scalar');
  if (!searched || steps.some((step) => step.name === 'or_else')) return undefined;
  const pick = { field: undefined, scalar: input, key: undefined, except: [], jsonPath: [], span };
  const binding = -1 - span.start;
  return {
    source: { picks: [pick], steps, type: left.type, span },
    binding,
    body: { kind: 'test', left: { kind: 'bound', binding, type: left.type, span }, relation, span },
  };
}
