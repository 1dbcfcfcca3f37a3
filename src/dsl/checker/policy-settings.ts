/** The `policy` block: defaults, what the author set, and each profile on top of it. */
import {
  BODY_BYTES_MAX_DEFAULT,
  BODY_HOLD_BYTES_DEFAULT,
  BODY_WINDOW_BYTES_DEFAULT,
  RESPONSE_HOLD_BYTES_DEFAULT,
} from '../../core/limits.ts';
import type { BodyEntry, Outcome as OutcomeNode, Policy, PolicyEntry, ThresholdEntry } from '../ast.ts';
import type { Block, OnEntry } from '../ast-rule.ts';
import type { Outcome, PolicySettings, Threshold } from '../checked.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Span } from '../source.ts';
import { blockOutcome } from './actions.ts';
import type { Context } from './context.ts';
import { intWithin } from './literals.ts';
import { checkLabel } from './thresholds.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { checkPicks } from './selections.ts';

type Settings = { -readonly [Name in keyof PolicySettings]: PolicySettings[Name] };

const refuse = (status: number): Outcome => ({ kind: 'block', status, retryAfterS: undefined });

/** What holds where a policy says nothing: fail closed, and the points of the CRS. */
const DEFAULT_SETTINGS: PolicySettings = {
  mode: 'enforce',
  defaultOutcome: { kind: 'pass' },
  budgetRequest: undefined,
  budgetRuleUs: undefined,
  onEngineError: refuse(503),
  onBanned: refuse(403),
  onUninspectableRequest: refuse(415),
  onUninspectableResponse: { kind: 'pass' },
  bodyHoldBytes: BODY_HOLD_BYTES_DEFAULT,
  bodyWindowBytes: BODY_WINDOW_BYTES_DEFAULT,
  bodyBytesMax: BODY_BYTES_MAX_DEFAULT,
  bodyOverMax: refuse(413),
  responseHoldBytes: RESPONSE_HOLD_BYTES_DEFAULT,
  responseOver: 'scan',
  scores: { critical: 5, error: 4, warning: 3, notice: 2 },
  thresholds: [],
  paranoia: 1,
  paranoiaObserve: 1,
  neverBan: [],
  redact: [],
};

const PARANOIA_MAX = 4;
const POINTS_MAX = 1_000_000;

export interface PolicyResult {
  readonly name: string;
  readonly settings: PolicySettings;
  readonly profiles: ReadonlyMap<string, PolicySettings>;
  /** The threshold entries of the policy and its profiles, for E306. */
  readonly thresholds: readonly ThresholdEntry[];
}

/** Settings of the one policy; E309 if there is none or more. A library needs none. */
export function checkPolicy(context: Context, fallbackSpan: Span): PolicyResult {
  const [policy, ...more] = context.names.policies;
  for (const extra of more) {
    context.report('E309', extra.name.span, 'there is a policy already', {
      labels: [{ span: policy.name.span, message: 'first here' }],
      help: 'all files together have one policy; make the others profiles of it',
    });
  }
  if (policy === undefined) {
    if (context.options.library !== true) {
      context.report('E309', fallbackSpan, 'no file has a policy', {
        help: 'begin one: `policy "name" { mode enforce }`, or take that of Ward: `import "ward:policy.ward"`',
      });
    }
    return { name: '', settings: DEFAULT_SETTINGS, profiles: new Map(), thresholds: [] };
  }
  return checkEntries(context, policy);
}

function checkEntries(context: Context, policy: Policy): PolicyResult {
  const thresholds: ThresholdEntry[] = [];
  const settings: Settings = { ...DEFAULT_SETTINGS };
  for (const entry of policy.entries) applyEntry(context, settings, entry, thresholds);
  const profiles = new Map<string, PolicySettings>();
  for (const entry of policy.entries) {
    if (entry.kind !== 'ProfileEntry') continue;
    const profile: Settings = { ...settings };
    for (const inner of entry.entries) {
      if (inner.kind === 'ProfileEntry') {
        context.report('E301', inner.name.span, 'a profile stands in the policy, not in a profile');
      } else applyEntry(context, profile, inner, thresholds);
    }
    profiles.set(entry.name.value, profile);
  }
  const name = context.options.profile;
  const chosen = name === undefined ? settings : profiles.get(name);
  if (chosen === undefined && name !== undefined) {
    const help = didYouMean(name, profiles.keys());
    context.report('E206', policy.name.span, `the policy has no profile \`${name}\``, {
      ...(help === undefined ? {} : { help }),
    });
  }
  return { name: policy.name.value, settings: chosen ?? settings, profiles, thresholds };
}

function applyEntry(
  context: Context,
  settings: Settings,
  entry: PolicyEntry,
  thresholds: ThresholdEntry[],
): void {
  switch (entry.kind) {
    case 'ModeEntry':
      settings.mode = entry.mode;
      return;
    case 'DefaultEntry':
      settings.defaultOutcome =
        entry.outcome === undefined ? { kind: 'pass' } : checkOutcome(context, entry.outcome);
      return;
    case 'BudgetEntry':
      for (const part of entry.parts) {
        if (part.scope === 'request') {
          settings.budgetRequest = { us: part.duration.value, span: part.span };
        } else settings.budgetRuleUs = part.duration.value;
      }
      return;
    case 'EventEntry':
      applyEvent(context, settings, entry);
      return;
    case 'BodyEntry':
      applyBody(context, settings, entry);
      return;
    case 'ResponseEntry':
      settings.responseHoldBytes = entry.hold.value;
      settings.responseOver = entry.over === 'scan' ? 'scan' : checkOutcome(context, entry.over);
      return;
    case 'PointsEntry':
      applyPoints(context, settings, entry);
      return;
    case 'ThresholdEntry':
      thresholds.push(entry);
      settings.thresholds = withThreshold(settings.thresholds, checkThreshold(context, entry));
      return;
    case 'ParanoiaEntry':
      settings.paranoia = intWithin(context, entry.level, 1, PARANOIA_MAX, 'a paranoia level');
      settings.paranoiaObserve =
        entry.observe === undefined
          ? settings.paranoia
          : intWithin(context, entry.observe, settings.paranoia, PARANOIA_MAX, 'the level observed');
      return;
    case 'NeverBanEntry':
      settings.neverBan = entry.lists.flatMap((list) => neverBanList(context, list.name, list.span));
      return;
    case 'RedactEntry':
      settings.redact = checkPicks(context, entry.items, EMPTY_SCOPE) ?? [];
      return;
    case 'ProfileEntry':
  }
}

function applyEvent(
  context: Context,
  settings: Settings,
  entry: Extract<PolicyEntry, { kind: 'EventEntry' }>,
): void {
  const outcome = checkOutcome(context, entry.outcome);
  if (entry.event === 'engine_error') settings.onEngineError = outcome;
  else if (entry.event === 'banned') settings.onBanned = outcome;
  else if (entry.direction === 'response') settings.onUninspectableResponse = outcome;
  else settings.onUninspectableRequest = outcome;
}

function applyBody(context: Context, settings: Settings, entry: BodyEntry): void {
  const { hold, window, max } = entry;
  if (window.value > hold.value) {
    context.report('E209', window.span, 'the window is at most the hold', {
      labels: [{ span: hold.span, message: 'the hold' }],
    });
  }
  if (hold.value > max.value) {
    context.report('E209', max.span, 'the maximum is at least the hold', {
      labels: [{ span: hold.span, message: 'the hold' }],
    });
  }
  if (window.value < 1) context.report('E209', window.span, 'the window holds at least one byte');
  settings.bodyHoldBytes = hold.value;
  settings.bodyWindowBytes = window.value;
  settings.bodyBytesMax = max.value;
  settings.bodyOverMax = checkOutcome(context, entry.outcome);
}

function applyPoints(
  context: Context,
  settings: Settings,
  entry: Extract<PolicyEntry, { kind: 'PointsEntry' }>,
): void {
  const scores = { ...settings.scores };
  const seen = new Set<string>();
  for (const points of entry.points) {
    if (seen.has(points.severity)) {
      context.report('E301', points.span, `\`${points.severity}\` stands twice`);
    }
    seen.add(points.severity);
    scores[points.severity] = intWithin(context, points.value, 0, POINTS_MAX, 'points');
  }
  settings.scores = scores;
}

function checkThreshold(context: Context, entry: ThresholdEntry): Threshold {
  return {
    subject: entry.subject.name,
    points: intWithin(context, entry.atLeast, 1, POINTS_MAX, 'a threshold'),
    routes: entry.on === undefined ? [] : routeNames(context, entry.on),
    outcome: checkOutcome(context, entry.outcome),
    label: checkLabel(context, entry),
  };
}

/** A profile replaces the threshold of the same subject and routes. */
function withThreshold(all: readonly Threshold[], threshold: Threshold): readonly Threshold[] {
  const key = (one: Threshold): string => [one.subject, ...[...one.routes].sort()].join(' ');
  return [...all.filter((one) => key(one) !== key(threshold)), threshold];
}

function neverBanList(context: Context, name: string, span: Span): readonly string[] {
  if (context.names.find(name, 'List') === undefined) {
    const help = didYouMean(name, context.names.namesOf('List'));
    context.report('E206', span, `no list \`${name}\` is declared`, {
      ...(help === undefined ? {} : { help }),
    });
    return [];
  }
  const list = context.declared.list(name);
  if (list !== undefined && list.type !== 'Cidr' && list.type !== 'Ip') {
    context.report('E201', span, 'addresses are banned, so this is a list of networks', {
      note: `List<${list.type}>, expected List<Cidr>`,
    });
    return [];
  }
  return [name];
}

function checkOutcome(context: Context, outcome: OutcomeNode): Outcome {
  switch (outcome.kind) {
    case 'Pass':
      return { kind: 'pass' };
    case 'LogAction':
      return { kind: 'log' };
    case 'Block':
      return blockOutcome(context, outcome satisfies Block);
  }
}

/** The routes after `on`; E206 for one that is not declared, E301 for one that stands twice. */
export function routeNames(context: Context, entry: OnEntry): readonly string[] {
  const names: string[] = [];
  for (const route of entry.routes) {
    if (context.names.find(route.name, 'Route') === undefined) {
      const help = didYouMean(route.name, context.names.namesOf('Route'));
      context.report('E206', route.span, `no route \`${route.name}\` is declared`, {
        ...(help === undefined ? {} : { help }),
      });
    } else if (names.includes(route.name)) {
      context.report('E301', route.span, `the route \`${route.name}\` stands twice`);
    } else names.push(route.name);
  }
  return names;
}
