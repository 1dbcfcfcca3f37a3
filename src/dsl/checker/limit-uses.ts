/**
 * Whether what rules read of a limiter is there when they read it (E401): a limiter is asked by the rules that `limit`
 * with it, in their phase, before the other rules of that phase. Floods are counted with every head and always there.
 */
import type { FieldPhase } from '../../http/schema.ts';
import type { CheckedExclusion, CheckedLimiter, CheckedRule } from '../checked.ts';
import type { Condition, Scalar } from '../checked-condition.ts';
import type { Context } from './context.ts';
import { messageScalars } from './messages.ts';
import { isLater } from './phases.ts';
import { visitCondition, visitScalar } from './tree.ts';

type LimiterPart = Extract<Scalar, { kind: 'limiterPart' }>;

/** Reports every `limiter.x.…` that is read too early, by a rule that limits at the same time, or that no rule asks. */
export function checkLimitUses(
  context: Context,
  rules: readonly CheckedRule[],
  exclusions: readonly CheckedExclusion[],
  limiters: readonly CheckedLimiter[],
): void {
  const asked = askedPhases(rules);
  const check = (phase: FieldPhase, parts: readonly LimiterPart[]): void => {
    for (const part of parts) checkPart(context, part, phase, asked.get(part.limiter));
  };
  for (const rule of rules) {
    const parts = limiterParts(rule.condition);
    check(rule.phase, [...parts, ...limiterParts(undefined, shownScalars(rule))]);
    if (!rule.actions.some((action) => action.kind === 'limit')) continue;
    for (const part of parts) {
      if (asked.get(part.limiter) !== rule.phase) continue;
      context.report(
        'E401',
        part.span,
        'the limits of a phase are asked together, so none knows how another stands',
        {
          note: `\`${rule.name}\` limits in the phase ${rule.phase}, and \`${part.limiter}\` is asked then too`,
          help: 'a rule that limits may read `flood.…`, or a limiter that is asked in an earlier phase',
        },
      );
    }
  }
  for (const { condition } of exclusions) check('headers', limiterParts(condition));
  for (const { count } of limiters) check('response_headers', limiterParts(count));
}

/** When each limiter is asked first. */
function askedPhases(rules: readonly CheckedRule[]): ReadonlyMap<string, FieldPhase> {
  const asked = new Map<string, FieldPhase>();
  for (const { actions, phase } of rules) {
    for (const action of actions) {
      if (action.kind !== 'limit' || action.of !== 'limiter') continue;
      const first = asked.get(action.name);
      if (first === undefined || isLater(first, phase)) asked.set(action.name, phase);
    }
  }
  return asked;
}

/** Values a rule reads once it has matched. */
function shownScalars(rule: CheckedRule): readonly Scalar[] {
  const keys = rule.actions.flatMap((action) => (action.kind === 'ban' ? [action.key] : []));
  return [...messageScalars(rule.message), ...keys];
}

function limiterParts(condition: Condition | undefined, scalars: readonly Scalar[] = []): LimiterPart[] {
  const parts: LimiterPart[] = [];
  const visitor = {
    scalar(scalar: Scalar): void {
      if (scalar.kind === 'limiterPart') parts.push(scalar);
    },
  };
  if (condition !== undefined) visitCondition(condition, visitor);
  for (const scalar of scalars) visitScalar(scalar, visitor, false);
  return parts;
}

function checkPart(
  context: Context,
  part: LimiterPart,
  phase: FieldPhase,
  asked: FieldPhase | undefined,
): void {
  const what = `limiter.${part.limiter}.${part.part}`;
  if (asked === undefined) {
    if (context.options.library === true) return;
    context.report('E401', part.span, `\`${what}\` is never there: no rule asks the limiter`, {
      help: `ask it with \`then limit ${part.limiter}\``,
    });
  } else if (isLater(asked, phase) && !isLater(part.phase, phase)) {
    // A limiter that cannot even be asked by then is reported where it is read, like a field.
    context.report('E401', part.span, `\`${what}\` is not there yet`, {
      note: `the limiter is asked in the phase ${asked}, this is decided in ${phase}`,
    });
  }
}
