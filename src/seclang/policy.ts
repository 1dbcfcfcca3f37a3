/** The policy of an import: points, thresholds and paranoia levels, from the settings of the files. */
import type { Policy, PolicyEntry, ThresholdEntry } from '../dsl/ast.ts';
import type { SettingDirective } from './ast.ts';
import * as make from './build.ts';
import { SPAN } from './build.ts';
import { thresholdTitleOf } from './messages.ts';
import { SEVERITIES } from './scores.ts';
import type { ThresholdOfChain } from './scores.ts';
import type { Settings } from './settings.ts';

export interface PolicyOptions {
  readonly name: string;
  /** As the reference engine: what cannot be read is not refused. */
  readonly exact: boolean;
}

/** Points of CRS, used where no file sets them. */
const POINTS = { critical: 5, error: 4, warning: 3, notice: 2 };

export function policyOf(
  settings: Settings,
  thresholds: readonly ThresholdOfChain[],
  directives: readonly SettingDirective[],
  options: PolicyOptions,
): Policy {
  const engine = directives.findLast(({ name }) => name.toLowerCase() === 'secruleengine')?.words.at(0);
  const mode =
    engine?.toLowerCase() === 'detectiononly'
      ? 'monitor'
      : engine?.toLowerCase() === 'off'
        ? 'off'
        : 'enforce';
  const points = SEVERITIES.map((severity) => {
    const value = Number(settings.valueOf(`${severity}_anomaly_score`) ?? POINTS[severity]);
    return { kind: 'SeverityPoints', span: SPAN, severity, value: make.int(value) } as const;
  });
  const entries: PolicyEntry[] = [
    { kind: 'ModeEntry', span: SPAN, mode, until: undefined },
    { kind: 'DefaultEntry', span: SPAN, verdict: 'allow', outcome: undefined },
  ];
  if (options.exact) {
    for (const direction of ['request', 'response'] as const) {
      const outcome = { kind: 'Pass', span: SPAN } as const;
      entries.push({ kind: 'EventEntry', span: SPAN, event: 'uninspectable', direction, outcome });
    }
  }
  entries.push(
    { kind: 'PointsEntry', span: SPAN, points },
    ...thresholdsOf(thresholds, settings),
    ...levelsOf(settings),
  );
  return { kind: 'Policy', span: SPAN, doc: undefined, name: make.string(options.name), entries };
}

/** One threshold a direction: the first that is tested. */
function thresholdsOf(
  thresholds: readonly ThresholdOfChain[],
  settings: Settings,
): readonly ThresholdEntry[] {
  const subjects = new Map<string, ThresholdOfChain>();
  for (const threshold of thresholds) {
    if (!subjects.has(threshold.direction)) subjects.set(threshold.direction, threshold);
  }
  return [...subjects.values()].map(({ chain, direction, atLeast, status }) => ({
    kind: 'ThresholdEntry',
    span: SPAN,
    subject: make.identifier(direction),
    atLeast: make.int(atLeast),
    on: undefined,
    outcome:
      status === undefined
        ? { kind: 'LogAction', span: SPAN, alert: false }
        : { kind: 'Block', span: SPAN, status: make.int(status), retry: undefined },
    label:
      chain.id === undefined
        ? undefined
        : { id: make.int(chain.id), title: make.string(thresholdTitleOf(chain, settings)) },
  }));
}

function levelsOf(settings: Settings): readonly PolicyEntry[] {
  const read = (...names: string[]): number | undefined => {
    const value = names.map((name) => settings.valueOf(name)).find((found) => found !== undefined);
    return value === undefined ? undefined : Number(value);
  };
  const level = read('blocking_paranoia_level', 'paranoia_level');
  if (level === undefined) return [];
  const observed = read('detection_paranoia_level', 'executing_paranoia_level') ?? level;
  const observe = observed > level ? make.int(observed) : undefined;
  return [{ kind: 'ParanoiaEntry', span: SPAN, level: make.int(level), observe }];
}
