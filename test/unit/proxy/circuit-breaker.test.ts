// What the model test does not speak of: growth of the open time, slow answers, defaults.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/core/clock.ts';
import {
  BREAKER_OPEN_JITTER,
  BREAKER_PROBE_MS_MAX,
  BREAKER_SLOW_WINDOW,
  UPSTREAM_IN_FLIGHT_MAX,
} from '../../../src/core/limits.ts';
import {
  type BreakerChange,
  type BreakerOptions,
  CircuitBreaker,
  REFUSED_TICKET,
} from '../../../src/proxy/upstream/circuit-breaker.ts';
import { ShieldedUpstream } from '../../../src/proxy/upstream/shielded-upstream.ts';
import type { Upstream, UpstreamHandler } from '../../../src/proxy/upstream/upstream.ts';
import { UpstreamPermits } from '../../../src/proxy/upstream/upstream-permits.ts';

const OPTIONS: BreakerOptions = {
  enabled: true,
  failures: 2,
  statuses: [],
  latencyMs: 0,
  openMs: 1_000,
  openMsMax: 5_000,
  probes: 1,
};

function start(changes: Partial<BreakerOptions> = {}, random = 0) {
  const clock = new ManualClock();
  const seen: BreakerChange[] = [];
  const breaker = new CircuitBreaker(
    { ...OPTIONS, ...changes },
    clock,
    () => random,
    (change) => void seen.push(change),
  );
  const fail = () => breaker.failed(breaker.admit(false));
  const answer = (ms = 1, status = 200) => breaker.answered(breaker.admit(false), status, ms);
  return { clock, breaker, seen, fail, answer };
}

const openTimes = (seen: readonly BreakerChange[]): number[] =>
  seen.filter(({ state }) => state === 'open').map(({ openMs }) => openMs);

describe('CircuitBreaker', () => {
  it('stays open twice as long each time a probe fails, up to the maximum, and begins anew after a healthy time', () => {
    const { clock, seen, fail, answer, breaker } = start();
    fail();
    fail();
    for (let probe = 0; probe < 4; probe++) {
      clock.advance(breaker.retryAfterMs);
      fail();
    }
    expect(openTimes(seen)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
    clock.advance(5_000);
    answer();
    expect(breaker.state).toBe('closed');
    clock.advance(5_000);
    fail();
    fail();
    expect(openTimes(seen).at(-1)).toBe(1_000);
    expect(breaker.openings).toBe(6);
  });

  it('goes on growing when it opens again soon after it closed', () => {
    const { clock, seen, fail, answer } = start();
    fail();
    fail();
    clock.advance(1_000);
    answer();
    fail();
    fail();
    expect(openTimes(seen)).toEqual([1_000, 2_000]);
  });

  it('is spread by chance', () => {
    const { seen, fail } = start({}, 1);
    fail();
    fail();
    expect(openTimes(seen)).toEqual([1_000 * (1 - BREAKER_OPEN_JITTER)]);
  });

  it('opens when half of the last answers are slow, and takes a slow probe for a failed one', () => {
    const { clock, breaker, seen, answer } = start({ latencyMs: 100 });
    for (let i = 0; i < BREAKER_SLOW_WINDOW - 1; i++) answer(i % 2 === 0 ? 100 : 101);
    expect(breaker.state).toBe('closed');
    answer(101);
    expect(seen.map(({ state, reason }) => [state, reason])).toEqual([['open', 'latency']]);
    clock.advance(1_000);
    answer(101);
    expect(breaker.state).toBe('open');
    clock.advance(2_000);
    answer(100);
    expect(breaker.state).toBe('closed');
  });

  it('forgets slow answers that left the window', () => {
    const { breaker, answer } = start({ latencyMs: 100 });
    for (let i = 0; i < BREAKER_SLOW_WINDOW / 2 - 1; i++) answer(500);
    for (let i = 0; i < BREAKER_SLOW_WINDOW; i++) answer(1);
    for (let i = 0; i < 10 * BREAKER_SLOW_WINDOW; i++) answer(i % 3 === 0 ? 500 : 1);
    expect(breaker.state).toBe('closed');
  });

  it('counts the statuses it is given and no others', () => {
    const { breaker, answer } = start({ statuses: [503] });
    for (let i = 0; i < 10; i++) answer(1, 500);
    answer(1, 503);
    answer(1, 200);
    answer(1, 503);
    expect(breaker.state).toBe('closed');
    answer(1, 503);
    expect(breaker.state).toBe('open');
  });

  it('never opens when it is off', () => {
    const { breaker, fail, answer } = start({ enabled: false, latencyMs: 1 });
    for (let i = 0; i < 200; i++) fail();
    for (let i = 0; i < 200; i++) answer(50);
    expect(breaker.state).toBe('closed');
  });

  it('gives the place of a probe that is not decided in time to another', () => {
    const { clock, breaker, fail } = start();
    fail();
    fail();
    clock.advance(1_000);
    expect(breaker.admit(true), 'a body that comes piece by piece').toBe(REFUSED_TICKET);
    const lost = breaker.admit(false);
    clock.advance(BREAKER_PROBE_MS_MAX - 1);
    expect(breaker.admit(false)).toBe(REFUSED_TICKET);
    clock.advance(1);
    expect(breaker.admit(true)).not.toBe(REFUSED_TICKET);
    breaker.failed(lost);
    expect(breaker.state, 'the lost probe no longer counts').toBe('half_open');
  });
});

describe('ShieldedUpstream', () => {
  const SILENT: UpstreamHandler = {
    onHead: () => undefined,
    onData: () => undefined,
    onEnd: () => undefined,
    onFailure: () => undefined,
    onDrain: () => undefined,
  };
  const REQUEST = { method: 'POST', target: '/', fields: [], body: { length: undefined } };

  function shielded() {
    const { breaker, clock } = start({ latencyMs: 1_000 });
    const asked: UpstreamHandler[] = [];
    const inner = {
      send: (_request: unknown, handler: UpstreamHandler) => {
        asked.push(handler);
        return {
          write: () => {},
          end: () => {},
          unsentBytes: 0,
          pause: () => {},
          resume: () => {},
          abort: () => {},
        };
      },
      stats: { running: 0, pending: 0 },
      close: () => Promise.resolve(),
    } as unknown as Upstream;
    const upstream = new ShieldedUpstream(inner, new UpstreamPermits(breaker, 10, clock));
    return { breaker, clock, asked, upstream };
  }

  it.each([
    ['after its last byte', true],
    ['before its last byte', false],
  ])('does not take a client who is slow with a body for a slow service: answer %s', (_name, complete) => {
    const { breaker, clock, asked, upstream } = shielded();
    for (let i = 0; i < BREAKER_SLOW_WINDOW; i++) {
      const call = upstream.send(REQUEST, SILENT);
      clock.advance(60_000);
      if (complete) call.end();
      asked[i].onHead(200, []);
      asked[i].onEnd([]);
    }
    expect(breaker.state).toBe('closed');
  });

  it('takes a service for slow that is so when it has the whole body', () => {
    const { breaker, clock, asked, upstream } = shielded();
    for (let i = 0; i < BREAKER_SLOW_WINDOW; i++) {
      upstream.send(REQUEST, SILENT).end();
      clock.advance(1_001);
      asked[i].onHead(200, []);
      asked[i].onEnd([]);
    }
    expect(breaker.state).toBe('open');
  });
});

describe('UpstreamPermits', () => {
  const permits = (inFlightMax: number) => {
    const { breaker, clock } = start();
    return { breaker, clock, permits: new UpstreamPermits(breaker, inFlightMax, clock) };
  };
  const taken = (from: UpstreamPermits) => {
    const permit = from.take(false);
    if (permit.failure !== undefined) throw permit.cause;
    return permit;
  };

  it('gives no more than the maximum at once', () => {
    const { permits: all } = permits(UPSTREAM_IN_FLIGHT_MAX);
    const first = taken(all);
    for (let i = 1; i < UPSTREAM_IN_FLIGHT_MAX; i++) taken(all);
    expect(all.take(false)).toMatchObject({ failure: 'busy', retryAfterS: 1 });
    first.release();
    first.release();
    expect(all.inFlight).toBe(UPSTREAM_IN_FLIGHT_MAX - 1);
    expect(all.take(false).failure).toBeUndefined();
    expect(all.overfull).toBe(1);
  });

  it('blames the service for nothing that client or Ward did', () => {
    const { breaker, permits: all } = permits(100);
    for (let i = 0; i < 10; i++) {
      taken(all).release();
      for (const ours of ['busy', 'closing', 'circuit_open'] as const) taken(all).failed(ours, true);
      for (const late of ['timeout', 'broken'] as const) taken(all).failed(late, false);
      const cutLater = taken(all);
      cutLater.answered(200);
      cutLater.failed('broken', true);
    }
    expect(breaker.state).toBe('closed');
    taken(all).failed('refused', false);
    taken(all).failed('timeout', true);
    expect(breaker.state).toBe('open');
    expect(all.take(false)).toMatchObject({ failure: 'circuit_open', retryAfterS: 1 });
  });

  it('rounds the time to the next probe up to seconds', () => {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({ ...OPTIONS, openMs: 2_500 }, clock, () => 0);
    const all = new UpstreamPermits(breaker, 10, clock);
    taken(all).failed('broken', true);
    taken(all).failed('broken', true);
    expect(all.take(false)).toMatchObject({ failure: 'circuit_open', retryAfterS: 3 });
  });
});
