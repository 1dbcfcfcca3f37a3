/** What a selection holds at one moment: the items that have arrived, transformed, and whether more may come. */
import type { Key, Pick, Selection, Step } from '../../src/dsl/checked-condition.ts';
import { TRANSFORMATIONS } from '../../src/http/transform/registry.ts';
import type { BoundArgument } from '../../src/http/transform/transformation.ts';
import { LEAF, PART, UNKNOWN } from '../../src/http/value.ts';
import type { MaybeValue, Value } from '../../src/http/value.ts';
import { regexOf } from './regex.ts';
import type { Arrival, Origin } from './exchange.ts';

/** A value as it has arrived: whole, or in the segments told so far. */
export interface Occurrence {
  readonly origin: Origin | 'scalar';
  readonly name: string;
  readonly path: string;
  readonly leaf: number;
  readonly file: Arrival['file'];
  readonly segments: string[];
  long: boolean;
  complete: boolean;
}

/** One value of a selection; of a long value, what each of its segments gives. */
export interface Item {
  readonly occurrence: Occurrence;
  readonly values: readonly MaybeValue[];
  /** Steps of the selection that gave them. */
  readonly steps?: readonly Step[];
}

/** Joins the segments of long values; those of one origin never interleave. */
export function occurrencesOf(arrivals: readonly Arrival[]): Occurrence[] {
  const all: Occurrence[] = [];
  const open = new Map<Origin, Occurrence>();
  for (const { origin, name, path, leaf, file, text, part } of arrivals) {
    const whole = part === PART.WHOLE;
    const last = (part & PART.LAST) !== 0;
    if ((part & PART.FIRST) !== 0) {
      const fresh: Occurrence = {
        origin,
        name,
        path,
        leaf,
        file,
        segments: [text],
        long: !whole,
        complete: whole,
      };
      all.push(fresh);
      if (!whole) open.set(origin, fresh);
      continue;
    }
    const continued = open.get(origin);
    if (continued === undefined) throw new Error('a segment without a first one');
    continued.segments.push(text);
    continued.complete = last;
  }
  return all;
}

export function typedLeaf(leaf: number, text: string): Value {
  switch (leaf) {
    case LEAF.NUMBER:
      return Number(text);
    case LEAF.BOOLEAN:
      return text === 'true';
    case LEAF.NULL:
      return { json: null };
    case LEAF.EMPTY:
      return { json: {} };
    default:
      return text;
  }
}

export function keyMatches(key: Key, name: string): boolean {
  return key.kind === 'name' ? key.name === name : regexOf(key.pattern).test(name);
}

/** Whether a pick that is no scalar takes values of this origin and name. JSON paths are matched elsewhere. */
export function takes(pick: Pick, origin: Origin | 'scalar', name: string): boolean {
  const { field } = pick;
  if (field === undefined) return false;
  const isFile = field.form === 'records' || field.name.startsWith('files.');
  if (!(isFile ? origin === 'file' : field.origins.some((one) => one === origin))) return false;
  return (
    (pick.key === undefined || keyMatches(pick.key, name)) &&
    !pick.except.some((key) => keyMatches(key, name))
  );
}

/** The part of an occurrence that a field looks at, per segment. */
export function partValues(pick: Pick, occurrence: Occurrence): MaybeValue[] {
  const { field } = pick;
  if (field?.part === 'name') return [occurrence.name];
  if (field?.part === 'path') return [occurrence.path];
  const { file } = occurrence;
  if (file === undefined) return occurrence.segments;
  switch (field?.name) {
    case 'files.name':
      return [file.name];
    case 'files.type':
      return [file.type === '' ? undefined : file.type];
    case 'files.size':
      return [file.size];
    case 'files.magic':
      return [file.magic === '' ? undefined : file.magic];
    default:
      return [file.filename];
  }
}

/** All results of a value after the steps; `|>?` keeps the value before beside the one after, if that is another. */
export function applySteps(
  steps: readonly Step[],
  value: MaybeValue,
  secrets: ReadonlyMap<string, string>,
): MaybeValue[] {
  let values: MaybeValue[] = [value];
  for (const step of steps) {
    values = values.flatMap((before) => {
      const after = applyStep(step, before, secrets);
      return step.keepOriginal ? [before, ...after.filter((one) => one !== before)] : after;
    });
  }
  return values;
}

function applyStep(step: Step, value: MaybeValue, secrets: ReadonlyMap<string, string>): MaybeValue[] {
  const transformation = TRANSFORMATIONS.get(step.name);
  if (transformation === undefined) throw new Error(`no transformation ${step.name}`);
  if (value === UNKNOWN) return [UNKNOWN];
  const args = step.args.map((argument): BoundArgument => {
    if (argument.kind === 'pattern') return regexOf(argument.pattern);
    return argument.kind === 'secret' ? (secrets.get(argument.name) ?? '') : argument.value;
  });
  if (transformation.kind === 'text')
    return [typeof value === 'string' ? transformation.bind(args)(value) : undefined];
  if (value === undefined) return [transformation.absent?.(args)];
  const result = transformation.bind(args)(value);
  return transformation.result === 'many' && Array.isArray(result)
    ? [...(result as readonly Value[])]
    : [result];
}

/** JSON paths with `*` have a tree of their own; anything else is chosen by origin and name. */
export function isJsonPick(pick: Pick): boolean {
  return pick.field?.form === 'json';
}

export function originsOf(selection: Selection): Set<Origin> {
  const origins = new Set<Origin>();
  for (const { field } of selection.picks) {
    if (field === undefined) continue;
    if (field.form === 'records' || field.name.startsWith('files.')) origins.add('file');
    if (field.form === 'json') origins.add(field.name.startsWith('response.') ? 'response_json' : 'json');
    for (const origin of field.origins) origins.add(origin);
  }
  return origins;
}
