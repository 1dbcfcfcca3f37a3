/**
 * Fixed windows: a counter for each stretch between two multiples of the period since the epoch. Around a boundary twice the
 * count may pass within one period; who cannot have that uses `sliding_window`.
 *
 * Times are milliseconds since the epoch, from a clock that never jumps.
 */
import { LIMIT_NEVER_MS } from '../../core/limits.ts';

/** Tokens of the window of `nowMs`, if `used` were counted in that of `atMs`. */
export function fixedUsed(used: number, atMs: number, nowMs: number, periodMs: number): number {
  // A window that another thread has begun by a clock some microseconds ahead is the present one.
  return Math.floor(atMs / periodMs) >= Math.floor(nowMs / periodMs) ? used : 0;
}

/** Milliseconds until the window ends, rounded up. */
export function fixedResetMs(nowMs: number, periodMs: number): number {
  return Math.ceil(periodMs - (nowMs - Math.floor(nowMs / periodMs) * periodMs));
}

/** Milliseconds until `cost` more tokens fit; 0 if they do, `LIMIT_NEVER_MS` if they never will. */
export function fixedWaitMs(
  used: number,
  cost: number,
  limit: number,
  nowMs: number,
  periodMs: number,
): number {
  if (cost > limit) return LIMIT_NEVER_MS;
  return used + cost <= limit ? 0 : fixedResetMs(nowMs, periodMs);
}
