/** Rules of the checked policy as rules of the program: tree, mode, actions, message. */
import type { CheckedAction, CheckedRule, MessagePart, ModeName, PolicySettings } from '../dsl/checked.ts';
import type { Fault } from '../engine/api.ts';
import type { MessagePiece, ProgramRule, RedactionPlan, RuleActions } from '../engine/program.ts';
import { PHASES } from '../engine/phases.ts';
import { FALSE } from '../engine/three-valued.ts';
import { routeBits } from '../engine/route-table.ts';
import { phaseOf } from './analysis.ts';
import { decidingKinds } from './body-kinds.ts';
import { banActions, gateUses } from './gates.ts';
import { ruleExclusion } from './leaf-exclusions.ts';
import type { ProgramBuilder } from './program-builder.ts';
import { compileTree, leavesOf, restingValue, treeTest } from './rule-tree.ts';
import { compileScalar, fieldLabel } from './scalars.ts';

const SEVERITY_ORDER = ['critical', 'error', 'warning', 'notice'];

/** Highest severity first, then lowest name: the order of precedence. */
export function inPrecedence(rules: readonly CheckedRule[]): CheckedRule[] {
  return [...rules].sort((a, b) => {
    const severity = SEVERITY_ORDER.indexOf(a.severity) - SEVERITY_ORDER.indexOf(b.severity);
    return severity !== 0 ? severity : a.name < b.name ? -1 : 1;
  });
}

/** The mode a rule runs in, after the policy's own mode and what the operator asked for. */
export function modeOf(rule: CheckedRule, builder: ProgramBuilder): ModeName {
  const { settings, options } = builder;
  const own = options.ruleModes?.get(rule.name) ?? rule.mode;
  const policy = options.mode ?? settings.mode;
  if (own === 'off' || policy === 'off') return 'off';
  return policy === 'monitor' ? 'monitor' : own;
}

export function compileRule(
  builder: ProgramBuilder,
  rule: CheckedRule,
  index: number,
  redaction: RedactionPlan,
): ProgramRule {
  const limits = gateUses(builder, rule);
  // What limits cannot be excluded.
  const own = builder.policy.exclusions.flatMap((exclusion, number) =>
    exclusion.rules.includes(rule.name) && limits.length === 0 ? [{ exclusion, number }] : [],
  );
  const targeted = own.filter(({ exclusion }) => exclusion.target.length > 0);
  const maskKeep = rule.actions.find((action) => action.kind === 'mask')?.keep ?? -1;
  const tree = compileTree(
    {
      builder,
      exclusions: targeted.map(({ exclusion, number }) => ruleExclusion(number, exclusion, builder.regex)),
      relaxes: rule.relaxes,
      masks: maskKeep >= 0,
      held: new Map(),
    },
    rule.condition ?? { kind: 'constant', value: true, span: rule.span },
  );
  builder.options.onTree?.(rule, tree);
  const leaves = leavesOf(tree);
  for (const leaf of leaves) builder.leaves[leaf].rules.push(index);
  const kinds = decidingKinds(tree, (leaf) => builder.leafOrigins[leaf], targeted.length > 0);
  for (const [leaf, bits] of kinds) builder.leafKinds[leaf] = (builder.leafKinds[leaf] ?? 0) | bits;
  return {
    index,
    name: rule.name,
    title: rule.title,
    id: rule.id,
    severity: rule.severity,
    level: rule.level,
    tags: rule.tags,
    enforced: modeOf(rule, builder) === 'enforce',
    phase: Math.max(PHASES.indexOf(rule.phase), rule.condition === undefined ? 0 : phaseOf(rule.condition)),
    tree: treeTest(tree),
    leaves: Int32Array.from(leaves),
    eager: restingValue(tree, (leaf) => builder.leaves[leaf].kind === 'observed') !== FALSE,
    routes: rule.routes.length === 0 ? null : routeBits(builder.routes(rule.routes)),
    relaxes: rule.relaxes,
    exclusions: own.filter(({ exclusion }) => exclusion.target.length === 0).map(({ number }) => number),
    unknown: rule.unknown,
    limits,
    actions: compileActions(builder, rule, redaction),
    message: rule.message.map((part) => compileMessage(builder, part, redaction)),
    costUs: 0,
  };
}

function compileActions(builder: ProgramBuilder, rule: CheckedRule, redaction: RedactionPlan): RuleActions {
  const { settings } = builder;
  const { actions } = rule;
  const block = actions.find((action) => action.kind === 'block');
  const redirect = actions.find((action) => action.kind === 'redirect');
  return {
    block:
      block === undefined ? null : { kind: 'block', status: block.status, retryAfterS: block.retryAfterS },
    redirect:
      redirect === undefined
        ? null
        : { status: redirect.status, location: redirect.to === 'https' ? null : redirect.to.location },
    allow: actions.some((action) => action.kind === 'allow'),
    scores: actions
      .filter((action) => action.kind === 'score')
      .map(({ points, category }) => ({ points: points ?? settings.scores[rule.severity], category })),
    maskKeep: actions.find((action) => action.kind === 'mask')?.keep ?? -1,
    tags: actions.filter((action) => action.kind === 'tag').map(({ tag }) => tag),
    bans: banActions(builder, rule, redaction),
    alert: actions.some((action) => action.kind === 'log' && action.alert),
    fault: compileFault(actions),
    effects: actions.map((action) => printAction(action, rule, settings)),
  };
}

function compileFault(actions: readonly CheckedAction[]): Fault | null {
  const delay = actions.find((action) => action.kind === 'delay');
  const abort = actions.find((action) => action.kind === 'abort');
  if (delay === undefined && abort === undefined) return null;
  return { delayMs: delay?.delayMs ?? 0, abortStatus: abort?.status };
}

function printAction(action: CheckedAction, rule: CheckedRule, settings: PolicySettings): string {
  switch (action.kind) {
    case 'block':
      return `block ${action.status}`;
    case 'allow':
      return 'allow';
    case 'redirect':
      return `redirect ${action.status} to ${action.to === 'https' ? 'https' : JSON.stringify(action.to.location)}`;
    case 'score': {
      const points = action.points ?? settings.scores[rule.severity];
      return action.category === undefined ? `score ${points}` : `score ${points} to ${action.category}`;
    }
    case 'mask':
      return action.keep === 0 ? 'mask' : `mask keep ${action.keep}`;
    case 'log':
      return action.alert ? 'log alert' : 'log';
    case 'tag':
      return `tag ${JSON.stringify(action.tag)}`;
    case 'limit':
      return `limit ${action.name}`;
    case 'ban':
      return `ban ${action.label} for ${printDuration(action.forMs)}`;
    case 'delay':
      return `fault delay ${printDuration(action.delayMs)}`;
    case 'abort':
      return `fault abort ${action.status}`;
  }
}

const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** In the largest unit that divides it, as authors write it. */
function printDuration(ms: number): string {
  const unit = DURATIONS.find(([, unitMs]) => ms % unitMs === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

function compileMessage(builder: ProgramBuilder, part: MessagePart, redaction: RedactionPlan): MessagePiece {
  if (part.kind !== 'scalar') return part;
  const label = fieldLabel(part.scalar);
  return {
    kind: 'scalar',
    read: compileScalar(builder, part.scalar, builder.plainScope()),
    redacted: redaction.fields.has(label) ? label : undefined,
  };
}
