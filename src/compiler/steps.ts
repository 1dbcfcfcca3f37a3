/** Transformation steps as functions on values, and as a chain for the prefilter. */
import { anyOver, isText } from './step-values.ts';
import type { Step, StepArgument } from '../dsl/checked-condition.ts';
import type { ScalarReader, ValueTest } from '../engine/evaluation-context.ts';
import { either } from '../engine/three-valued.ts';
import { TRANSFORMATIONS } from '../http/transform/registry.ts';
import type {
  BoundArgument,
  MapTransformation,
  TextTransformation,
} from '../http/transform/transformation.ts';
import { UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { MaybeValue, Value } from '../http/value.ts';
import { ByteSet } from '../matcher/byte-set.ts';
import type { ChainStep } from '../matcher/pattern-entry.ts';
import { ANY_TEXT, mayHave, presenceOf } from '../matcher/presence.ts';
import { assert } from '../core/assert.ts';
import type { ProgramBuilder } from './program-builder.ts';
import { rememberingLong } from './remembered-texts.ts';
import { structureKey } from './structure-key.ts';

export type BoundStep =
  | {
      readonly kind: 'text';
      readonly step: Step;
      readonly transformation: TextTransformation;
      readonly apply: (text: string) => string;
    }
  | {
      readonly kind: 'map';
      readonly step: Step;
      readonly transformation: MapTransformation;
      readonly apply: (value: Value) => MaybeValue;
      /** What an absent input becomes. */
      readonly absent: Value | undefined;
    };

export function bindStep(builder: ProgramBuilder, step: Step): BoundStep {
  const transformation = TRANSFORMATIONS.get(step.name);
  assert(transformation !== undefined, `no transformation \`${step.name}\``);
  const args = step.args.map((argument) => boundArgument(builder, argument));
  if (transformation.kind === 'text') {
    const apply = sharedApply(builder, step, () => transformation.bind(args));
    return { kind: 'text', step, transformation, apply };
  }
  const apply =
    transformation.perSegment === true
      ? onTexts(sharedApply(builder, step, () => transformation.bind(args)))
      : transformation.bind(args);
  return { kind: 'map', step, transformation, apply, absent: transformation.absent?.(args) };
}

/** A detector finds nothing in what is no text. */
function onTexts(detect: (text: string) => MaybeValue): (value: Value) => MaybeValue {
  return (value) => (typeof value === 'string' ? detect(value) : false);
}

const shared = new WeakMap<ProgramBuilder, Map<string, unknown>>();

/** Equal steps of one program are one function, which remembers what it made of long texts. */
function sharedApply<T>(
  builder: ProgramBuilder,
  step: Step,
  bind: () => (text: string) => T,
): (text: string) => T {
  let ofBuilder = shared.get(builder);
  if (ofBuilder === undefined) shared.set(builder, (ofBuilder = new Map()));
  const key = structureKey(step.name, step.args);
  const known = ofBuilder.get(key) as ((text: string) => T) | undefined;
  if (known !== undefined) return known;
  const apply = rememberingLong(bind());
  ofBuilder.set(key, apply);
  return apply;
}

function boundArgument(builder: ProgramBuilder, argument: StepArgument): BoundArgument {
  switch (argument.kind) {
    case 'int':
    case 'string':
    case 'value':
      return argument.value;
    case 'pattern':
      return builder.regex(argument.pattern.source, argument.pattern.flags);
    case 'secret':
      return builder.secret(argument.name);
  }
}

/** The value after one step; a `many` step gives a list. */
export function applyStep(bound: BoundStep, value: MaybeValue): MaybeValue {
  if (value === UNREADABLE) return value;
  if (bound.kind === 'text') return isText(value) ? bound.apply(value) : undefined;
  return value === undefined ? bound.absent : bound.apply(value);
}

/** Runs the steps on a value and `next` on every result: true if any is. */
export function stepsBefore(steps: readonly BoundStep[], next: ValueTest): ValueTest {
  return steps.reduceRight<ValueTest>((rest, bound) => before(bound, rest), next);
}

function before(bound: BoundStep, next: ValueTest): ValueTest {
  const { keepOriginal } = bound.step;
  if (bound.kind === 'text' && !keepOriginal) {
    const { apply } = bound;
    const { triggers } = bound.transformation;
    const mask = triggers === null ? ANY_TEXT : presenceOf(ByteSet.of(triggers));
    return (evaluation, value) => {
      if (typeof value === 'string') return next(evaluation, mayHave(value, mask) ? apply(value) : value);
      return next(evaluation, value === UNREADABLE ? value : undefined);
    };
  }
  const many = bound.kind === 'map' && bound.transformation.result === 'many';
  return (evaluation, value) => {
    const result = applyStep(bound, value);
    const after =
      many && Array.isArray(result)
        ? anyOver(result as readonly Value[], (item) => next(evaluation, item))
        : next(evaluation, result);
    if (!keepOriginal || result === value) return after;
    return either(next(evaluation, value), after);
  };
}

/** Calls `take` with every result of the steps. */
export function expansion(
  steps: readonly BoundStep[],
): (evaluation: unknown, value: MaybeValue, take: (value: MaybeValue) => void) => void {
  if (steps.length === 0) return (_, value, take) => take(value);
  return (_, value, take) => {
    let values: MaybeValue[] = [value];
    for (const bound of steps) {
      values = values.flatMap((item) => {
        const result = applyStep(bound, item);
        const many = bound.kind === 'map' && bound.transformation.result === 'many' && Array.isArray(result);
        const after: MaybeValue[] = many ? [...(result as readonly Value[])] : [result];
        return bound.step.keepOriginal && result !== item ? [item, ...after] : after;
      });
    }
    values.forEach(take);
  };
}

/** A scalar after its steps. */
export function readThrough(read: ScalarReader, steps: readonly BoundStep[]): ScalarReader {
  return steps.reduce<ScalarReader>(
    (input, bound) => (evaluation) => applyStep(bound, input(evaluation)),
    read,
  );
}

/** The leading steps from text to text, as the prefilter takes them. */
export function chainOf(steps: readonly BoundStep[]): ChainStep[] {
  const chain: ChainStep[] = [];
  for (const bound of steps) {
    if (bound.kind !== 'text') break;
    const { triggers, endTriggers, erases, brings, joins, drops, dropsEach, readsOver } =
      bound.transformation;
    const { growth, decodesBefore, bindInto } = bound.transformation;
    const key = structureKey(bound.step.name, bound.step.args);
    chain.push({
      key,
      apply: bound.apply,
      triggers,
      ...(endTriggers === undefined ? {} : { endTriggers }),
      erases,
      ...(brings === undefined ? {} : { brings }),
      ...(joins === undefined ? {} : { joins }),
      drops: drops === true,
      dropsEach: dropsEach === true,
      readsOver: readsOver === true,
      ...(growth === undefined ? {} : { growth }),
      ...(decodesBefore === undefined ? {} : { decodesBefore }),
      ...(bindInto === undefined ? {} : { bindInto }),
      keepOriginal: bound.step.keepOriginal,
    });
  }
  return chain;
}
