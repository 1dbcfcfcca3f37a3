/** Limiters: whom they count, how much they give, and what happens to those who want more. */
import { LIMIT_BLOCK_MS_MAX, LIMIT_RATES_MAX, RATE_COUNT_MAX } from '../../core/limits.ts';
import type { FieldPhase } from '../../http/schema.ts';
import type { Expr } from '../ast-expression.ts';
import type { AllowEntry, CostEntry, Limiter, LimiterEntry, StoreEntry, UsingEntry } from '../ast-limiter.ts';
import type { CheckedLimiter, CheckedRate } from '../checked.ts';
import type { Condition, Scalar } from '../checked-condition.ts';
import { entryOf } from '../walk.ts';
import { collectCaptures } from './captures.ts';
import type { Context } from './context.ts';
import {
  checkKeyPart,
  checkKeyParts,
  checkRate,
  checkRefusal,
  reportLate,
  requireEntry,
} from './limit-keys.ts';
import { millisecondsWithin } from './literals.ts';
import type { PhaseUse } from './phases.ts';
import { isLater, phaseUses, retainingBlock } from './phases.ts';
import { checkReachable } from './reachability.ts';
import { checkRelaxing } from './relaxing.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { settle } from './steps.ts';
import { showType } from './types.ts';
import { checkBareAll } from './vacuous.ts';

const ALGORITHMS = {
  sliding_window: 'sliding_window',
  fixed_window: 'fixed_window',
  gcra: 'gcra',
  token_bucket: 'gcra',
} as const satisfies Record<UsingEntry['algorithm'], CheckedLimiter['algorithm']>;

const LATE = 'a limit is asked before the request is forwarded';

/** What a limiter must know of a request to be asked: the values of its key, of each `when` and of its cost. */
export function limiterReads(context: Context, node: Limiter): readonly PhaseUse[] {
  const uses: PhaseUse[] = [];
  for (const entry of node.entries) {
    if (entry.kind === 'KeyEntry') uses.push(...phaseUses(undefined, checkKeyParts(context, entry)));
    else if (entry.kind === 'CostEntry') {
      const cost = checkKeyPart(context, entry.amount, 'a cost');
      if (cost !== undefined) uses.push(...phaseUses(undefined, [cost]));
    } else if (entry.kind === 'AllowEntry' && entry.when !== undefined) {
      uses.push(...phaseUses(conditionOf(context, entry.when)));
    }
  }
  return uses;
}

/** A limiter in full. `phase` is when it can be asked. */
export function checkLimiter(context: Context, node: Limiter, phase: FieldPhase): CheckedLimiter {
  const { entries } = node;
  const entry = <Kind extends LimiterEntry['kind']>(
    kind: Kind,
  ): Extract<LimiterEntry, { kind: Kind }> | undefined => entryOf(entries, kind);
  requireEntry(context, node.name.span, entries, 'KeyEntry', 'key');
  requireEntry(context, node.name.span, entries, 'AllowEntry', 'allow');
  requireEntry(context, node.name.span, entries, 'PenaltyEntry', 'then');
  const keyEntry = entry('KeyEntry');
  const key = keyEntry === undefined ? [] : checkKeyParts(context, keyEntry);
  reportUnasked(context, phaseUses(undefined, key));
  const algorithm = ALGORITHMS[entry('UsingEntry')?.algorithm ?? 'sliding_window'];
  const allows = entries.filter((one) => one.kind === 'AllowEntry');
  checkOrder(context, allows);
  const rates = allows.map((allow) => checkAllow(context, allow, algorithm));
  const store = entry('StoreEntry');
  checkStore(context, store, entry('CountEntry') !== undefined);
  const countEntry = entry('CountEntry');
  const costEntry = entry('CostEntry');
  const penalty = entry('PenaltyEntry')?.penalty;
  return {
    name: node.name.name,
    doc: node.doc ?? '',
    key,
    rates,
    algorithm,
    count: countEntry === undefined ? undefined : checkCount(context, countEntry.condition),
    cost: costEntry === undefined ? undefined : checkCost(context, costEntry, rates),
    sharing: store?.store === 'local' ? 'process' : store?.leased === true ? 'leased' : 'exact',
    down: store?.down ?? 'local',
    status: penalty === undefined ? 429 : checkRefusal(context, penalty),
    blockMs:
      penalty?.duration === undefined
        ? 0
        : millisecondsWithin(context, penalty.duration, 1, LIMIT_BLOCK_MS_MAX, 'a block'),
    phase,
    span: node.span,
  };
}

/** A limit is asked with all others of its phase, so it cannot depend on what one of them answers. */
function reportUnasked(context: Context, uses: readonly PhaseUse[]): void {
  reportLate(context, uses, 'body', LATE);
  for (const use of uses) {
    if (!use.what.startsWith('limiter.')) continue;
    context.report('E401', use.span, 'limiters are asked together, so none knows how another stands', {
      help: 'a limiter may read `flood.…`, and its `count` may read both',
    });
  }
}

// -- rates

/** Only the last `allow` holds for everybody. */
function checkOrder(context: Context, allows: readonly AllowEntry[]): void {
  for (const [index, allow] of allows.entries()) {
    const last = index === allows.length - 1;
    if (last && allow.when !== undefined) {
      context.report('E310', allow.span, 'the last `allow` holds for everybody and has no `when`');
    } else if (!last && allow.when === undefined) {
      context.report('E302', allows[index + 1].span, 'an `allow` before this one always holds', {
        labels: [{ span: allow.span, message: 'this one' }],
      });
    }
    if (index === LIMIT_RATES_MAX) {
      context.report('E314', allow.span, `a limiter has at most ${LIMIT_RATES_MAX} entries of \`allow\``);
    }
  }
}

function checkAllow(
  context: Context,
  allow: AllowEntry,
  algorithm: CheckedLimiter['algorithm'],
): CheckedRate {
  const { burst } = allow;
  const rate = checkRate(context, allow.rate, burst);
  if (burst !== undefined && algorithm !== 'gcra') {
    context.report('E313', burst.span, `\`burst\` has no meaning for \`${algorithm}\``, {
      help: 'write `using gcra`, or leave the burst out: a window gives its whole count at once',
    });
  }
  if (allow.when === undefined) return { ...rate, when: undefined };
  const when = checkLimitCondition(context, allow.when);
  checkRelaxing(context, when);
  reportUnasked(context, phaseUses(when));
  return { ...rate, when };
}

function conditionOf(context: Context, expression: Expr): Condition {
  const scope = { ...EMPTY_SCOPE, captures: collectCaptures(expression) };
  return context.expressions.condition(expression, scope).condition;
}

/** A condition outside a rule: it has no `unknown` to say what happens beyond `hold`. */
function checkLimitCondition(context: Context, expression: Expr): Condition {
  const condition = conditionOf(context, expression);
  checkReachable(context, condition);
  checkBareAll(context, condition);
  const retaining = retainingBlock(condition);
  if (retaining !== undefined) {
    context.report('E402', retaining.span, 'this keeps two selections of a body, which a limiter cannot', {
      labels: [{ span: retaining.pick.span, message: 'read again for each value' }],
    });
  }
  return condition;
}

// -- count and cost

function checkCount(context: Context, expression: Expr): Condition {
  const condition = checkLimitCondition(context, expression);
  const uses = phaseUses(condition);
  const message = uses.find((use) => use.phase === 'ws_message');
  if (message !== undefined) {
    context.report('E401', message.span, `\`${message.what}\` is never there with a response`);
  } else if (!uses.some((use) => isLater(use.phase, 'ws_message'))) {
    context.report('E401', expression.span, '`count` reads the response', {
      note: 'nothing here is of the response',
      help: 'what is known with the request belongs into the `when` of the rule that limits',
    });
  }
  return condition;
}

function checkCost(context: Context, entry: CostEntry, rates: readonly CheckedRate[]): Scalar | undefined {
  const cost = settle(context, context.expressions.pipe(entry.amount, EMPTY_SCOPE, 'value'));
  if (cost.form === 'broken') return undefined;
  const counted = cost.form === 'scalar' && (cost.scalar.type === 'Int' || cost.scalar.type === 'Size');
  if (cost.form !== 'scalar' || !counted || cost.optional) {
    context.report('E201', cost.span, 'a cost is a number that is always there', {
      note: `${showType(cost)}, expected Int or Size`,
      ...(counted ? { help: 'give a value for where it is absent, with `|> or_else(…)`' } : {}),
    });
    return undefined;
  }
  const { scalar } = cost;
  reportUnasked(context, phaseUses(undefined, [scalar]));
  if (scalar.kind !== 'literal') return scalar;
  const amount = Number(scalar.value);
  const least = Math.min(...rates.map((rate) => rate.burst));
  if (amount < 1 || amount > RATE_COUNT_MAX) {
    context.report('E209', cost.span, `a cost must be 1 to ${RATE_COUNT_MAX}`);
  } else if (amount > least) {
    context.report('E313', cost.span, `this costs more than the ${least} the limiter ever gives`);
  }
  return scalar;
}

// -- store

function checkStore(context: Context, store: StoreEntry | undefined, counts: boolean): void {
  if (store === undefined) return;
  if (store.store === 'local' && store.down !== undefined) {
    context.report('E313', store.span, 'a local store is in this process and cannot be down', {
      help: 'write `store local`, or `store cluster, down -> …`',
    });
  }
  if (store.store === 'local' && store.leased) {
    context.report('E313', store.span, 'a local store is in this process: there is nothing to lease from', {
      help: 'write `store local`, or `store cluster leased`',
    });
  }
  if (store.leased && counts) {
    context.report(
      'E313',
      store.span,
      '`leased` tokens are taken ahead and cannot be given back by `count`',
      {
        help: 'write `store cluster`',
      },
    );
  }
}
