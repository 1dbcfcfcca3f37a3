/** The actions `limit` and `ban`: what they name, and when they are possible. */
import { BAN_MS_MAX, BAN_MS_MIN } from '../../core/limits.ts';
import type { BanAction, LimitAction, ThenEntry } from '../ast-rule.ts';
import type { CheckedAction } from '../checked.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import { flatPipe } from '../formatter-expression.ts';
import type { ActionPlace } from './action-place.ts';
import { phaseLabels } from './action-place.ts';
import type { Context } from './context.ts';
import { checkBanKind, checkKeyPart } from './limit-keys.ts';
import { millisecondsWithin } from './literals.ts';
import type { PhaseUse } from './phases.ts';
import { isLater, phaseUses } from './phases.ts';

/** When the limiters and floods of a rule can be asked. Names of none are passed over here. */
export function limitUses(context: Context, then: ThenEntry): readonly PhaseUse[] {
  return then.actions.flatMap((action): readonly PhaseUse[] => {
    if (action.kind !== 'LimitAction') return [];
    const of = limitOf(context, action.limiter.name);
    if (of === undefined) return [];
    const { name } = action.limiter;
    const phase = of === 'limiter' ? context.limits.phaseOfLimiter(name) : context.limits.phaseOfFlood(name);
    return [{ phase, what: `limit ${name}`, span: action.span }];
  });
}

function limitOf(context: Context, name: string): 'limiter' | 'flood' | undefined {
  if (context.names.find(name, 'Limiter') !== undefined) return 'limiter';
  return context.names.find(name, 'Flood') === undefined ? undefined : 'flood';
}

/** `limit name`. */
export function checkLimit(
  context: Context,
  action: LimitAction,
  place: ActionPlace,
): CheckedAction | undefined {
  const { name, span } = action.limiter;
  const of = limitOf(context, name);
  if (of === undefined) {
    const help = didYouMean(name, context.names.namesOf('Limiter', 'Flood'));
    context.report('E206', span, `no limiter or flood \`${name}\` is declared`, {
      ...(help === undefined ? {} : { help }),
    });
    return undefined;
  }
  if (isLater(place.phase, 'body')) {
    const message =
      place.phase === 'ws_message'
        ? '`limit` counts requests, not WebSocket messages'
        : '`limit` is possible until the request was forwarded';
    context.report('E401', action.span, message, phaseLabels(place));
  }
  return { kind: 'limit', of, name };
}

/** E312: the limiter says how it refuses. */
export function checkLimitAlone(context: Context, then: ThenEntry): void {
  const limit = then.actions.find((action) => action.kind === 'LimitAction');
  if (limit === undefined) return;
  for (const action of then.actions) {
    if (action.kind !== 'Block' && action.kind !== 'RedirectAction' && action.kind !== 'AllowAction')
      continue;
    context.report('E312', action.span, 'a rule that limits refuses as its limiter says', {
      labels: [{ span: limit.span, message: 'limits here' }],
      help: 'leave this to the `then` of the limiter, or write a rule of its own for it',
    });
  }
}

/** The key of a ban in canonical form, by which bans of one kind are known. */
export function banLabel(action: BanAction): string {
  return flatPipe(action.key);
}

/** `ban key for duration`. */
export function checkBan(context: Context, action: BanAction, place: ActionPlace): CheckedAction | undefined {
  const forMs = millisecondsWithin(context, action.duration, BAN_MS_MIN, BAN_MS_MAX, 'a ban');
  const key = checkKeyPart(context, action.key, 'the key of a ban');
  if (key === undefined) return undefined;
  const uses = phaseUses(undefined, [key]);
  if (uses.length === 0) {
    context.report(
      'E201',
      action.key.span,
      'this is the same for every client, so it would ban all of them',
      {
        help: 'name what is banned, as in `ban client.ip for 1h`',
      },
    );
  }
  for (const use of uses) {
    if (isLater(use.phase, 'body')) {
      context.report('E401', use.span, 'a banned key is looked for before the request is forwarded', {
        note: `\`${use.what}\` is there in the phase ${use.phase}`,
      });
    } else if (isLater(use.phase, place.phase)) {
      context.report('E401', use.span, `\`${use.what}\` is not there yet when the rule is decided`, {
        note: `needs the phase ${use.phase}, the rule is decided in ${place.phase}`,
      });
    }
  }
  const label = banLabel(action);
  checkBanKind(context, label, action.key.span);
  return { kind: 'ban', key, label, forMs };
}
