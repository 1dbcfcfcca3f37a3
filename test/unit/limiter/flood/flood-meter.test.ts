/** When a key trips, escalates and is released, and what it learns. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import type { FloodEvent } from '../../../../src/limiter/flood/flood-event.ts';
import { FloodMeter } from '../../../../src/limiter/flood/flood-meter.ts';
import { createFloodTables, type FloodTables } from '../../../../src/limiter/flood/flood-tables.ts';
import { floodOf, send } from '../../../support/flood.ts';

const START_MS = 1_000_000;
let clock: ManualClock;
let tables: FloodTables;
let events: FloodEvent[];
let meter: FloodMeter;

beforeEach(() => {
  clock = new ManualClock(START_MS);
  tables = createFloodTables({ workers: 1, keys: 1_024 });
  events = [];
  meter = new FloodMeter(tables, clock, { workerIndex: 0, onEvent: (event) => events.push(event) });
});

const kinds = (): string[] => events.map((event) => event.kind);
const policy = floodOf();

describe('trip', () => {
  it('comes with the first request over the floor while there is no baseline', () => {
    for (let i = 0; i < 80; i++) expect(meter.count(policy, 'a').active).toBe(false);
    expect(meter.count(policy, 'a')).toEqual({ active: true, ratio: 81 / 80, stage: 0 });
    expect(events).toMatchObject([
      { kind: 'tripped', flood: 'l7', key: 'a', isRest: false, rate: 81, baseline: 0, stage: 0, activeMs: 0 },
    ]);
  });

  it('names the heaviest keys of the flood', () => {
    for (let i = 0; i < 30; i++) meter.count(policy, 'visitor');
    for (let i = 0; i < 81; i++) meter.count(policy, 'attacker');
    expect(events[0].top).toEqual([
      { key: 'attacker', share: 81 / 111, errorBound: 0 },
      { key: 'visitor', share: 30 / 111, errorBound: 0 },
    ]);
  });

  it('comes within a period of the floor when traffic jumps over it', () => {
    send(meter, clock, policy, 'a', 40, 60_000);
    const jumpedMs = clock.monotonic();
    while (events.length === 0) send(meter, clock, policy, 'a', 400, 2.5);
    expect(clock.monotonic() - jumpedMs).toBeLessThanOrEqual(1_000);
    expect(events[0].baseline).toBeGreaterThan(35);
    expect(events[0].baseline).toBeLessThan(40.1);
  });

  it('needs more than the floor within any one period', () => {
    for (let s = 0; s < 30; s++) {
      for (let i = 0; i < 80; i++) expect(meter.count(policy, 'a').active).toBe(false);
      clock.advance(1_000);
    }
    expect(meter.snapshot()).toEqual([]);
  });

  it('needs tripTimes the baseline from a key that is always busy', () => {
    send(meter, clock, policy, 'busy', 70, 200_000); // usual: 70 a second, so 280 trips
    expect(send(meter, clock, policy, 'busy', 250, 1_000).active).toBe(false);
    expect(send(meter, clock, policy, 'busy', 400, 1_000).active).toBe(true);
  });

  it('concerns one key of one flood', () => {
    for (let i = 0; i < 200; i++) meter.count(policy, 'a');
    expect(meter.count(policy, 'b').active).toBe(false);
    expect(meter.count(floodOf({ name: 'other' }), 'a').active).toBe(false);
    expect(meter.count(policy, 'a').active).toBe(true);
  });

  it('measures over the period of the floor, however long', () => {
    const slow = floodOf({ name: 'slow', baselineMs: 3_600_000, floor: { count: 30, periodMs: 60_000 } });
    expect(send(meter, clock, slow, 'a', 0.4, 120_000).active).toBe(false); // 24 a minute
    expect(send(meter, clock, slow, 'a', 1, 40_000).active).toBe(true);
    expect(events[0].rate).toBeCloseTo(31 / 60, 5);
  });

  it('takes the ratio from the floor while the baseline is below it', () => {
    for (let i = 0; i < 39; i++) meter.count(policy, 'a');
    expect(meter.count(policy, 'a').ratio).toBe(0.5);
    const low = floodOf({ name: 'low', floor: { count: 5, periodMs: 1_000 } });
    send(meter, clock, low, 'b', 4, 200_000);
    send(meter, clock, floodOf({ name: 'low', floor: { count: 1, periodMs: 1_000 } }), 'b', 4, 1_000);
    const reading = meter.count(floodOf({ name: 'low', floor: { count: 1, periodMs: 1_000 } }), 'b');
    expect(reading.ratio).toBeGreaterThan(1); // by a baseline of 4
    expect(reading.ratio).toBeLessThan(1.4);
  });
});

describe('baseline', () => {
  const usual = (): number => {
    for (let i = 0; events.length === 0 && i < 1e6; i++) meter.count(policy, 'a');
    return events[0].baseline;
  };

  it('is the exponentially weighted moving average of the rate', () => {
    send(meter, clock, policy, 'a', 40, 21_000); // the last second is still in the window
    expect(usual()).toBeCloseTo(40 * (1 - Math.exp(-1)), 0);
  });

  it('decays by e in each time constant without requests, all at once when the next one comes', () => {
    send(meter, clock, policy, 'a', 40, 200_000);
    clock.advance(20_000);
    expect(usual()).toBeCloseTo(40 * Math.exp(-19 / 20), 0); // a slot is learned a period after it was counted
  });

  it('learns nothing from the requests that trip the key, nor from any while it is active', () => {
    send(meter, clock, policy, 'a', 40, 200_000);
    send(meter, clock, policy, 'a', 4_000, 30_000);
    expect(kinds()).toEqual(['tripped', 'escalated', 'escalated']);
    expect(events[0].baseline).toBeCloseTo(40, 0);
    expect(meter.snapshot()[0].baseline).toBe(events[0].baseline);
    // Released, it trips again at the same rate as before.
    send(meter, clock, policy, 'a', 40, 10_000);
    expect(kinds().at(-1)).toBe('released');
    send(meter, clock, policy, 'a', 4_000, 1_000);
    expect(events.at(-1)).toMatchObject({ kind: 'tripped' });
    expect(events.at(-1)?.baseline).toBeCloseTo(events[0].baseline, 0);
  });

  it('follows traffic that doubles more slowly than every ln 2 times baselineMs by (tripTimes - 1), here 4.6 s', () => {
    const ramp = (key: string, doublingS: number): boolean => {
      let active = false;
      for (let s = 0; 20 * 2 ** (s / doublingS) < 5_000; s++)
        active ||= send(meter, clock, policy, key, 20 * 2 ** (s / doublingS), 1_000).active;
      return active;
    };
    expect(ramp('quick', 3)).toBe(true);
    expect(ramp('slow', 9)).toBe(false);
  });

  it('is kept when rules are loaded anew, whatever they say but the period', () => {
    send(meter, clock, policy, 'a', 40, 200_000);
    const reloaded = floodOf({ tripTimes: 10, baselineMs: 40_000 });
    for (let i = 0; i < 300; i++) expect(meter.count(reloaded, 'a').active).toBe(false);
    const otherPeriod = floodOf({ floor: { count: 80, periodMs: 2_000 } });
    for (let i = 0; i < 80; i++) expect(meter.count(otherPeriod, 'a').active).toBe(false);
    expect(meter.count(otherPeriod, 'a').active).toBe(true);
  });
});

describe('release', () => {
  const flood = (): void => {
    send(meter, clock, policy, 'a', 1_000, 1_000);
    expect(meter.count(policy, 'a').active).toBe(true);
  };

  it('waits until the rate has been low for all of releaseMs', () => {
    flood();
    send(meter, clock, policy, 'a', 20, 3_500); // low is below 40; a second passes until the window says so
    expect(meter.count(policy, 'a').active).toBe(true);
    send(meter, clock, policy, 'a', 20, 1_000);
    expect(meter.count(policy, 'a').active).toBe(false);
    expect(kinds()).toEqual(['tripped', 'released']);
  });

  it('begins to wait anew whenever the rate is not low', () => {
    flood();
    for (let i = 0; i < 10; i++) {
      send(meter, clock, policy, 'a', 20, 2_500);
      expect(send(meter, clock, policy, 'a', 60, 1_000).active).toBe(true);
    }
    expect(kinds()).toEqual(['tripped', 'escalated', 'escalated']);
  });

  it('comes with the next request of a key that fell silent', () => {
    flood();
    clock.advance(10_000);
    expect(meter.count(policy, 'a')).toEqual({ active: false, ratio: 1 / 80, stage: -1 });
    expect(kinds()).toEqual(['tripped', 'released']);
  });

  it('comes with a sweep if the key never returns, and names it', () => {
    flood();
    clock.advance(3_800);
    meter.sweep();
    expect(kinds()).toEqual(['tripped']);
    clock.advance(200);
    meter.sweep();
    meter.sweep();
    expect(kinds()).toEqual(['tripped', 'released']);
    expect(events[1]).toMatchObject({ flood: 'l7', key: 'a', rate: 0, isEvicted: false });
    expect(meter.snapshot()).toEqual([]);
  });

  it('follows rules that were loaded meanwhile', () => {
    flood();
    const patient = floodOf({ releaseMs: 60_000 });
    meter.count(patient, 'a');
    clock.advance(30_000);
    expect(meter.count(patient, 'a').active).toBe(true);
    clock.advance(62_000);
    expect(meter.count(patient, 'a').active).toBe(false);
  });
});

describe('stages', () => {
  it('are reached by the time since the trip, each told once, and the last one holds', () => {
    const seen: number[] = [];
    for (let s = 0; s < 40; s++) seen.push(send(meter, clock, policy, 'a', 200, 1_000).stage);
    expect(seen.indexOf(1)).toBe(5);
    expect(seen.indexOf(2)).toBe(20);
    expect(seen.at(-1)).toBe(2);
    expect(events.map(({ kind, stage }) => [kind, stage])).toEqual([
      ['tripped', 0],
      ['escalated', 1],
      ['escalated', 2],
    ]);
  });

  it('begin anew after a release', () => {
    send(meter, clock, policy, 'a', 200, 10_000);
    clock.advance(60_000);
    expect(send(meter, clock, policy, 'a', 200, 1_000).stage).toBe(0);
    expect(events.map(({ kind, stage }) => [kind, stage])).toEqual([
      ['tripped', 0],
      ['escalated', 1],
      ['released', 1],
      ['tripped', 0],
    ]);
  });

  it('may be fewer than were reached, after a reload', () => {
    send(meter, clock, policy, 'a', 200, 30_000);
    const shorter = floodOf({ stages: policy.stages.slice(0, 1) });
    expect(meter.count(shorter, 'a')).toMatchObject({ active: true, stage: 0 });
  });
});

describe('a block with a time', () => {
  const blocking = floodOf({
    stages: [
      { kind: 'block', status: 429, forMs: 60_000, afterMs: 0 },
      { kind: 'ban', forMs: 600_000, afterMs: 20_000 },
    ],
  });

  it('keeps the key active for that time after its release would have come', () => {
    send(meter, clock, blocking, 'a', 200, 1_000);
    clock.advance(3_500 + 60_000); // low within a second, so released after three to four without the block
    meter.sweep();
    expect(meter.count(blocking, 'a')).toMatchObject({ active: true, stage: 0 });
    clock.advance(500);
    meter.sweep();
    expect(events.map(({ kind, stage }) => [kind, stage])).toEqual([
      ['tripped', 0],
      ['released', 0],
    ]);
    expect(meter.count(blocking, 'a').active).toBe(false);
  });

  it('brings no later stage while only that time runs, nor counts it when the flood comes back', () => {
    send(meter, clock, blocking, 'a', 200, 1_000);
    expect(send(meter, clock, blocking, 'a', 10, 50_000).stage).toBe(0);
    expect(send(meter, clock, blocking, 'a', 200, 14_000).stage).toBe(0); // 1 s, 4 s until release, 14 s
    expect(send(meter, clock, blocking, 'a', 200, 2_500).stage).toBe(1);
    expect(kinds()).toEqual(['tripped', 'escalated']);
  });

  it('ends with its stage: what a later one asks holds', () => {
    send(meter, clock, blocking, 'a', 200, 21_000);
    clock.advance(4_200);
    expect(meter.count(blocking, 'a').active).toBe(false);
  });

  it('follows a reload that takes the time away', () => {
    send(meter, clock, blocking, 'a', 200, 1_000);
    clock.advance(10_000);
    const brief = floodOf({ stages: [{ kind: 'block', status: 429, forMs: 0, afterMs: 0 }] });
    expect(meter.count(brief, 'a').active).toBe(true); // what was stored; from now on the new time holds
    clock.advance(200);
    expect(meter.count(brief, 'a').active).toBe(false);
  });
});

describe('time', () => {
  it('may stand still', () => {
    for (let i = 0; i < 1_000; i++) meter.count(policy, 'a');
    expect(meter.snapshot()).toMatchObject([{ key: 'a', rate: 1_000, activeMs: 0 }]);
  });

  it('may jump far ahead', () => {
    send(meter, clock, policy, 'a', 200, 1_000);
    clock.advance(400 * 24 * 3_600_000);
    expect(meter.count(policy, 'a').active).toBe(false);
    for (let i = 0; i < 100; i++) meter.count(policy, 'a');
    expect(events.at(-1)).toMatchObject({ kind: 'tripped' });
    expect(events.at(-1)?.baseline).toBeLessThan(0.001);
  });

  it('may be a little behind in another thread', () => {
    for (let i = 0; i < 60; i++) meter.count(policy, 'a');
    clock.advance(-200);
    for (let i = 0; i < 20; i++) expect(meter.count(policy, 'a').active).toBe(false);
    expect(meter.count(policy, 'a').active).toBe(true);
    clock.advance(-200);
    expect(meter.count(policy, 'a').active).toBe(true);
    expect(meter.snapshot()[0].activeMs).toBe(0);
    meter.sweep();
    expect(kinds()).toEqual(['tripped']);
  });
});

it('takes any key: empty, long, all bytes, and tells them apart', () => {
  const keys = ['', '\0', 'a'.repeat(100_000), `${'a'.repeat(100_000)}b`, '\xff', '\u2603'];
  for (const key of keys) {
    for (let i = 0; i < 50; i++) expect(meter.count(policy, key).active).toBe(false);
  }
  expect(meter.snapshot()).toEqual([]);
});

it('shows only the floods asked for', () => {
  for (let i = 0; i < 100; i++) meter.count(policy, 'a');
  for (let i = 0; i < 100; i++) meter.count(floodOf({ name: 'other' }), 'b');
  expect(meter.snapshot('l7').map((one) => one.key)).toEqual(['a']);
  expect(meter.snapshot('none')).toEqual([]);
  expect(meter.snapshot().length).toBe(2);
});
