/**
 * What differs between two rule sets, declaration by declaration, once everything is resolved: a rule whose text is the
 * same but whose list, function or override changed has changed as well. Layout, comments and places do not count.
 */
import { structureKey } from '../compiler/structure-key.ts';
import type { CheckedExclusion, CheckedPolicy, CheckedRule } from '../dsl/checked.ts';

export interface Difference {
  /** As the language calls it: `rule`, `list`, `policy`, … */
  readonly kind: string;
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** What of it changed, as the language calls it: `when`, `severity`, …; empty where it is not told apart. */
  readonly parts: readonly string[];
}

/** The parts of a rule by the word that opens them. */
const RULE_PARTS: readonly (readonly [string, (rule: CheckedRule) => unknown])[] = [
  ['title', (rule) => rule.title],
  ['id', (rule) => rule.id],
  ['on', (rule) => rule.routes],
  ['severity', (rule) => rule.severity],
  ['level', (rule) => rule.level],
  ['tags', (rule) => rule.tags],
  ['mode', (rule) => rule.mode],
  ['sealed', (rule) => rule.sealed],
  ['when', (rule) => rule.condition],
  ['then', (rule) => rule.actions],
  ['unknown', (rule) => rule.unknown],
  ['message', (rule) => rule.message],
  ['examples', (rule) => rule.examples],
];

/** All differences: of the policy, then rules, then the rest, each by name. Empty if both decide alike. O(size of both). */
export function diffRuleSets(before: CheckedPolicy, after: CheckedPolicy): readonly Difference[] {
  const byName = (one: { readonly name: string }): string => one.name;
  return [
    ...policyDifferences(before, after),
    ...named('rule', before.rules, after.rules, byName, ruleParts),
    ...named('exclude', before.exclusions, after.exclusions, exclusionName),
    ...named('route', before.routes, after.routes, byName),
    ...named('list', before.lists, after.lists, byName),
    ...named('switch', before.switches, after.switches, byName),
    ...named('secret', before.secrets, after.secrets, byName),
    ...named('limiter', before.limiters, after.limiters, byName),
    ...named('flood', before.floods, after.floods, byName),
    ...named('scenario', before.scenarios, after.scenarios, ({ title }) => title),
  ];
}

function policyDifferences(before: CheckedPolicy, after: CheckedPolicy): Difference[] {
  const keys = Object.keys(before.settings) as (keyof CheckedPolicy['settings'])[];
  const parts: string[] = keys.filter(
    (key) => structureKey(before.settings[key]) !== structureKey(after.settings[key]),
  );
  if (before.name !== after.name) parts.unshift('name');
  if (structureKey([...before.profiles]) !== structureKey([...after.profiles])) parts.push('profiles');
  return parts.length === 0 ? [] : [{ kind: 'policy', name: after.name, change: 'changed', parts }];
}

function ruleParts(before: CheckedRule, after: CheckedRule): string[] {
  return RULE_PARTS.filter(([, part]) => structureKey(part(before)) !== structureKey(part(after))).map(
    ([name]) => name,
  );
}

/** Exclusions have no names: what they are of and their reason tell them apart. */
function exclusionName({ rules, because }: CheckedExclusion): string {
  return `${rules.join(', ')} (${because})`;
}

function named<Item>(
  kind: string,
  before: readonly Item[],
  after: readonly Item[],
  nameOf: (item: Item) => string,
  partsOf: (before: Item, after: Item) => string[] = () => [],
): Difference[] {
  const old = new Map(before.map((item) => [nameOf(item), item]));
  const now = new Map(after.map((item) => [nameOf(item), item]));
  const found: Difference[] = [];
  for (const name of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [was, is] = [old.get(name), now.get(name)];
    if (was === undefined) found.push({ kind, name, change: 'added', parts: [] });
    else if (is === undefined) found.push({ kind, name, change: 'removed', parts: [] });
    else if (structureKey(was) !== structureKey(is)) {
      const parts = partsOf(was, is);
      // What a rule's title or documentation says differently decides nothing, but is a part by name or none at all.
      if (kind !== 'rule' || parts.length > 0) found.push({ kind, name, change: 'changed', parts });
    }
  }
  return found;
}
