/** Rules: their condition, phase, actions, message and examples, and what can be wrong with the whole. */
import type { FieldPhase } from '../../http/schema.ts';
import type { Expr, Literal } from '../ast-expression.ts';
import type { Rule, RuleEntry, SeverityName } from '../ast-rule.ts';
import type { CheckedRule, PolicySettings } from '../checked.ts';
import type { Condition } from '../checked-condition.ts';
import { entryOf } from '../walk.ts';
import { checkActions } from './actions.ts';
import { limitUses } from './action-limits.ts';
import { collectCaptures } from './captures.ts';
import type { Context } from './context.ts';
import { checkUntil } from './dates.ts';
import { checkExample } from './examples.ts';
import { intWithin } from './literals.ts';
import { checkMessage, messageScalars } from './messages.ts';
import { inferPhase, isLater, phaseUses, retainingBlock } from './phases.ts';
import { routeNames } from './policy-settings.ts';
import { checkReachable } from './reachability.ts';
import { checkRelaxing } from './relaxing.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { checkBareAll } from './vacuous.ts';

/** A rule as checked, with what exclusions and overrides must know of its source. */
export interface RuleDraft {
  readonly node: Rule;
  readonly checked: CheckedRule;
  /** It limits: such rules are gates and cannot be excluded or overridden. */
  readonly gate: boolean;
}

export interface RuleSettings {
  readonly settings: PolicySettings;
  readonly deniesByDefault: boolean;
}

const LEVEL_MAX = 4;
const DEFAULT_SEVERITY: SeverityName = 'error';

/** All rules, in order of files and place. */
export function checkRules(context: Context, settings: RuleSettings): RuleDraft[] {
  const byName = new Map<string, Rule>();
  const byId = new Map<number, Rule>();
  const drafts: RuleDraft[] = [];
  for (const node of context.names.rules) {
    const name = node.name.text;
    reportTaken(context, node, byName.get(name));
    if (!byName.has(name)) byName.set(name, node);
    const id = entryOf(node.entries, 'IdEntry')?.id;
    if (id !== undefined) {
      const first = byId.get(id.value);
      if (first !== undefined) {
        context.report('E301', id.span, `the id ${id.value} is taken`, {
          labels: [{ span: first.name.span, message: 'by this rule' }],
        });
      } else byId.set(id.value, node);
    }
    drafts.push(checkRule(context, node, settings));
  }
  return drafts;
}

function reportTaken(context: Context, node: Rule, first: Rule | undefined): void {
  const { text, span } = node.name;
  if (first !== undefined) {
    context.report('E301', span, `there is a rule \`${text}\` already`, {
      labels: [{ span: first.name.span, message: 'first here' }],
    });
  } else if (text.startsWith('policy.')) {
    context.report('E301', span, 'names that begin with `policy.` belong to outcomes of the policy');
  }
}

function checkRule(context: Context, node: Rule, settings: RuleSettings): RuleDraft {
  const entry = <Kind extends RuleEntry['kind']>(
    kind: Kind,
  ): Extract<RuleEntry, { kind: Kind }> | undefined => entryOf(node.entries, kind);
  const on = entry('OnEntry');
  const routes = on === undefined ? [] : routeNames(context, on);
  const condition = checkWhen(context, entry('WhenEntry')?.condition);
  const uses = phaseUses(condition);
  const then = entry('ThenEntry');
  const limits = then === undefined ? [] : limitUses(context, then);
  const { phase, latest } = inferPhase(context, uses, { limits, onRoutes: routes.length > 0 });
  if (then === undefined) {
    context.report('E310', node.name.span, `the rule \`${node.name.text}\` does nothing`, {
      help: 'add `then`, as in `then block 403`',
    });
  }
  const { deniesByDefault } = settings;
  const place = { phase, latest, condition, deniesByDefault };
  const actions = then === undefined ? [] : checkActions(context, then, place);
  const relaxes =
    actions.some((action) => action.kind === 'allow') &&
    actions.every((action) => action.kind === 'allow' || action.kind === 'log' || action.kind === 'tag');
  if (relaxes && condition !== undefined) checkRelaxing(context, condition);
  const mode = entry('ModeEntry');
  if (mode?.until !== undefined) checkUntil(context, mode.until, `the trial of \`${node.name.text}\``);
  const level = entry('LevelEntry');
  const unknown = entry('UnknownEntry')?.verdict;
  if (condition !== undefined && unknown === undefined) {
    checkRetaining(context, condition, settings.settings);
  }
  const checked: CheckedRule = {
    name: node.name.text,
    title: node.title.value,
    doc: node.doc ?? '',
    id: entry('IdEntry')?.id.value,
    severity: entry('SeverityEntry')?.severity ?? DEFAULT_SEVERITY,
    level: level === undefined ? 1 : intWithin(context, level.level, 1, LEVEL_MAX, 'a level'),
    tags: checkTags(context, entry('TagsEntry')?.tags.elements ?? []),
    mode: mode?.mode ?? 'enforce',
    sealed: entry('SealedEntry') !== undefined,
    routes,
    relaxes,
    phase,
    condition,
    actions,
    unknown,
    message: checkRuleMessage(context, node, phase),
    examples: (entry('ExamplesEntry')?.examples ?? []).map((example) => checkExample(context, example)),
    span: node.span,
  };
  checkExamplesThere(context, node, checked);
  return { node, checked, gate: isGate(checked) };
}

function isGate(rule: CheckedRule): boolean {
  return rule.actions.some((action) => action.kind === 'limit');
}

function checkWhen(context: Context, expression: Expr | undefined): Condition | undefined {
  if (expression === undefined) return undefined;
  const scope = { ...EMPTY_SCOPE, captures: collectCaptures(expression) };
  const { condition } = context.expressions.condition(expression, scope);
  checkReachable(context, condition);
  checkBareAll(context, condition);
  return condition;
}

function checkTags(context: Context, elements: readonly Literal[]): readonly string[] {
  const tags: string[] = [];
  for (const element of elements) {
    if (element.kind !== 'StringLiteral') {
      context.report('E201', element.span, 'a tag is a text in quotes');
    } else if (tags.includes(element.value)) {
      context.report('E301', element.span, `the tag "${element.value}" stands twice`);
    } else tags.push(element.value);
  }
  return tags;
}

function checkRuleMessage(context: Context, node: Rule, phase: FieldPhase): CheckedRule['message'] {
  const entry = entryOf(node.entries, 'MessageEntry');
  if (entry === undefined) return [];
  const parts = checkMessage(context, entry.text);
  for (const use of phaseUses(undefined, messageScalars(parts))) {
    if (!isLater(use.phase, phase)) continue;
    context.report('E401', use.span, `\`${use.what}\` is not there yet when the rule is decided`, {
      note: `needs the phase ${use.phase}, the rule is decided in ${phase}`,
    });
  }
  return parts;
}

function checkRetaining(context: Context, condition: Condition, settings: PolicySettings): void {
  const found = retainingBlock(condition);
  if (found === undefined) return;
  const beyond = found.phase === 'response_body' || settings.bodyBytesMax > settings.bodyHoldBytes;
  if (!beyond) return;
  context.report('E402', found.span, 'this keeps two selections of a body, which is possible up to `hold`', {
    labels: [{ span: found.pick.span, message: 'read again for each value' }],
    help: 'say what happens beyond with `unknown match`, `unknown skip` or `unknown block`',
  });
}

/**
 * W602: a rule that scores is a detection, and a detection is tried on what it must find and must not find. One that
 * limits never matches a first request; scenarios try it.
 */
function checkExamplesThere(context: Context, node: Rule, checked: CheckedRule): void {
  if (checked.mode === 'off' || isGate(checked) || !checked.actions.some((action) => action.kind === 'score'))
    return;
  const hit = checked.examples.some((example) => example.expect === 'hit');
  const clean = checked.examples.some((example) => example.expect === 'miss' || example.expect === 'pass');
  if (hit && clean) return;
  const missing = hit ? '`miss` or `pass`' : clean ? '`hit`' : '`hit` and no `miss` or `pass`';
  context.report('W602', node.name.span, `the rule \`${checked.name}\` has no ${missing} example`, {
    help: 'add one to `examples { … }`',
  });
}
