/** What became of every directive: nothing is dropped in silence. */
import type { Place } from './ast.ts';
import type { Problem } from './problem.ts';

/**
 * - `carried`: a rule, or an exclusion, of the result
 * - `replaced`: Ward has it built in: sums, levels, thresholds, settings, the log
 * - `joined`: part of other rules: a value they read, a condition that skips them
 * - `inactive`: no request matches it with these settings
 * - `removed`: taken away by a directive
 * - `left-out`: not carried, for the reason given
 */
export type Outcome = 'carried' | 'replaced' | 'joined' | 'inactive' | 'removed' | 'left-out';

export const OUTCOMES: readonly Outcome[] = [
  'carried',
  'replaced',
  'joined',
  'inactive',
  'removed',
  'left-out',
];

export interface ReportEntry {
  readonly outcome: Outcome;
  readonly id: number | undefined;
  readonly place: Place;
  /** What it became, or why it did not. */
  readonly text: string;
  /** What is not quite as it was. */
  readonly notes: readonly string[];
}

export interface ImportReport {
  readonly entries: readonly ReportEntry[];
  readonly problems: readonly Problem[];
}

/** How many rules have each outcome. */
export function countOutcomes(report: ImportReport): ReadonlyMap<Outcome, number> {
  const counts = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  for (const { outcome } of report.entries) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return counts;
}

/** Text for people. `verbose` lists what went well, too. */
export function renderReport(report: ImportReport, verbose: boolean): string {
  const lines: string[] = [];
  for (const { place, reason, kept } of report.problems) {
    lines.push(`${where(place)}: error: ${reason}; ${kept}`);
  }
  for (const { outcome, id, place, text, notes } of report.entries) {
    const rule = id === undefined ? '' : ` ${id}`;
    if (verbose || outcome === 'left-out') lines.push(`${where(place)}: ${outcome}${rule}: ${text}`);
    for (const note of notes) lines.push(`${where(place)}: changed${rule}: ${note}`);
  }
  const counts = [...countOutcomes(report)].filter(([, count]) => count > 0);
  lines.push(
    `${counts.map(([outcome, count]) => `${count} ${outcome}`).join(', ')}; ${report.problems.length} errors`,
  );
  return lines.join('\n');
}

function where({ file, line }: Place): string {
  return `${file}:${line}`;
}
