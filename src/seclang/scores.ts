/**
 * Anomaly scoring as CRS writes it by hand, and what of it Ward has built in.
 *
 * Rules add to counters per level and per category; the counters are summed up, compared and reported by rules of
 * their own. Here the counters are recognised by name and use, so that a rule becomes `score to category`, `level n`,
 * and the sums and comparisons become thresholds.
 */
import { valueOf } from './actions.ts';
import type { Chain, Link } from './chain.ts';
import { assignmentsOf } from './settings.ts';
import type { Assignment, Settings } from './settings.ts';

export type Severity = 'critical' | 'error' | 'warning' | 'notice';

export const SEVERITIES: readonly Severity[] = ['critical', 'error', 'warning', 'notice'];

const PARANOIA = /^(?:blocking_|detection_|executing_)?paranoia_level$/;
const SUM = /(?:^|_)anomaly_score(?:_pl\d)?$/;
const POINTS = /^(critical|error|warning|notice)_anomaly_score$/;

function isParanoia(name: string): boolean {
  return PARANOIA.test(name.toLowerCase());
}

/** A sum of all categories: `inbound_anomaly_score_pl1`, `anomaly_score`. */
export function isSum(name: string): boolean {
  const lower = name.toLowerCase();
  return SUM.test(lower) && !POINTS.test(lower);
}

/** The category a counter is for: `sql_injection_score` is `sql_injection`. */
export function categoryOf(name: string): string | undefined {
  return isSum(name) || POINTS.test(name) ? undefined : /^([a-z][a-z0-9_]*)_score$/.exec(name)?.[1];
}

export interface ScoreOfRule {
  readonly points: number;
  readonly category: string | undefined;
  /** Further categories, which Ward does not add to. */
  readonly others: readonly string[];
}

/** What a match of the chain adds, or undefined if it does not score. */
export function scoreOf(chain: Chain, settings: Settings): ScoreOfRule | undefined {
  const added = chain.links.flatMap(assignmentsOf).filter((assignment) => isScoring(assignment));
  if (added.length === 0) return undefined;
  const categories = added.map(({ name }) => categoryOf(name)).filter((name) => name !== undefined);
  const sums = added.filter(({ name }) => isSum(name));
  const [first] = sums.length > 0 ? sums : added;
  return {
    points: Number(settings.expand(first.value) ?? Number.NaN),
    category: categories.at(0),
    others: categories.slice(1),
  };
}

function isScoring(assignment: Assignment | undefined): assignment is Assignment {
  if (assignment?.operation !== '+') return false;
  const { name } = assignment;
  return (
    (isSum(name) && /_pl\d$/.test(name)) || (isSum(name) && isPoints(assignment)) || isCategory(assignment)
  );
}

/** Counts of things end in `_score` too; a category is what grows by the points of a severity. */
function isCategory(assignment: Assignment): boolean {
  return categoryOf(assignment.name) !== undefined && isPoints(assignment);
}

function isPoints(assignment: Assignment): boolean {
  const macro = /^%\{tx\.(\w+)\}$/i.exec(assignment.value);
  return macro === null ? /^\d+$/.test(assignment.value) : POINTS.test(macro[1].toLowerCase());
}

/** Whether a link looks at nothing but levels and sums. */
export function readsScoresAlone(link: Link): boolean {
  return (
    link.variables.length > 0 &&
    link.variables.every(({ collection, selector, counted }) => {
      return (
        collection === 'TX' &&
        !counted &&
        selector !== undefined &&
        (isParanoia(selector.text) || isSum(selector.text))
      );
    })
  );
}

/** The level below which a chain skips: `TX:DETECTION_PARANOIA_LEVEL "@lt 3"` gives 3. */
export function skippedLevel(chain: Chain): number | undefined {
  const [link] = chain.links;
  const [variable] = link.variables;
  if (chain.links.length !== 1 || link.variables.length !== 1 || link.operator?.name !== 'lt')
    return undefined;
  const { collection, selector } = variable;
  if (collection !== 'TX' || selector === undefined || !isParanoia(selector.text)) return undefined;
  return Number(link.operator.argument);
}

export interface ThresholdOfChain {
  readonly chain: Chain;
  readonly direction: 'request' | 'response' | 'exchange';
  readonly atLeast: number;
  /** Undefined: it only reports. */
  readonly status: number | undefined;
}

/** A comparison of a sum with a limit that refuses, or undefined. */
export function thresholdOf(chain: Chain, settings: Settings): ThresholdOfChain | undefined {
  const [link] = chain.links;
  const { operator } = link;
  if (chain.disruptive !== 'deny' && chain.disruptive !== 'drop') return undefined;
  if (!readsScoresAlone(link) || operator?.name !== 'ge' || operator.negated) return undefined;
  const atLeast = Number(settings.expand(operator.argument) ?? Number.NaN);
  if (!Number.isInteger(atLeast)) return undefined;
  const direction = /outbound/i.test(link.variables[0].selector?.text ?? '') ? 'response' : 'request';
  return { chain, direction, atLeast, status: Number(valueOf(chain.actions, 'status') ?? 403) };
}

/** A chain with those that would skip it, as the analysis finds them. */
interface SkippedChain {
  readonly chain: Chain;
  readonly skippedBy: readonly { readonly links: readonly Link[] }[];
}

/**
 * The report of the scores that CRS writes behind the response: a rule without a condition of its own, skipped while
 * the sum of both directions is 0. Other conditions give undefined.
 */
export function reportOf({ chain, skippedBy }: SkippedChain): ThresholdOfChain | undefined {
  const isPlain = chain.links.length === 1 && chain.links[0].operator === undefined;
  const isLogged =
    chain.actions.filter(({ name }) => name === 'log' || name === 'nolog').at(-1)?.name !== 'nolog';
  if (!isPlain || !isLogged || chain.phase !== 5 || valueOf(chain.actions, 'msg') === undefined)
    return undefined;
  if (skippedBy.length !== 1) return undefined;
  const [link] = skippedBy[0].links;
  const skipsZero = readsScoresAlone(link) && link.operator?.name === 'eq' && link.operator.argument === '0';
  return skipsZero ? { chain, direction: 'exchange', atLeast: 1, status: undefined } : undefined;
}

/** The severity of the language; SecLang has eight, by name or number. */
export function severityOf(chain: Chain): Severity {
  const written = (valueOf(chain.actions, 'severity') ?? '').toLowerCase();
  const names = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'];
  const rank = /^\d$/.test(written) ? Number(written) : names.indexOf(written);
  if (rank < 0) return 'notice';
  return rank <= 2 ? 'critical' : rank === 3 ? 'error' : rank === 4 ? 'warning' : 'notice';
}
