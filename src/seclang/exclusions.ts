/** `ctl`: what a rule changes for the rest of its request, as exclusions with a condition. */
import type { Pick } from '../dsl/ast-expression.ts';
import type { Exclude, ExcludeEntry, RuleSelector } from '../dsl/ast-rule.ts';
import { valueOf, valuesOf } from './actions.ts';
import type { RuleChoice, Variable } from './ast.ts';
import type { LiveChain } from './analysis.ts';
import * as make from './build.ts';
import { SPAN } from './build.ts';
import type { Chain } from './chain.ts';
import { conditionOf } from './conditions.ts';
import type { TranslationContext } from './conditions.ts';
import { titleOf } from './messages.ts';
import { guarded } from './rules.ts';
import { subjectsOf } from './subjects.ts';
import { Untranslatable } from './untranslatable.ts';
import { isChosen } from './updates.ts';
import { parseVariables } from './variables.ts';

/** Settings of logging and body parsing, which Ward does not need. */
const NEEDLESS =
  /^(?:auditengine|auditlogparts|forcerequestbodyvariable|requestbodyprocessor|debugloglevel|requestbodyaccess|responsebodyaccess|hashengine|hashenforcement)$/;

interface Control {
  readonly name: string;
  readonly value: string;
}

/** The `ctl` actions that matter. */
export function controlsOf(chain: Chain): readonly Control[] {
  const written = chain.links.flatMap((link) => valuesOf(link.actions, 'ctl'));
  return written
    .map((text) => {
      const equals = text.indexOf('=');
      return { name: text.slice(0, equals).trim().toLowerCase(), value: text.slice(equals + 1).trim() };
    })
    .filter(({ name }) => !NEEDLESS.test(name));
}

/**
 * Exclusions for the rules among `carried`. None if no carried rule is meant.
 * @throws Untranslatable
 */
export function exclusionsOf(
  live: LiveChain,
  carried: readonly LiveChain[],
  context: TranslationContext,
): readonly Exclude[] {
  // An exclusion is decided before the first value of the body: arguments are those of the query.
  const early = { ...context, exact: true, phase: 1 };
  const condition = live.links.length === 0 ? undefined : guarded(conditionOf(live.links, early), live);
  const targets = new Map<string, { selectors: readonly RuleSelector[]; picks: Pick[] }>();
  for (const { name, value } of controlsOf(live.chain)) {
    const [what, variable] = value.split(';');
    const rules = choicesOf(name, what);
    const chosen = carried.filter(({ chain }) => isChosen(chain, rules));
    const picks = variable === undefined ? [] : picksOf(variable, chosen, early);
    if (chosen.length === 0 || (variable !== undefined && picks.length === 0)) continue;
    const selectors = selectorsOf(rules, chosen);
    const key = JSON.stringify([rules, variable === undefined]);
    const known = targets.get(key);
    if (known === undefined) targets.set(key, { selectors, picks: [...picks] });
    else known.picks.push(...picks);
  }
  return [...targets.values()].map(({ selectors, picks }) => {
    const entries: ExcludeEntry[] = [
      ...(picks.length === 0 ? [] : [{ kind: 'TargetEntry', span: SPAN, items: picks } as const]),
      ...(condition === undefined ? [] : [{ kind: 'WhenEntry', span: SPAN, condition } as const]),
      { kind: 'BecauseEntry', span: SPAN, reason: make.string(reasonOf(live.chain)) },
    ];
    return { kind: 'Exclude', span: SPAN, doc: undefined, selectors, entries };
  });
}

function reasonOf(chain: Chain): string {
  const title = valueOf(chain.actions, 'msg') === undefined ? '' : `: ${titleOf(chain)}`;
  return `rule ${chain.id ?? `of line ${chain.place.line}`}${title}`;
}

function choicesOf(name: string, what: string): readonly RuleChoice[] {
  switch (name) {
    case 'ruleremovebyid':
    case 'ruleremovetargetbyid': {
      const range = /^(\d+)(?:-(\d+))?$/.exec(what);
      if (range === null) throw new Untranslatable(`${what} is no rule id`);
      return [{ by: 'id', first: Number(range[1]), last: Number(range.at(2) ?? range[1]) }];
    }
    case 'ruleremovebytag':
    case 'ruleremovetargetbytag':
      return [{ by: 'tag', pattern: what }];
    case 'ruleremovebymsg':
    case 'ruleremovetargetbymsg':
      return [{ by: 'msg', pattern: what }];
    case 'ruleengine':
      if (what.toLowerCase() === 'off') return [{ by: 'id', first: 0, last: Number.MAX_SAFE_INTEGER }];
      throw new Untranslatable(`ctl:ruleEngine=${what} for some requests`);
    default:
      throw new Untranslatable(`ctl:${name} has no counterpart`);
  }
}

/** Tags stay tags, so that a rule added later is meant too. */
function selectorsOf(rules: readonly RuleChoice[], chosen: readonly LiveChain[]): readonly RuleSelector[] {
  const [rule] = rules;
  if (rule.by === 'tag') {
    return coveringTags(rule.pattern, chosen).map((tag) => ({
      kind: 'TagSelector',
      span: SPAN,
      tag: make.string(tag),
    }));
  }
  if (rule.by === 'id' && rule.last < Number.MAX_SAFE_INTEGER) {
    const last = rule.last === rule.first ? undefined : make.int(rule.last);
    return [{ kind: 'IdSelector', span: SPAN, first: make.int(rule.first), last }];
  }
  const ids = chosen.flatMap(({ chain }) => chain.id ?? []);
  if (rule.by === 'id') {
    return [
      { kind: 'IdSelector', span: SPAN, first: make.int(Math.min(...ids)), last: make.int(Math.max(...ids)) },
    ];
  }
  return ids.map((id) => ({ kind: 'IdSelector', span: SPAN, first: make.int(id), last: undefined }));
}

/** As few of the tags that fit as name all of the rules. */
function coveringTags(pattern: string, chosen: readonly LiveChain[]): readonly string[] {
  const tags: string[] = [];
  let left = chosen.map(({ chain }) => chain.tags.filter((tag) => tag.includes(pattern)));
  while (left.length > 0) {
    const counts = new Map<string, number>();
    for (const tag of left.flat()) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    const [[most]] = [...counts].sort(([, a], [, b]) => b - a);
    tags.push(most);
    left = left.filter((own) => !own.includes(most));
  }
  return tags;
}

/** The values taken away, if one of the rules reads them. */
function picksOf(
  variable: string,
  chosen: readonly LiveChain[],
  context: TranslationContext,
): readonly Pick[] {
  const [parsed] = parseVariables(variable);
  const isRead = chosen.some(({ links }) =>
    links.some((link) => link.variables.some((read) => reads(read, parsed))),
  );
  if (!isRead) return [];
  const { selector } = parsed;
  const folded: Variable =
    selector?.kind === 'name' && !parsed.collection.endsWith('_HEADERS')
      ? {
          ...parsed,
          selector: {
            kind: 'regex',
            text: `^${selector.text.replace(/^json\./, '').replace(/[^\w-]/g, '\\$&')}$`,
          },
        }
      : parsed;
  // Wherever the argument comes from: an exclusion speaks of a name.
  return subjectsOf([folded], { ...context, exact: false, phase: 2 }).flatMap(({ picks }) => picks);
}

function reads(read: Variable, parsed: Variable): boolean {
  if (read.excluded || read.counted || read.collection !== parsed.collection) return false;
  return (
    read.selector === undefined || read.selector.text.toLowerCase() === parsed.selector?.text.toLowerCase()
  );
}
