/**
 * Walks the sequence once, as the reference engine would: decides conditions on settings, follows `skipAfter`, and says
 * for each chain whether it can match at all, at which paranoia level, and under which further conditions.
 */
import { valueOf } from './actions.ts';
import type { Chain, Link, Marker } from './chain.ts';
import { copyOf } from './copies.ts';
import { readsScoresAlone, skippedLevel } from './scores.ts';
import { Settings } from './settings.ts';

/** A chain that some requests may match. */
export interface LiveChain {
  readonly chain: Chain;
  /** Without the links that settings made true. */
  readonly links: readonly Link[];
  readonly level: number | undefined;
  /** Chains that would skip this one if they matched. */
  readonly skippedBy: readonly LiveChain[];
  /** Makes other chains be skipped. */
  readonly skips: boolean;
}

/** A chain that no request matches, with the reason. */
export interface DeadChain {
  readonly chain: Chain;
  readonly reason: string;
}

export interface Analysis {
  readonly live: readonly LiveChain[];
  readonly dead: readonly DeadChain[];
  /** Chains that hold always: their settings are in `settings`. */
  readonly unconditional: readonly Chain[];
  readonly settings: Settings;
  /** `skipAfter` whose marker does not follow. */
  readonly lostSkips: readonly Chain[];
}

interface Region {
  readonly marker: string;
  readonly phase: number;
  readonly level?: number;
  readonly by?: LiveChain;
  /** Skips always. */
  readonly reason?: string;
}

export function analyse(sequence: readonly (Chain | Marker)[]): Analysis {
  const settings = new Settings();
  const live: LiveChain[] = [];
  const dead: DeadChain[] = [];
  const unconditional: Chain[] = [];
  const lostSkips: Chain[] = [];
  let regions: Region[] = [];
  /** Where each marker stands last. */
  const markers = new Map(
    sequence.flatMap((item, at) => (item.kind === 'marker' ? [[item.name, at] as const] : [])),
  );
  sequence.forEach((item, index) => {
    if (item.kind === 'marker') {
      regions = regions.filter((region) => region.marker !== item.name);
      return;
    }
    const inside = regions.filter((region) => region.phase === item.phase);
    const always = inside.find((region) => region.reason !== undefined);
    if (always?.reason !== undefined) {
      dead.push({ chain: item, reason: always.reason });
      return;
    }
    const verdict = judge(item, settings);
    if (typeof verdict === 'string') {
      dead.push({ chain: item, reason: verdict });
      return;
    }
    const levels = inside.map((region) => region.level ?? 0);
    const found: LiveChain = {
      chain: item,
      links: verdict,
      level: Math.max(0, ...levels) || undefined,
      skippedBy: inside.flatMap((region) => region.by ?? []),
      skips: valueOf(item.actions, 'skipafter') !== undefined,
    };
    const holdsAlways = verdict.length === 0 && found.skippedBy.length === 0;
    settings.run(item, holdsAlways);
    if (holdsAlways) unconditional.push(item);
    else live.push(found);
    const region = regionOf(found, holdsAlways);
    if (region === undefined) return;
    if ((markers.get(region.marker) ?? -1) > index) regions.push(region);
    else lostSkips.push(item);
  });
  return { live, dead, unconditional, settings, lostSkips };
}

/** The links that depend on the request, or why the chain cannot match. */
function judge(chain: Chain, settings: Settings): readonly Link[] | string {
  const open: Link[] = [];
  const isBookkeeping = valueOf(chain.actions, 'skipafter') !== undefined || hasAssignments(chain);
  for (const [index, link] of chain.links.entries()) {
    // What an earlier link sets depends on the request.
    const isOwn = link.variables.some(
      (variable) => copyOf(variable, chain.links.slice(0, index)) !== undefined,
    );
    // Levels and sums are Ward's: conditions on them are not decided here but become `level` and `threshold`.
    const decided = isOwn || (isBookkeeping && readsScoresAlone(link)) ? undefined : settings.decide(link);
    if (decided === false) return `${written(link)} does not hold with these settings`;
    if (decided === undefined) open.push(link);
  }
  return open;
}

function hasAssignments(chain: Chain): boolean {
  return chain.links.some((link) => link.actions.some((action) => action.name === 'setvar'));
}

function regionOf(found: LiveChain, always: boolean): Region | undefined {
  const { chain } = found;
  const marker = valueOf(chain.actions, 'skipafter');
  if (marker === undefined) return undefined;
  const base = { marker, phase: chain.phase };
  const level = skippedLevel(chain);
  if (level !== undefined) return { ...base, level };
  if (always) return { ...base, reason: `rule ${chain.id ?? '?'} skips it with these settings` };
  return { ...base, by: found };
}

/** A condition as in the file, for reports. */
export function written(link: Link): string {
  const names = link.variables.map(({ collection, selector, counted }) => {
    const text = selector?.kind === 'regex' ? `/${selector.text}/` : selector?.text;
    return `${counted ? '&' : ''}${collection}${text === undefined ? '' : `:${text}`}`;
  });
  const { operator } = link;
  const test =
    operator === undefined ? '' : ` ${operator.negated ? '!' : ''}@${operator.name} ${operator.argument}`;
  const text = `${names.join('|')}${test}`;
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
