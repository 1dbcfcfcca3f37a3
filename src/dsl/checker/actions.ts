/** What a rule does when it matches, and whether its phase allows that (E401, E403). */
import { FAULT_DELAY_MS_MAX } from '../../core/limits.ts';
import type { Action, Block, MaskAction, RedirectAction, ScoreAction, ThenEntry } from '../ast-rule.ts';
import type { CheckedAction, Outcome } from '../checked.ts';
import type { Selection } from '../checked-condition.ts';
import { banLabel, checkBan, checkLimit, checkLimitAlone } from './action-limits.ts';
import type { ActionPlace } from './action-place.ts';
import { phaseLabels } from './action-place.ts';
import type { Context } from './context.ts';
import { intWithin, millisecondsWithin } from './literals.ts';
import { isLater } from './phases.ts';
import { visitCondition } from './tree.ts';

/** Refusals have a status of RFC 9110 §15.4 to §15.6; 2xx is for honey pots that hide them. */
const BLOCK_STATUS = [200, 599] as const;
/** RFC 9110 §15.4 names these as redirections to one place. */
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MASK_KEEP_MAX = 1_000;
const POINTS_MAX = 1_000_000;

/** `block status [retry delay]`. */
export function blockOutcome(context: Context, block: Block): Extract<Outcome, { kind: 'block' }> {
  return {
    kind: 'block',
    status: intWithin(context, block.status, ...BLOCK_STATUS, 'a status'),
    retryAfterS: block.retry === undefined ? undefined : Math.ceil(block.retry.value / 1_000_000),
  };
}

/** The actions of a rule; those that cannot be read are reported and left out. */
export function checkActions(
  context: Context,
  then: ThenEntry,
  place: ActionPlace,
): readonly CheckedAction[] {
  const actions: CheckedAction[] = [];
  const seen = new Set<string>();
  for (const action of then.actions) {
    const checked = checkAction(context, action, place);
    const key = actionKey(action);
    if (seen.has(key)) context.report('E301', action.span, 'this action stands twice');
    seen.add(key);
    if (checked !== undefined) actions.push(checked);
  }
  checkLimitAlone(context, then);
  return actions;
}

function actionKey(action: Action): string {
  switch (action.kind) {
    case 'TagAction':
      return `tag ${action.tag.value}`;
    case 'LimitAction':
      return `limit ${action.limiter.name}`;
    case 'ScoreAction':
      return `score ${action.category?.name ?? ''}`;
    case 'BanAction':
      return `ban ${banLabel(action)}`;
    case 'Block':
    case 'AllowAction':
    case 'RedirectAction':
    case 'MaskAction':
    case 'LogAction':
    case 'DelayAction':
    case 'AbortAction':
      return action.kind;
  }
}

function checkAction(context: Context, action: Action, place: ActionPlace): CheckedAction | undefined {
  switch (action.kind) {
    case 'Block':
      return blockOutcome(context, action);
    case 'AllowAction':
      checkAllow(context, action, place);
      return { kind: 'allow' };
    case 'RedirectAction':
      needsHead(context, action, place, 'redirect');
      return checkRedirect(context, action);
    case 'ScoreAction':
      return checkScore(context, action);
    case 'MaskAction':
      checkMask(context, action, place);
      return {
        kind: 'mask',
        keep: action.keep === undefined ? 0 : intWithin(context, action.keep, 0, MASK_KEEP_MAX, '`keep`'),
      };
    case 'LogAction':
      return { kind: 'log', alert: action.alert };
    case 'TagAction':
      return { kind: 'tag', tag: action.tag.value };
    case 'LimitAction':
      return checkLimit(context, action, place);
    case 'BanAction':
      return checkBan(context, action, place);
    case 'DelayAction':
      needsHead(context, action, place, 'fault');
      return {
        kind: 'delay',
        delayMs: millisecondsWithin(context, action.duration, 1, FAULT_DELAY_MS_MAX, 'a delay'),
      };
    case 'AbortAction':
      needsHead(context, action, place, 'fault');
      return { kind: 'abort', status: intWithin(context, action.status, ...BLOCK_STATUS, 'a status') };
  }
}

function needsHead(context: Context, action: Action, place: ActionPlace, what: string): void {
  if (!isLater(place.phase, 'headers')) return;
  context.report('E401', action.span, `\`${what}\` is possible until the head was read`, phaseLabels(place));
}

function checkAllow(context: Context, action: Action, place: ActionPlace): void {
  if (isLater(place.phase, 'headers')) {
    context.report('E403', action.span, '`allow` must be decided when the head is there', phaseLabels(place));
  } else if (!place.deniesByDefault) {
    context.report('W502', action.span, '`allow` changes nothing under `default allow`', {
      help: 'write `default deny -> block 403` in the policy or a profile of it',
    });
  }
}

function checkRedirect(context: Context, action: RedirectAction): CheckedAction {
  const { status, to } = action;
  if (!REDIRECT_STATUSES.has(status.value)) {
    context.report('E209', status.span, 'a redirect has the status 301, 302, 303, 307 or 308');
  }
  if (to === 'https') return { kind: 'redirect', status: status.value, to };
  if (!/^(?:https?:\/\/[^/\s]|\/(?!\/))[\x21-\x7e]*$/.test(to.value)) {
    context.report('E209', to.span, 'a redirect goes to a constant URL', {
      help: 'write `https`, or a URL as in "https://www.example.com/login"',
    });
  }
  return { kind: 'redirect', status: status.value, to: { location: to.value } };
}

function checkScore(context: Context, action: ScoreAction): CheckedAction {
  const { points, category } = action;
  if (category !== undefined && (category.name === 'request' || category.name === 'response')) {
    context.report('E301', category.span, `\`${category.name}\` is the sum of a direction, not a category`);
  }
  return {
    kind: 'score',
    points: points === undefined ? undefined : intWithin(context, points, 0, POINTS_MAX, 'points'),
    category: category?.name,
  };
}

// -- mask

/** Text transformations that leave every byte in its place. */
const KEEPS_PLACES: ReadonlySet<string> = new Set(['lower', 'upper', 'slashes']);

function checkMask(context: Context, action: MaskAction, place: ActionPlace): void {
  if (place.phase !== 'response_body') {
    context.report('E401', action.span, '`mask` covers values of a response body', {
      ...phaseLabels(place),
      help: 'ask for `any response.body.text |> find(…)` or `any response.body.json.…`',
    });
    return;
  }
  const sources: Selection[] = [];
  if (place.condition !== undefined) {
    visitCondition(place.condition, {
      condition(node, negated) {
        if (node.kind === 'quantified' && node.quantifier === 'any' && !negated) sources.push(node.source);
      },
    });
  }
  const body = sources.filter((source) =>
    source.picks.some((pick) => pick.field?.phase === 'response_body' && pick.field.part === 'value'),
  );
  if (body.some(hasSpans)) return;
  const [first] = body;
  context.report('E401', action.span, 'there is no span to mask', {
    ...(first === undefined ? {} : { labels: [{ span: first.span, message: 'gives no span of the body' }] }),
    help: 'ask for `any response.body.text |> find(…)`, with nothing before `find` that moves bytes, or for JSON values',
  });
}

/** Whether each value stands at a known place of the body. */
function hasSpans(source: Selection): boolean {
  const find = source.steps.findIndex((step) => step.name === 'find');
  const before = find < 0 ? source.steps : source.steps.slice(0, find);
  const json = source.picks.every((pick) => pick.field?.form === 'json');
  if (find < 0) return json;
  return before.every((step) => KEEPS_PLACES.has(step.name) && !step.keepOriginal);
}
