/**
 * The answer's fields that tell a client how it stands with its limits: `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers-10), one list element for each limiter that was asked.
 *
 * The quota is what may be taken back to back and the window the time in which all of it comes back, so that both are
 * true of a bucket as of a window.
 */
import type { LimitReading } from '../limiter/limit-store.ts';

const MS_PER_S = 1_000;

/** Field lines (name, value, …); none when no limiter was asked. */
export function rateLimitFields(readings: readonly LimitReading[]): string[] {
  let policies = '';
  let standings = '';
  for (const { demand, remaining, retryAfterMs, resetMs } of readings) {
    const { name, rates } = demand.policy;
    const { count, periodMs, burst } = rates[demand.rate];
    const windowS = Math.max(1, Math.ceil((burst * periodMs) / count / MS_PER_S));
    // Stores round up to whole milliseconds: 60,001 of them are the minute that was meant.
    const untilS = Math.ceil(((retryAfterMs > 0 ? retryAfterMs : resetMs) - 1) / MS_PER_S);
    const separator = policies === '' ? '' : ', ';
    policies += `${separator}"${name}";q=${burst};w=${windowS}`;
    standings += `${separator}"${name}";r=${Math.max(0, remaining)};t=${Math.max(0, untilS)}`;
  }
  return policies === '' ? [] : ['ratelimit-policy', policies, 'ratelimit', standings];
}
