/** RateLimit fields as draft-ietf-httpapi-ratelimit-headers-10 writes them. */
import { describe, expect, it } from 'vitest';
import type { LimitPolicy } from '../../../src/limiter/limit-policy.ts';
import type { LimitReading } from '../../../src/limiter/limit-store.ts';
import { rateLimitFields } from '../../../src/proxy/rate-limit-fields.ts';

const POLICY: LimitPolicy = {
  name: 'per_client',
  algorithm: 'gcra',
  rates: [{ count: 20, periodMs: 1_000, burst: 200 }],
  sharing: 'exact',
  down: 'local',
  status: 429,
  blockMs: 0,
};

function reading(over: Partial<LimitReading>, policy: LimitPolicy = POLICY): LimitReading {
  return {
    demand: { policy, rate: 0, key: 'k', cost: 1, shadow: false },
    granted: true,
    used: 3,
    remaining: 197,
    retryAfterMs: 0,
    resetMs: 150,
    source: 'memory',
    ...over,
  };
}

describe('RateLimit fields', () => {
  it('are absent when no limiter was asked', () => {
    expect(rateLimitFields([])).toEqual([]);
  });

  it('give the burst as quota and the time in which all of it comes back as window', () => {
    expect(rateLimitFields([reading({})])).toEqual([
      'ratelimit-policy',
      '"per_client";q=200;w=10',
      'ratelimit',
      '"per_client";r=197;t=1',
    ]);
  });

  it('tell a refused client when to come back, not when all is forgotten', () => {
    const [, , , standing] = rateLimitFields([
      reading({ granted: false, remaining: 0, retryAfterMs: 30_000, resetMs: 60_000 }),
    ]);
    expect(standing).toBe('"per_client";r=0;t=30');
  });

  it('list several limiters, and a window is never 0', () => {
    const quick = { ...POLICY, name: 'flood.l7', rates: [{ count: 5, periodMs: 100, burst: 5 }] };
    expect(rateLimitFields([reading({}), reading({ remaining: -1 }, quick)])).toEqual([
      'ratelimit-policy',
      '"per_client";q=200;w=10, "flood.l7";q=5;w=1',
      'ratelimit',
      '"per_client";r=197;t=1, "flood.l7";r=0;t=1',
    ]);
  });
});
