/** A chain as a rule of Ward. */
import type { Expr } from '../dsl/ast-expression.ts';
import type { Action, Rule, RuleEntry } from '../dsl/ast-rule.ts';
import { valueOf, valuesOf } from './actions.ts';
import type { LiveChain } from './analysis.ts';
import * as make from './build.ts';
import { SPAN } from './build.ts';
import type { Chain } from './chain.ts';
import { conditionOf } from './conditions.ts';
import type { TranslationContext } from './conditions.ts';
import { messageOf, titleOf } from './messages.ts';
import { groupOf } from './names.ts';
import { scoreOf, severityOf } from './scores.ts';
import { Untranslatable } from './untranslatable.ts';

export interface TranslatedRule {
  readonly rule: Rule;
  readonly notes: readonly string[];
}

/** Name of the function that says whether a chain skips others. */
export function skipName(chain: Chain): string {
  return `skipped_by_${chain.id ?? `line_${chain.place.line}`}`;
}

/** `attack_sqli.r942100`. */
export function ruleName(chain: Chain): string {
  return `${groupOf(chain.place.file)}.${chain.id === undefined ? `line${chain.place.line}` : `r${chain.id}`}`;
}

/** @throws Untranslatable */
export function ruleOf(live: LiveChain, context: TranslationContext): TranslatedRule {
  const { chain } = live;
  const notes: string[] = [];
  const condition = guarded(conditionOf(live.links, context), live);
  const actions = actionsOf(chain, context, notes);
  const level = live.level ?? levelOfTags(chain);
  const message = messageOf(chain, condition);
  const entries: RuleEntry[] = [
    { kind: 'SeverityEntry', span: SPAN, severity: severityOf(chain) },
    ...(level === undefined ? [] : [{ kind: 'LevelEntry', span: SPAN, level: make.int(level) } as const]),
    ...(chain.id === undefined ? [] : [{ kind: 'IdEntry', span: SPAN, id: make.int(chain.id) } as const]),
    ...(chain.tags.length === 0
      ? []
      : [
          {
            kind: 'TagsEntry',
            span: SPAN,
            tags: make.array([...new Set(chain.tags)].map(make.string)),
          } as const,
        ]),
    { kind: 'WhenEntry', span: SPAN, condition },
    { kind: 'ThenEntry', span: SPAN, actions },
    ...(message === undefined
      ? []
      : [{ kind: 'MessageEntry', span: SPAN, text: make.string(message) } as const]),
  ];
  const { file, line } = chain.place;
  return {
    rule: {
      kind: 'Rule',
      span: SPAN,
      doc: `From ${file.replace(/^.*\//, '')}, line ${line}.`,
      name: make.nameOf(ruleName(chain)),
      title: make.string(titleOf(chain)),
      entries,
    },
    notes,
  };
}

/** With the conditions of the chains that would skip it. */
export function guarded(condition: Expr, live: LiveChain): Expr {
  const guards = live.skippedBy.map(({ chain }) =>
    make.not(make.test(make.pipe(make.call(skipName(chain), [])))),
  );
  return make.and([...guards, condition]);
}

/** What the rule does: nothing but a log line if it neither scores nor refuses. */
function actionsOf(chain: Chain, context: TranslationContext, notes: string[]): readonly Action[] {
  const actions: Action[] = [];
  const score = scoreOf(chain, context.settings);
  if (score !== undefined) {
    const { points, category, others } = score;
    if (!Number.isInteger(points)) throw new Untranslatable('the points it scores are no constant');
    const usual = Number(context.settings.valueOf(`${severityOf(chain)}_anomaly_score`) ?? Number.NaN);
    actions.push({
      kind: 'ScoreAction',
      span: SPAN,
      points: points === usual ? undefined : make.int(points),
      category: category === undefined ? undefined : make.identifier(category),
    });
    if (others.length > 0) notes.push(`it scores to ${category ?? ''} alone, not to ${others.join(', ')}`);
  }
  const status = Number(valueOf(chain.actions, 'status') ?? 403);
  switch (chain.disruptive) {
    case 'deny':
    case 'drop':
      if (chain.disruptive === 'drop') notes.push('it answers instead of closing the connection');
      actions.push({ kind: 'Block', span: SPAN, status: make.int(status), retry: undefined });
      break;
    case 'redirect': {
      const to = valueOf(chain.actions, 'redirect') ?? '';
      if (to.includes('%{')) throw new Untranslatable('a redirect to what is no constant');
      const given = status >= 300 && status < 400 ? status : 302;
      actions.push({ kind: 'RedirectAction', span: SPAN, status: make.int(given), to: make.string(to) });
      break;
    }
    case 'allow':
      throw new Untranslatable('allow ends the inspection; write an exclude');
    case 'proxy':
      throw new Untranslatable('proxy has no counterpart');
    case 'pass':
    case 'block':
      break;
  }
  if (actions.length === 0) actions.push({ kind: 'LogAction', span: SPAN, alert: false });
  for (const name of ['exec', 'initcol', 'prepend', 'append', 'setuid', 'setsid', 'expirevar', 'pause']) {
    if (chain.links.some((link) => valuesOf(link.actions, name).length > 0))
      notes.push(`${name} is not carried`);
  }
  return actions;
}

/** `paranoia-level/2` among the tags. */
function levelOfTags(chain: Chain): number | undefined {
  const levels = chain.tags.map((tag) => /^paranoia-level\/(\d)$/.exec(tag)?.[1]);
  const found = levels.find((level) => level !== undefined);
  return found === undefined ? undefined : Number(found);
}
