/** Floods: whom they watch, when they trip, when they let go, and what they do meanwhile, stage by stage. */
import {
  BAN_MS_MAX,
  BAN_MS_MIN,
  FLOOD_BASELINE_MS_MAX,
  FLOOD_BASELINE_MS_MIN,
  FLOOD_RELEASE_MS_MAX,
  FLOOD_STAGES_MAX,
  FLOOD_STAGE_AFTER_MS_MAX,
  FLOOD_TIMES_MAX,
  LIMIT_BLOCK_MS_MAX,
} from '../../core/limits.ts';
import type { FieldPhase } from '../../http/schema.ts';
import type { Flood, FloodEntry, FloodStage, StagesEntry } from '../ast-limiter.ts';
import type { CheckedFlood, CheckedFloodStage } from '../checked.ts';
import type { Scalar } from '../checked-condition.ts';
import { entryOf } from '../walk.ts';
import type { Context } from './context.ts';
import {
  checkBanKind,
  checkKeyParts,
  checkRate,
  checkRefusal,
  reportLate,
  requireEntry,
} from './limit-keys.ts';
import { intWithin, millisecondsWithin } from './literals.ts';
import type { PhaseUse } from './phases.ts';
import { phaseUses } from './phases.ts';

/** What a flood must know of a request to count it: the values of its key. */
export function floodReads(context: Context, node: Flood): readonly PhaseUse[] {
  const entry = entryOf<FloodEntry, 'KeyEntry'>(node.entries, 'KeyEntry');
  return entry === undefined ? [] : phaseUses(undefined, checkKeyParts(context, entry));
}

/** A flood in full. `phase` is when its key is known. */
export function checkFlood(context: Context, node: Flood, phase: FieldPhase): CheckedFlood {
  const entry = <Kind extends FloodEntry['kind']>(
    kind: Kind,
  ): Extract<FloodEntry, { kind: Kind }> | undefined => entryOf(node.entries, kind);
  const words = [
    ['KeyEntry', 'key'],
    ['BaselineEntry', 'baseline'],
    ['TripEntry', 'trip'],
    ['ReleaseEntry', 'release'],
    ['StagesEntry', 'then'],
  ] as const;
  for (const [kind, word] of words) requireEntry(context, node.name.span, node.entries, kind, word);
  const keyEntry = entry('KeyEntry');
  const key = keyEntry === undefined ? [] : checkKeyParts(context, keyEntry);
  checkKeyReads(context, key);
  const thresholds = checkThresholds(context, entry('TripEntry'), entry('ReleaseEntry'));
  const baseline = entry('BaselineEntry')?.window;
  const stages = entry('StagesEntry');
  checkBanKind(context, `flood.${node.name.name}`, node.name.span);
  return {
    name: node.name.name,
    doc: node.doc ?? '',
    key,
    baselineMs:
      baseline === undefined
        ? FLOOD_BASELINE_MS_MIN
        : millisecondsWithin(context, baseline, FLOOD_BASELINE_MS_MIN, FLOOD_BASELINE_MS_MAX, 'a baseline'),
    ...thresholds,
    stages: stages === undefined ? [] : checkStages(context, stages),
    phase,
    span: node.span,
  };
}

/** A flood is counted first of all gates, when the head is there. */
function checkKeyReads(context: Context, key: readonly Scalar[]): void {
  const uses = phaseUses(undefined, key);
  reportLate(context, uses, 'headers', 'a flood counts requests when their head is there');
  for (const use of uses) {
    if (!use.what.startsWith('limiter.') && !use.what.startsWith('flood.')) continue;
    context.report('E401', use.span, 'floods are counted before any limiter or flood is known');
  }
}

type Thresholds = Pick<CheckedFlood, 'tripTimes' | 'floor' | 'releaseTimes' | 'releaseMs'>;

function checkThresholds(
  context: Context,
  trip: Extract<FloodEntry, { kind: 'TripEntry' }> | undefined,
  release: Extract<FloodEntry, { kind: 'ReleaseEntry' }> | undefined,
): Thresholds {
  const tripTimes =
    trip === undefined ? 2 : intWithin(context, trip.times, 2, FLOOD_TIMES_MAX, 'the rate that trips');
  const floor = trip === undefined ? { count: 1, periodMs: 1_000 } : checkRate(context, trip.floor);
  if (trip !== undefined && release !== undefined && release.times.value > trip.times.value) {
    context.report('E302', release.times.span, 'it would trip again before it is released', {
      labels: [{ span: trip.times.span, message: 'trips above this' }],
    });
  }
  return {
    tripTimes,
    floor: { count: floor.count, periodMs: floor.periodMs },
    releaseTimes:
      release === undefined
        ? 1
        : intWithin(context, release.times, 1, FLOOD_TIMES_MAX, 'the rate that releases'),
    releaseMs:
      release === undefined
        ? 1_000
        : millisecondsWithin(context, release.duration, 1, FLOOD_RELEASE_MS_MAX, 'the time until release'),
  };
}

// -- stages

function checkStages(context: Context, entry: StagesEntry): readonly CheckedFloodStage[] {
  const stages: CheckedFloodStage[] = [];
  if (entry.stages.length > FLOOD_STAGES_MAX) {
    context.report('E314', entry.span, `a flood has at most ${FLOOD_STAGES_MAX} stages`);
  }
  for (const [index, node] of entry.stages.entries()) {
    const stage = checkStage(context, node);
    const before = stages.at(-1);
    if (before === undefined) {
      if (stage.afterMs > 0) {
        context.report('E313', node.after?.span ?? node.span, 'the first stage begins at once', {
          help: 'leave its `after` out',
        });
      }
    } else if (stage.afterMs <= before.afterMs) {
      context.report('E313', node.span, 'a stage begins after the one before it', {
        labels: [{ span: entry.stages[index - 1].span, message: 'the one before' }],
        help: 'say when, as in `after 30s`',
      });
    }
    stages.push(stage);
  }
  return stages;
}

function checkStage(context: Context, node: FloodStage): CheckedFloodStage {
  const { measure, after } = node;
  const afterMs =
    after === undefined
      ? 0
      : millisecondsWithin(context, after, 1, FLOOD_STAGE_AFTER_MS_MAX, 'the begin of a stage');
  switch (measure.kind) {
    case 'FloodLimit':
      return { kind: 'limit', rate: { ...checkRate(context, measure.rate), when: undefined }, afterMs };
    case 'Penalty': {
      const { duration } = measure;
      const forMs =
        duration === undefined ? 0 : millisecondsWithin(context, duration, 1, LIMIT_BLOCK_MS_MAX, 'a block');
      return { kind: 'block', status: checkRefusal(context, measure), forMs, afterMs };
    }
    case 'FloodBan': {
      const forMs = millisecondsWithin(context, measure.duration, BAN_MS_MIN, BAN_MS_MAX, 'a ban');
      return { kind: 'ban', forMs, afterMs };
    }
  }
}
