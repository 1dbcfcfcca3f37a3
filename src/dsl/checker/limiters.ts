/** Limiters and floods: checked like everything else, then refused as a whole (E901), since no store is built yet. */
import type { Flood, FloodEntry, KeyEntry, Limiter, LimiterEntry, PenaltyEntry } from '../ast.ts';
import type { Span } from '../source.ts';
import { entryOf } from '../walk.ts';
import { collectCaptures } from './captures.ts';
import type { Context } from './context.ts';
import { intWithin } from './literals.ts';
import { checkRelaxing } from './relaxing.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { settle } from './steps.ts';
import { showType } from './types.ts';

/** Checks all limiters and floods. */
export function checkLimiters(context: Context): void {
  for (const limiter of context.names.all('Limiter')) {
    context.insideLater(() => {
      checkLimiter(context, limiter);
    });
    context.later(limiter.name.span, '`limiter`');
  }
  for (const flood of context.names.all('Flood')) {
    context.insideLater(() => {
      checkFlood(context, flood);
    });
    context.later(flood.name.span, '`flood`');
  }
}

function checkLimiter(context: Context, limiter: Limiter): void {
  const allows = limiter.entries.filter((entry) => entry.kind === 'AllowEntry');
  requireEntry(context, limiter.name.span, limiter.entries, 'KeyEntry', 'key');
  requireEntry(context, limiter.name.span, limiter.entries, 'AllowEntry', 'allow');
  requireEntry(context, limiter.name.span, limiter.entries, 'PenaltyEntry', 'then');
  for (const entry of limiter.entries) checkLimiterEntry(context, entry);
  for (const [index, allow] of allows.entries()) {
    const last = index === allows.length - 1;
    if (last && allow.when !== undefined) {
      context.report('E310', allow.span, 'the last `allow` holds for everybody and has no `when`');
    } else if (!last && allow.when === undefined) {
      context.report('E302', allows[index + 1].span, 'an `allow` before this one always holds', {
        labels: [{ span: allow.span, message: 'this one' }],
      });
    }
  }
}

function checkLimiterEntry(context: Context, entry: LimiterEntry): void {
  switch (entry.kind) {
    case 'KeyEntry':
      checkKey(context, entry);
      return;
    case 'AllowEntry':
      intWithin(context, entry.rate.count, 1, Infinity, 'a rate');
      if (entry.when !== undefined) {
        const scope = { ...EMPTY_SCOPE, captures: collectCaptures(entry.when) };
        checkRelaxing(context, context.expressions.condition(entry.when, scope).condition);
      }
      return;
    case 'CountEntry': {
      const scope = { ...EMPTY_SCOPE, captures: collectCaptures(entry.condition) };
      context.expressions.condition(entry.condition, scope);
      return;
    }
    case 'CostEntry': {
      const cost = settle(context, context.expressions.pipe(entry.amount, EMPTY_SCOPE, 'value'));
      const fits = cost.form === 'scalar' && cost.scalar.type === 'Int' && !cost.optional;
      if (!fits && cost.form !== 'broken') {
        context.report('E201', cost.span, 'a cost is a number', { note: `${showType(cost)}, expected Int` });
      }
      return;
    }
    case 'PenaltyEntry':
      checkPenalty(context, entry, 'limiter');
      return;
    case 'UsingEntry':
    case 'StoreEntry':
  }
}

function checkFlood(context: Context, flood: Flood): void {
  const words = [
    ['KeyEntry', 'key'],
    ['BaselineEntry', 'baseline'],
    ['TripEntry', 'trip'],
    ['ReleaseEntry', 'release'],
    ['PenaltyEntry', 'then'],
  ] as const;
  for (const [kind, word] of words) requireEntry(context, flood.name.span, flood.entries, kind, word);
  for (const entry of flood.entries) {
    if (entry.kind === 'KeyEntry') checkKey(context, entry);
    else if (entry.kind === 'PenaltyEntry') checkPenalty(context, entry, 'flood');
  }
  const trip = entryOf<FloodEntry, 'TripEntry'>(flood.entries, 'TripEntry');
  const release = entryOf<FloodEntry, 'ReleaseEntry'>(flood.entries, 'ReleaseEntry');
  if (trip !== undefined && release !== undefined && release.times.value > trip.times.value) {
    context.report('E302', release.times.span, 'it would trip again before it is released', {
      labels: [{ span: trip.times.span, message: 'trips above this' }],
    });
  }
}

function requireEntry(
  context: Context,
  span: Span,
  entries: readonly { readonly kind: string }[],
  kind: string,
  word: string,
): void {
  if (entries.some((entry) => entry.kind === kind)) return;
  context.report('E310', span, `\`${word}\` is missing`);
}

function checkKey(context: Context, entry: KeyEntry): void {
  for (const part of entry.parts) {
    const value = settle(context, context.expressions.pipe(part, EMPTY_SCOPE, 'value'));
    if (value.form === 'scalar' || value.form === 'broken') continue;
    context.report('E201', value.span, 'a part of a key is one value', {
      note: showType(value),
      help: 'take `one(…)` of it: a repeated parameter cannot choose its key then',
    });
  }
}

function checkPenalty(context: Context, entry: PenaltyEntry, what: 'limiter' | 'flood'): void {
  const { penalty } = entry;
  if (penalty.kind === 'Penalty') intWithin(context, penalty.status, 400, 599, 'a status');
  else if (what === 'limiter') {
    context.report('E201', penalty.span, 'a limiter blocks; `limit to` is what a flood does');
  }
}
