// The breaker against a model that keeps the whole history and decides anew each time, under a virtual clock.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/core/clock.ts';
import { BREAKER_OPEN_JITTER, BREAKER_PROBE_MS_MAX } from '../../src/core/limits.ts';
import {
  type BreakerChange,
  type BreakerOptions,
  CircuitBreaker,
  REFUSED_TICKET,
} from '../../src/proxy/upstream/circuit-breaker.ts';

const OPTIONS: BreakerOptions = {
  enabled: true,
  failures: 4,
  statuses: [503],
  latencyMs: 0,
  openMs: 1_000,
  openMsMax: 8_000,
  probes: 3,
};

type Step =
  | { readonly kind: 'ask'; readonly streamed: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'tell';
      readonly which: number;
      readonly result: 'answered' | 'unavailable' | 'failed' | 'abandoned';
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('ask' as const), streamed: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 4_000 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('tell' as const),
      which: fc.nat(8),
      result: fc.constantFrom('answered', 'unavailable', 'failed', 'failed', 'abandoned'),
    }),
  },
);

/** A request that was let through, as the model remembers it. */
interface Asked {
  readonly ticket: number;
  readonly era: number;
  result: 'pending' | 'good' | 'bad' | 'none';
}

/** What happened in one era, that is between two changes of state. */
interface Era {
  readonly state: 'closed' | 'open' | 'half_open';
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Results in the order told. */
  readonly results: ('good' | 'bad')[];
  readonly asked: Asked[];
}

const begun = (state: Era['state'], sinceMs: number, untilMs = Infinity): Era => ({
  state,
  sinceMs,
  untilMs,
  results: [],
  asked: [],
});

function run(steps: readonly Step[], random: number): void {
  const clock = new ManualClock();
  const changes: BreakerChange[] = [];
  const breaker = new CircuitBreaker(
    OPTIONS,
    clock,
    () => random,
    (change) => void changes.push(change),
  );
  let era = begun('closed', 0);
  let number = 0;
  let stale = false;
  const next = (to: Era): void => {
    era = to;
    number += 1;
  };
  const pending: Asked[] = [];
  const toldState = (): string => changes.at(-1)?.state ?? 'closed';
  const openNow = (): void => {
    const { openMs } = changes.at(-1) ?? { openMs: 0 };
    expect(toldState()).toBe('open');
    expect(openMs).toBeLessThanOrEqual(OPTIONS.openMsMax);
    expect(openMs).toBeGreaterThanOrEqual(OPTIONS.openMs * (1 - BREAKER_OPEN_JITTER));
    next(begun('open', clock.monotonic(), clock.monotonic() + openMs));
  };
  for (const one of steps) {
    if (one.kind === 'wait') clock.advance(one.ms);
    else if (one.kind === 'ask') {
      const now = clock.monotonic();
      if (era.state === 'open' && now >= era.untilMs) {
        stale = false;
        next(begun('half_open', now));
      } else if (era.state === 'half_open' && now - era.sinceMs >= BREAKER_PROBE_MS_MAX) {
        stale = true;
        next(begun('half_open', now));
      }
      const places = era.asked.filter(({ result }) => result !== 'none').length;
      const expected =
        era.state === 'closed' ||
        (era.state === 'half_open' && places < OPTIONS.probes && (!one.streamed || stale));
      const ticket = breaker.admit(one.streamed);
      expect(ticket !== REFUSED_TICKET).toBe(expected);
      if (!expected) continue;
      const asked: Asked = { ticket, era: number, result: 'pending' };
      era.asked.push(asked);
      pending.push(asked);
    } else {
      const [asked] = pending.splice(one.which % Math.max(1, pending.length), 1);
      if (asked === undefined) continue;
      const isGood = one.result === 'answered';
      if (one.result === 'abandoned') breaker.abandoned(asked.ticket);
      else if (one.result === 'failed') breaker.failed(asked.ticket);
      else breaker.answered(asked.ticket, isGood ? 200 : 503, 1);
      asked.result = one.result === 'abandoned' ? 'none' : isGood ? 'good' : 'bad';
      if (asked.era !== number || asked.result === 'none') continue;
      era.results.push(asked.result);
      const count = (result: string): number => era.results.filter((each) => each === result).length;
      if (era.state === 'closed') {
        if (era.results.slice(-OPTIONS.failures).join() === 'bad,bad,bad,bad') openNow();
      } else if (count('bad') >= 2) openNow();
      else if (count('good') >= 2) {
        expect(toldState()).toBe('closed');
        next(begun('closed', clock.monotonic()));
      }
    }
    const due = era.state === 'open' && clock.monotonic() >= era.untilMs;
    expect(breaker.state).toBe(due ? 'half_open' : era.state);
    expect(breaker.retryAfterMs).toBe(
      era.state === 'open' ? Math.max(0, era.untilMs - clock.monotonic()) : 0,
    );
  }
}

describe('circuit breaker', () => {
  it('does what its history asks for, whatever happens when', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.double({ min: 0, max: 0.999, noNaN: true }), run),
      { numRuns: 400 },
    );
  });
});
