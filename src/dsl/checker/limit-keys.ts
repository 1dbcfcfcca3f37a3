/** Keys: the values by which a limiter or flood tells clients apart, and a ban remembers one. Rates, which both have. */
import {
  BAN_KIND_CHARS_MAX,
  BURST_REFILL_MS_MAX,
  EMISSION_INTERVAL_US_MIN,
  LIMIT_KEY_PARTS_MAX,
  RATE_COUNT_MAX,
  RATE_PERIOD_MS_MAX,
} from '../../core/limits.ts';
import type { FieldPhase } from '../../http/schema.ts';
import type { IntLiteral, Pipe } from '../ast-expression.ts';
import type { KeyEntry, Penalty, Rate } from '../ast-limiter.ts';
import type { CheckedRate } from '../checked.ts';
import type { Scalar } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import type { Context } from './context.ts';
import { intWithin, millisecondsWithin } from './literals.ts';
import type { PhaseUse } from './phases.ts';
import { isLater } from './phases.ts';
import { keyOf } from './same.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { settle } from './steps.ts';
import { showType } from './types.ts';

/** A limit or a ban refuses; RFC 9110 §15.5 and §15.6. */
const REFUSAL_STATUS = [400, 599] as const;

/** `key part, …`; broken parts are left out. */
export function checkKeyParts(context: Context, entry: KeyEntry): readonly Scalar[] {
  const seen = new Map<string, Span>();
  const parts: Scalar[] = [];
  if (entry.parts.length > LIMIT_KEY_PARTS_MAX) {
    context.report('E314', entry.span, `a key has at most ${LIMIT_KEY_PARTS_MAX} parts`);
  }
  for (const part of entry.parts) {
    const scalar = checkKeyPart(context, part, 'a part of a key');
    if (scalar === undefined) continue;
    const text = keyOf(scalar);
    const first = seen.get(text);
    if (first !== undefined) {
      context.report('E301', part.span, 'this part of the key stands twice', {
        labels: [{ span: first, message: 'first here' }],
      });
    }
    seen.set(text, part.span);
    parts.push(scalar);
  }
  return parts;
}

/** One value that can be told from others by its text; undefined after a diagnostic. */
export function checkKeyPart(context: Context, pipe: Pipe, what: string): Scalar | undefined {
  const value = settle(context, context.expressions.pipe(pipe, EMPTY_SCOPE, 'value'));
  if (value.form === 'broken') return undefined;
  if (value.form !== 'scalar') {
    context.report('E201', value.span, `${what} is one value`, {
      note: showType(value),
      help: 'take `one(…)` of it: a repeated parameter cannot choose its key then',
    });
    return undefined;
  }
  const { scalar } = value;
  if (scalar.type === 'Secret') {
    context.report('E201', value.span, 'a secret is no key: keys are stored, and shown to operators');
    return undefined;
  }
  if (scalar.type === 'Bytes' || isDocument(scalar)) {
    context.report('E201', value.span, `${what} is one value, not a whole document`, {
      note: showType(value),
      help:
        scalar.type === 'Bytes' ? 'take its digest, as in `… |> sha256`' : 'choose a value of it by its path',
    });
    return undefined;
  }
  return scalar;
}

/** Whether a value is JSON that holds more than one value, as far as its expression tells. */
function isDocument(scalar: Scalar): boolean {
  if (scalar.type !== 'Json') return false;
  if (scalar.kind === 'pipe') {
    return scalar.steps.at(-1)?.name === 'json_parse' || isDocument(scalar.input);
  }
  return scalar.kind === 'json' && scalar.path.length === 0;
}

/** E401 for what is there only after `latest`. */
export function reportLate(
  context: Context,
  uses: readonly PhaseUse[],
  latest: FieldPhase,
  message: string,
): void {
  for (const use of uses) {
    if (!isLater(use.phase, latest)) continue;
    context.report('E401', use.span, message, { note: `\`${use.what}\` is there in the phase ${use.phase}` });
  }
}

/** `count per period [burst burst]`. */
export function checkRate(context: Context, rate: Rate, burst?: IntLiteral): Omit<CheckedRate, 'when'> {
  const count = intWithin(context, rate.count, 1, RATE_COUNT_MAX, 'the count of a rate');
  const periodMs = millisecondsWithin(context, rate.per, 1, RATE_PERIOD_MS_MAX, 'the period of a rate');
  if ((periodMs * 1_000) / count < EMISSION_INTERVAL_US_MIN) {
    context.report('E209', rate.span, 'this is more than one in a microsecond', {
      help: 'nothing reaches this rate, so it limits nothing; lower the count or lengthen the period',
    });
  }
  if (burst === undefined) return { count, periodMs, burst: count };
  const tokens = intWithin(context, burst, 1, RATE_COUNT_MAX, 'a burst');
  if ((tokens * periodMs) / count > BURST_REFILL_MS_MAX) {
    context.report('E209', burst.span, 'at this rate the burst is not earned back within 31 days');
  }
  return { count, periodMs, burst: tokens };
}

/** The status of a refusal. */
export function checkRefusal(context: Context, penalty: Penalty): number {
  return intWithin(context, penalty.status, ...REFUSAL_STATUS, 'the status of a refusal');
}

/** The engine keeps bans of rules on trial apart by a prefix of the kind, `shadow:`. */
const SHADOW_PREFIX_CHARS = 7;

/** E314 for a kind of ban that the shared list could not hold. */
export function checkBanKind(context: Context, kind: string, span: Span): void {
  if (kind.length + SHADOW_PREFIX_CHARS <= BAN_KIND_CHARS_MAX) return;
  context.report('E314', span, 'this is too long for what is banned', {
    note: `at most ${BAN_KIND_CHARS_MAX - SHADOW_PREFIX_CHARS} characters`,
    help: 'shorten it: a key may be a `fn` without parameters',
  });
}

/** E310 for an entry that a block needs and has not. */
export function requireEntry(
  context: Context,
  span: Span,
  entries: readonly { readonly kind: string }[],
  kind: string,
  word: string,
): void {
  if (entries.some((entry) => entry.kind === kind)) return;
  context.report('E310', span, `\`${word}\` is missing`);
}
