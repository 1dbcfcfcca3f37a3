/** What became of every directive: nothing is dropped in silence. */
import type { Place, SettingDirective } from './ast.ts';
import type { SecLangCode } from './codes.ts';
import { renderProblem, visible } from './problem.ts';
import type { Problem } from './problem.ts';
import { fateOf } from './server-settings.ts';
import type { SettingFate } from './server-settings.ts';

/**
 * - `carried`: a rule, or an exclusion, of the result
 * - `replaced`: Ward has it built in: sums, levels, thresholds, settings, the log
 * - `joined`: part of other rules: a value they read, a condition that skips them
 * - `inactive`: no request matches it with these settings
 * - `removed`: taken away by a directive
 * - `left-out`: not carried, for the reason given
 */
export type Outcome = 'carried' | 'replaced' | 'joined' | 'inactive' | 'removed' | 'left-out';

const OUTCOMES: readonly Outcome[] = ['carried', 'replaced', 'joined', 'inactive', 'removed', 'left-out'];

export interface ReportEntry {
  readonly outcome: Outcome;
  /** Of what was left out. */
  readonly code?: SecLangCode;
  readonly id: number | undefined;
  readonly place: Place;
  /** What it became, or why it did not. */
  readonly text: string;
  /** What is not quite as it was. */
  readonly notes: readonly string[];
}

/** A setting of the server the rules were written for, where it stands first. */
export interface SettingEntry {
  readonly name: string;
  readonly place: Place;
  readonly fate: SettingFate;
  readonly text: string;
}

export interface ImportReport {
  readonly entries: readonly ReportEntry[];
  readonly settings: readonly SettingEntry[];
  readonly problems: readonly Problem[];
}

/** What becomes of each setting, told once. */
export function settingEntries(settings: readonly SettingDirective[]): readonly SettingEntry[] {
  const entries = new Map<string, SettingEntry>();
  for (const setting of settings) {
    const { name, place } = setting;
    if (!entries.has(name.toLowerCase()))
      entries.set(name.toLowerCase(), { name, place, ...fateOf(setting) });
  }
  return [...entries.values()];
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
  for (const problem of report.problems) lines.push(`${renderProblem(problem)}; ${problem.kept}`);
  for (const { outcome, code, id, place, text, notes } of report.entries) {
    const rule = `${code === undefined ? '' : `[${code}]`}${id === undefined ? '' : ` ${id}`}`;
    if (verbose || outcome === 'left-out') lines.push(`${where(place)}: ${outcome}${rule}: ${text}`);
    for (const note of notes) lines.push(`${where(place)}: changed${rule}: ${note}`);
  }
  for (const { name, place, fate, text } of report.settings) {
    lines.push(
      `${where(place)}: ${fate === 'missed' ? 'warning' : 'setting'} ${name}: ${FATES[fate]}${text}`,
    );
  }
  const counts = [...countOutcomes(report)].filter(([, count]) => count > 0);
  const rules = counts.map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  const errors = `${report.problems.length} error${report.problems.length === 1 ? '' : 's'}`;
  lines.push(`${rules === '' ? 'no rules' : rules}; ${errors}`);
  return lines.map(visible).join('\n');
}

const FATES: Readonly<Record<SettingFate, string>> = {
  replaced: 'in its place: ',
  'without-effect': 'without effect: ',
  missed: '',
};

function where({ file, line }: Place): string {
  return `${file}:${line}`;
}
