/**
 * Which targets share automata. One set for all would hold what no single value is scanned for; one for each would hold
 * most literals many times. Targets go together whose entries are nearly the same, as those of query, form and JSON.
 */
import { AUTOMATON_GROUPS_MAX } from '../core/limits.ts';

export interface TargetGroup {
  readonly targets: readonly number[];
  /** Of all its targets, ascending. */
  readonly entries: readonly number[];
}

/** Of the entries of a target and a group together, the share both must have. */
const SHARED_MIN = 0.7;

/** Groups of targets, given the entries of each. Cost: entries times targets times groups, when rules are compiled. */
export function groupsOf(targets: ReadonlyMap<number, readonly number[]>): readonly TargetGroup[] {
  const groups: { readonly targets: number[]; readonly entries: Set<number> }[] = [];
  // The largest first, so that a group begins as what its targets have in common.
  const ordered = [...targets].sort(([, a], [, b]) => b.length - a.length);
  for (const [target, entries] of ordered) {
    let best: (typeof groups)[number] | undefined;
    let likeness = -1;
    for (const group of groups) {
      const common = entries.reduce((count, entry) => count + (group.entries.has(entry) ? 1 : 0), 0);
      const share = common / (entries.length + group.entries.size - common);
      if (share > likeness) [best, likeness] = [group, share];
    }
    if (best === undefined || (likeness < SHARED_MIN && groups.length < AUTOMATON_GROUPS_MAX)) {
      groups.push({ targets: [target], entries: new Set(entries) });
    } else {
      best.targets.push(target);
      for (const entry of entries) best.entries.add(entry);
    }
  }
  return groups.map((group) => ({
    targets: group.targets,
    entries: [...group.entries].sort((a, b) => a - b),
  }));
}
