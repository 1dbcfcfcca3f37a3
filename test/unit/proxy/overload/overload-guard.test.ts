// Who is shed when, with a virtual clock and signals made up.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import {
  CLIENT_SHARE_MAX,
  CLIENT_STANDING_ESTABLISHED,
  CLIENT_TURN_MS,
  IN_FLIGHT_PER_CLIENT_DEFAULT,
  KEPT_IN_FLIGHT_MAX,
  LATENCY_BASELINE_ANSWERS,
  LOOP_DELAY_SAMPLE_MS,
  LOOP_DELAY_SAMPLES,
  OVERLOAD_FALL_MS,
  OVERLOAD_IN_FLIGHT_DEFAULT,
  OVERLOAD_IN_FLIGHT_START,
  OVERLOAD_LOOP_DELAY_MS_DEFAULT,
  OVERLOAD_RETRY_AFTER_S_DEFAULT,
  RESETS_PER_CLIENT_DEFAULT,
} from '../../../../src/core/limits.ts';
import { ipv4 } from '../../../../src/http/address.ts';
import type { RequestHead } from '../../../../src/http/request-head.ts';
import {
  type OverloadChange,
  OverloadGuard,
  type OverloadOptions,
} from '../../../../src/proxy/overload/overload-guard.ts';
import { overloadOptions } from '../../../support/ward.ts';

/** The parts of a head the guard reads. */
function head(client: number, path = '/'): RequestHead {
  const ip = ipv4(client);
  return { path, client: { ip, peer: ip, port: undefined } } as unknown as RequestHead;
}

function start(changes: Partial<OverloadOptions> = {}) {
  const clock = new ManualClock();
  const seen: OverloadChange[] = [];
  const options = overloadOptions({ enabled: true, inFlightMax: KEPT_IN_FLIGHT_MAX, ...changes });
  let held = 0;
  const guard = new OverloadGuard(options, clock, (change) => void seen.push(change), 1);
  const visit = (client: number, path = '/'): boolean => {
    const one = head(client, path);
    if (guard.enter(one, false) !== null) return false;
    guard.leave(one, false, 'good', 5);
    return true;
  };
  /** Rows of timers that all come this late. */
  const late = (delayMs: number, rows = 1) => {
    for (let i = 0; i < rows * LOOP_DELAY_SAMPLES; i++) {
      clock.advance(LOOP_DELAY_SAMPLE_MS + delayMs);
      guard.sample();
    }
  };
  const establish = (...clients: number[]) => {
    for (let turn = 0; turn < CLIENT_STANDING_ESTABLISHED; turn++) {
      for (const client of clients) visit(client);
      clock.advance(CLIENT_TURN_MS);
    }
  };
  /** Makes a pressure of so many 32nds, by exchanges in flight to a path that is kept. */
  const press = (parts: number) => {
    const wanted = parts === 0 ? 0 : options.inFlightMax / 2 + parts;
    for (; held < wanted; held++) expect(guard.enter(head(0, '/healthz'), false)).toBeNull();
    for (; held > wanted; held--) guard.leave(head(0, '/healthz'), false, 'neutral');
    expect(guard.pressure).toBeCloseTo(parts / 32);
  };
  return { clock, guard, seen, visit, late, establish, press };
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('pressure', () => {
  it('is none in an idle process, and in one whose loop stalls now and then', () => {
    const { guard, late, seen, clock } = start();
    late(0, 100);
    late(OVERLOAD_LOOP_DELAY_MS_DEFAULT, 10);
    for (let i = 0; i < 20; i++) {
      clock.advance(3_000);
      guard.sample();
      late(5);
    }
    expect(guard.pressure).toBe(0);
    expect(seen).toEqual([]);
  });

  it('rises by a class with each row of lasting delay, falls slowly, and tells when', () => {
    const { guard, late, seen, visit } = start();
    const seenPressure: number[] = [];
    for (let row = 0; row < 6; row++) {
      late(2 * OVERLOAD_LOOP_DELAY_MS_DEFAULT);
      seenPressure.push(guard.pressure);
    }
    expect(seenPressure.map((one) => Math.round(one * 100) / 100)).toEqual([0.25, 0.46, 0.67, 0.88, 1, 1]);
    for (const client of range(0, 50)) expect(visit(client)).toBe(false);
    const rows = OVERLOAD_FALL_MS / LOOP_DELAY_SAMPLE_MS / LOOP_DELAY_SAMPLES;
    late(0, Math.floor(rows / 2));
    expect(guard.pressure).toBeCloseTo(0.5, 1);
    late(0, Math.ceil(rows / 2) + 1);
    expect(guard.pressure).toBe(0);
    expect(seen.map(({ shedding, shed }) => [shedding, shed])).toEqual([
      [true, 0],
      [false, 50],
    ]);
  });

  it('comes from what is in flight, within one turn of the loop', () => {
    const { guard } = start({ inFlightMax: OVERLOAD_IN_FLIGHT_DEFAULT });
    const quiet = OVERLOAD_IN_FLIGHT_DEFAULT * OVERLOAD_IN_FLIGHT_START;
    const open = range(0, quiet).map((client) => head(client));
    for (const one of open) expect(guard.enter(one, false)).toBeNull();
    expect(guard.pressure).toBe(0);
    let taken = quiet;
    for (const client of range(quiet, 3 * OVERLOAD_IN_FLIGHT_DEFAULT))
      if (guard.enter(head(client), false) === null) taken += 1;
    // All are unknown: they give way over the first quarter of the pressure.
    expect(taken).toBeLessThanOrEqual(quiet + (OVERLOAD_IN_FLIGHT_DEFAULT - quiet) / 4 + 1);
    for (const one of open) guard.leave(one, false, 'neutral');
    expect(guard.pressure).toBe(0);
  });

  it('sets in sooner when the service answers many times slower than it used to', () => {
    const { guard } = start({ inFlightMax: 400 });
    for (let i = 0; i < LATENCY_BASELINE_ANSWERS; i++) {
      guard.enter(head(1), false);
      guard.leave(head(1), false, 'good', 20);
    }
    const open = range(0, 100).map((client) => head(client));
    for (const one of open) guard.enter(one, false);
    expect(guard.pressure).toBe(0);
    const kept = head(1, '/healthz');
    for (let i = 0; i < 200; i++) {
      expect(guard.enter(kept, false)).toBeNull();
      guard.leave(kept, false, 'good', 5_000);
    }
    expect(guard.pressure).toBeGreaterThan(0.9);
    expect(guard.figures.usualUpstreamMs).toBeLessThan(200);
    for (const one of open) guard.leave(one, false, 'neutral');
    expect(guard.pressure).toBe(0);
  });

  it('is not made by WebSockets, which mostly wait', () => {
    const { guard } = start({ inFlightMax: 10 });
    for (const client of range(0, 100)) expect(guard.enter(head(client), true)).toBeNull();
    expect(guard.pressure).toBe(0);
    expect(guard.figures.inFlight).toBe(0);
  });

  it('sheds nobody when it is off', () => {
    const { late, visit } = start({ enabled: false });
    late(60_000);
    expect(range(0, 100).every((client) => visit(client))).toBe(true);
  });

  it('does not look at the loop when told so', () => {
    const { late, guard } = start({ loopDelayMs: 0 });
    late(60_000);
    expect(guard.pressure).toBe(0);
  });
});

describe('who is shed', () => {
  it('the least deserving first: unknown, greedy, ordinary, established', () => {
    const { visit, establish, press, guard } = start();
    const unknown = range(1_000, 200);
    const ordinary = range(2_000, 200);
    const established = range(3_000, 200);
    establish(...established);
    const greedy = 4_000;
    for (const client of ordinary) visit(client);
    for (const client of established) visit(client);
    // A large part of all traffic, with the best of records.
    for (let i = 0; i < 2_000; i++) visit(greedy);
    expect(600 / 2_600).toBeGreaterThan(CLIENT_SHARE_MAX);
    const served = () => {
      const part = (clients: number[]) =>
        clients.filter((client) => guard.enter(head(client), true) === null).length / clients.length;
      return [part(unknown), part([greedy]), part(ordinary), part(established)];
    };
    const seen: number[][] = [];
    for (const parts of [4, 8, 16, 20, 24, 28, 32]) {
      press(parts);
      seen.push(served());
    }
    expect(seen.map((parts) => parts.map((part) => Math.round(part * 4) / 4))).toEqual([
      [0.5, 1, 1, 1],
      [0, 1, 1, 1],
      [0, 0, 1, 1],
      [0, 0, 0.5, 1],
      [0, 0, 0, 1],
      [0, 0, 0, 0.5],
      [0, 0, 0, 0],
    ]);
    press(0);
    expect(served()).toEqual([1, 1, 1, 1]);
  });

  it('a client is not half shed: the same for a turn, another choice in the next', () => {
    const { clock, press, guard } = start();
    const clients = range(0, 400);
    const decide = () => clients.map((client) => guard.enter(head(client), true) === null);
    press(4);
    const first = decide();
    expect(decide()).toEqual(first);
    expect(decide()).toEqual(first);
    const served = first.filter(Boolean).length;
    expect(served).toBeGreaterThan(120);
    expect(served).toBeLessThan(280);
    clock.advance(CLIENT_TURN_MS);
    expect(decide()).not.toEqual(first);
  });

  it('who is shed at one pressure is shed at any higher one', () => {
    const { press, guard } = start();
    const clients = range(0, 300);
    let before = new Set<number>();
    for (const parts of [1, 3, 5, 7, 8]) {
      press(parts);
      const shed = new Set(clients.filter((client) => guard.enter(head(client), true) !== null));
      expect([...before].filter((client) => !shed.has(client))).toEqual([]);
      expect(shed.size).toBeGreaterThan(before.size);
      before = shed;
    }
  });

  it('nobody becomes known under pressure, so that a flood cannot climb', () => {
    const { clock, press, visit } = start();
    press(4);
    for (let turn = 0; turn < 20; turn++) {
      for (const client of range(0, 100)) visit(client);
      clock.advance(CLIENT_TURN_MS);
      press(4);
    }
    press(8);
    expect(range(0, 100).some((client) => visit(client))).toBe(false);
  });

  it('refusals by the rules make a client unknown again', () => {
    const { guard, establish, press, visit } = start();
    establish(1, 2);
    for (let i = 0; i < 2; i++) {
      guard.enter(head(1), false);
      guard.leave(head(1), false, 'refused');
    }
    press(8);
    expect([visit(1), visit(2)]).toEqual([false, true]);
  });

  it('tells clients to come back at different times', () => {
    const { guard, press } = start({ retryAfterS: 10 });
    press(32);
    const times = range(0, 500).map((client) => guard.enter(head(client), false)?.retryAfterS ?? 0);
    expect(Math.min(...times)).toBe(10);
    expect(Math.max(...times)).toBe(20);
    expect(start().guard.figures.shed).toBe(0);
    expect(OVERLOAD_RETRY_AFTER_S_DEFAULT).toBeGreaterThan(0);
  });

  it('never the paths that are kept, but for those who would make a way around of them', () => {
    const { guard, late, visit } = start({ inFlightMax: OVERLOAD_IN_FLIGHT_DEFAULT });
    late(60_000, 10);
    expect(guard.pressure).toBe(1);
    expect([visit(1, '/healthz'), visit(1, '/healthz/'), visit(1, '/')]).toEqual([true, false, false]);
    const open = range(0, KEPT_IN_FLIGHT_MAX).map((client) => head(client, '/healthz'));
    for (const one of open) expect(guard.enter(one, false)).toBeNull();
    expect(guard.enter(head(1, '/healthz'), false)?.reason).toBe('overload');
    guard.leave(open[0], false, 'good');
    expect(visit(1, '/healthz')).toBe(true);
  });
});

describe('greedy clients', () => {
  it('have so much in flight and no more', () => {
    const { guard } = start({ enabled: false, inFlightPerClient: IN_FLIGHT_PER_CLIENT_DEFAULT });
    for (let i = 0; i < IN_FLIGHT_PER_CLIENT_DEFAULT; i++)
      expect(guard.enter(head(1), i % 2 === 0)).toBeNull();
    const refused = { reason: 'client_in_flight', status: 429, retryAfterS: 1, close: false };
    expect(guard.enter(head(1), false)).toEqual({ ...refused, isFirst: true });
    expect(guard.enter(head(1), true)).toEqual({ ...refused, isFirst: false });
    expect(guard.enter(head(2), false)).toBeNull();
    guard.leave(head(1), false, 'neutral');
    expect(guard.enter(head(1), false)).toBeNull();
    expect(guard.figures.refusedInFlight).toBe(2);
  });

  it('give up so many requests and no more within about a turn', () => {
    const { guard, clock } = start({ enabled: false, resetsPerClient: RESETS_PER_CLIENT_DEFAULT });
    const giveUp = () => {
      const shedding = guard.enter(head(1), false);
      if (shedding === null) guard.leave(head(1), false, 'gave_up');
      return shedding;
    };
    for (let i = 0; i <= RESETS_PER_CLIENT_DEFAULT; i++) expect(giveUp()).toBeNull();
    expect(giveUp()).toMatchObject({ reason: 'client_resets', status: 429, retryAfterS: 10, close: true });
    expect(guard.enter(head(2), false)).toBeNull();
    clock.advance(2 * CLIENT_TURN_MS);
    expect(giveUp()).toBeNull();
    expect(guard.figures.refusedResets).toBe(1);
  });

  it('may give up as many as they like, if they want the answers of most', () => {
    const { guard } = start({ enabled: false, resetsPerClient: RESETS_PER_CLIENT_DEFAULT });
    for (let i = 0; i < 10 * RESETS_PER_CLIENT_DEFAULT; i++) {
      for (const conduct of ['good', 'gave_up', 'neutral'] as const) {
        expect(guard.enter(head(1), false)).toBeNull();
        guard.leave(head(1), false, conduct);
      }
    }
  });

  it('are not looked for when there is no limit', () => {
    const { guard } = start({ enabled: false });
    for (let i = 0; i < 10 * IN_FLIGHT_PER_CLIENT_DEFAULT; i++)
      expect(guard.enter(head(1), false)).toBeNull();
    for (let i = 0; i < 10 * IN_FLIGHT_PER_CLIENT_DEFAULT; i++) guard.leave(head(1), false, 'gave_up');
    expect(guard.enter(head(1), false)).toBeNull();
  });
});
