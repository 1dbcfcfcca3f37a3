/**
 * The generic cell rate algorithm (ITU-T I.371, annex A) as its continuous-state leaky bucket: tokens spent raise a level
 * that drains at `count / periodMs`, and a request is granted while the level stays within the burst.
 *
 * Kept is (level, time of that level) and no theoretical arrival time: after any number of requests at one instant the level
 * is an integer, so a burst of 200 is 200 exactly, whereas a sum of 200 increments of `periodMs / count` need not be.
 */
import { LIMIT_NEVER_MS } from '../../core/limits.ts';

/**
 * Tokens by which a level may miss its limit and still count as within it: a client that comes each `periodMs / count` must
 * not be refused because times are binary fractions. It is no gift that adds up: the excess stays in the level.
 */
export const TOKEN_TOLERANCE = 1e-6;

/** The level now. A time before that of the level, as clocks of two threads may differ by microseconds, drains nothing. */
export function gcraLevel(
  level: number,
  atMs: number,
  nowMs: number,
  count: number,
  periodMs: number,
): number {
  return nowMs > atMs ? Math.max(0, level - ((nowMs - atMs) * count) / periodMs) : level;
}

/** Milliseconds until `cost` more tokens fit, rounded up; 0 if they do, `LIMIT_NEVER_MS` if they never will. */
export function gcraWaitMs(
  level: number,
  cost: number,
  burst: number,
  count: number,
  periodMs: number,
): number {
  if (cost > burst) return LIMIT_NEVER_MS;
  const excess = level + cost - burst - TOKEN_TOLERANCE;
  return excess <= 0 ? 0 : Math.ceil((excess * periodMs) / count);
}

/** Milliseconds until the level is 0, rounded up. */
export function gcraResetMs(level: number, count: number, periodMs: number): number {
  return level <= TOKEN_TOLERANCE ? 0 : Math.ceil(((level - TOKEN_TOLERANCE) * periodMs) / count);
}

/**
 * How many of `cost` tokens a refund still finds, if their request left the level at `levelThen`: tokens drain in the order
 * in which they came, so what was on top then has drained when all of that level has. Later tokens are never given back in
 * their stead.
 */
export function gcraRefundable(
  cost: number,
  levelThen: number,
  thenMs: number,
  nowMs: number,
  count: number,
  periodMs: number,
): number {
  return Math.min(cost, gcraLevel(levelThen, thenMs, nowMs, count, periodMs));
}
