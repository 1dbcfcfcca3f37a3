/**
 * Target classes: which values are scanned for which leaves.
 *
 * Values of one (origin, facet) form a *generic* class; each name that a key or an `except` mentions has a class of its
 * own, so that most name tests are made here and not at run time.
 */
import type { Scalar } from '../dsl/checked-condition.ts';
import { BODY_KINDS } from '../engine/body-origins.ts';
import { FACET, FACETS, ORIGIN_FILE, ORIGIN_SCALAR } from '../engine/program.ts';
import type { ScalarTarget, TargetIndex, TargetSet } from '../engine/program.ts';
import { ORIGIN, ORIGIN_NAMES } from '../http/value.ts';
import { phaseOf } from './analysis.ts';
import type { PickCoverage } from './coverage.ts';
import type { Listener, ProgramBuilder } from './program-builder.ts';
import { compileScalar, fieldLabel } from './scalars.ts';
import { structureKey } from './structure-key.ts';

/** What clients write of a file is searched like other values; few tests look at the other parts. */
const FILE_TEXTS = ['name', 'filename'] as const;
/** Names with a class of their own per origin and facet; beyond, the filter decides at run time. */
const NAMED_CLASSES_MAX = 1_000;

export interface TargetPlan {
  readonly index: TargetIndex;
  readonly scalarTargets: readonly ScalarTarget[];
  /** Target classes of each leaf. */
  readonly targetsOf: readonly (readonly number[])[];
}

export function planTargets(builder: ProgramBuilder): TargetPlan {
  const classes: number[][] = [];
  const segmented: number[][] = [];
  const addClass = (listeners: readonly Listener[]): number => {
    if (listeners.length === 0) return -1;
    classes.push([...new Set(listeners.map((listener) => listener.leaf))]);
    segmented.push([...new Set(listeners.filter((listener) => listener.everySegment).map((l) => l.leaf))]);
    return classes.length - 1;
  };
  const sets: TargetSet[] = [];
  for (let origin = 0; origin < ORIGIN_NAMES.length; origin++) {
    for (let facet = 0; facet < FACETS; facet++)
      sets.push(planSet(builder.listeners, origin, facet, addClass));
  }
  const setsOfKind = perKind(builder, sets, addClass);
  const fileTexts = FILE_TEXTS.map((part) => ({
    part,
    target: addClass(builder.listeners.filter(({ picks }) => picks.some((pick) => pick.file?.part === part))),
  })).filter(({ target }) => target >= 0);
  const scalarTargets = planScalars(builder, addClass);
  const targetsOf = builder.leaves.map(() => [] as number[]);
  classes.forEach((leaves, target) => leaves.forEach((leaf) => targetsOf[leaf].push(target)));
  const leavesOfOrigin = Array.from({ length: 32 }, (_, origin) =>
    Int32Array.from(
      new Set(
        builder.listeners
          .filter(({ picks }) =>
            picks.some((pick) => pick.scalar === undefined && (pick.origins & (1 << origin)) !== 0),
          )
          .map(({ leaf }) => leaf),
      ),
    ),
  );
  return {
    index: {
      setsOfKind,
      leavesOf: classes.map((leaves) => Int32Array.from(leaves)),
      leavesOfOrigin,
      segmentedOf: segmented.map((leaves) => Int32Array.from(leaves)),
      fileTexts,
      fileLeaves: builder.fileLeaves.filter(({ part }) => !FILE_TEXTS.some((text) => text === part)),
    },
    scalarTargets,
    targetsOf,
  };
}

/** Classes by kind of body: of the raw text, which is there in every kind, only tests that can decide something are made. */
function perKind(
  { listeners, leafKinds }: ProgramBuilder,
  sets: readonly TargetSet[],
  addClass: (listeners: readonly Listener[]) => number,
): TargetIndex['setsOfKind'] {
  const position = ORIGIN.text * FACETS + FACET.VALUE;
  const all = listeners.filter(({ picks }) => picks.some((pick) => covers(pick, ORIGIN.text, FACET.VALUE)));
  const known = new Map([[all.map(({ leaf }) => leaf).join(), sets]]);
  const ofKind = BODY_KINDS.map((kind, index) => {
    const deciding = all.filter(({ leaf }) => ((leafKinds[leaf] ?? 0) & (1 << index)) !== 0);
    const key = deciding.map(({ leaf }) => leaf).join();
    let own = known.get(key);
    if (own === undefined) {
      own = sets.with(position, { generic: addClass(deciding), byName: null });
      known.set(key, own);
    }
    return [kind, own] as const;
  });
  return Object.fromEntries(ofKind) as unknown as TargetIndex['setsOfKind'];
}

function covers(pick: PickCoverage, origin: number, facet: number): boolean {
  return (
    pick.scalar === undefined &&
    origin !== ORIGIN_FILE &&
    (pick.origins & (1 << origin)) !== 0 &&
    pick.facet === facet
  );
}

function planSet(
  listeners: readonly Listener[],
  origin: number,
  facet: number,
  addClass: (listeners: readonly Listener[]) => number,
): TargetSet {
  const isHere = (pick: PickCoverage): boolean => covers(pick, origin, facet);
  const here = listeners.filter(({ picks }) => picks.some(isHere));
  if (here.length === 0) return { generic: -1, byName: null };
  const names = new Set(
    here.flatMap(({ picks }) =>
      picks
        .filter(isHere)
        .flatMap((pick) => [...(pick.exactName === undefined ? [] : [pick.exactName]), ...pick.exceptNames]),
    ),
  );
  const generic = addClass(
    here.filter(({ picks }) => picks.some((pick) => isHere(pick) && pick.exactName === undefined)),
  );
  if (names.size === 0) return { generic, byName: null };
  const byName = new Map<string, number>();
  for (const name of [...names].slice(0, NAMED_CLASSES_MAX)) {
    byName.set(
      name,
      addClass(here.filter(({ picks }) => picks.some((pick) => isHere(pick) && mayTake(pick, name)))),
    );
  }
  return { generic, byName };
}

/** By name alone; a filter that also looks at the path decides when a value comes. */
function mayTake(pick: PickCoverage, name: string): boolean {
  if (pick.exactName !== undefined) return pick.exactName === name;
  return !pick.exceptNames.includes(name);
}

function planScalars(
  builder: ProgramBuilder,
  addClass: (listeners: readonly Listener[]) => number,
): ScalarTarget[] {
  const byKey = new Map<string, { scalar: Scalar; listeners: Listener[] }>();
  for (const listener of builder.listeners) {
    for (const { scalar, origins } of listener.picks) {
      if (scalar === undefined || origins !== 1 << ORIGIN_SCALAR) continue;
      const key = structureKey(scalar);
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, { scalar, listeners: [listener] });
      else known.listeners.push(listener);
    }
  }
  return [...byKey.values()].map(({ scalar, listeners }) => {
    const field = fieldLabel(scalar);
    return {
      target: addClass(listeners),
      field,
      phase: phaseOf(scalar),
      read: compileScalar(builder, scalar, builder.plainScope()),
      leaves: listeners.map((listener) => listener.leaf),
    };
  });
}
