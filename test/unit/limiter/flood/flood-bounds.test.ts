/** What a flood of keys can do: nothing to memory, nothing to an active key, little to a busy one. */
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import {
  FLOOD_KEY_CHARS_MAX,
  FLOOD_KEYS_MAX,
  FLOOD_NAME_CHARS_MAX,
  FLOOD_NAMES_MAX,
  FLOOD_SWEEP_KEYS_MAX,
} from '../../../../src/core/limits.ts';
import type { FloodEvent } from '../../../../src/limiter/flood/flood-event.ts';
import { FloodMeter } from '../../../../src/limiter/flood/flood-meter.ts';
import { createFloodTables } from '../../../../src/limiter/flood/flood-tables.ts';
import { floodOf, send } from '../../../support/flood.ts';

const policy = floodOf();

function meterOf(keys?: number) {
  const clock = new ManualClock(1_000_000);
  const events: FloodEvent[] = [];
  const tables = createFloodTables({ workers: 1, ...(keys === undefined ? {} : { keys }) });
  const meter = new FloodMeter(tables, clock, { workerIndex: 0, onEvent: (event) => events.push(event) });
  return { clock, events, tables, meter };
}

describe('a million keys', () => {
  it('neither free an active key nor make a busy one forget, and are seen as the rest', () => {
    const { clock, events, tables, meter } = meterOf(); // FLOOD_KEYS_MAX of them have room
    expect(tables.records.byteLength).toBe(FLOOD_KEYS_MAX * 128);
    send(meter, clock, policy, 'busy', 60, 60_000);
    for (let i = 0; i < 200; i++) meter.count(policy, 'attacker');
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1_000_000; i++) {
      if (i % 100 === 0) clock.advance(1); // 100,000 a second, ten seconds long
      meter.count(policy, `bot ${i}`);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(meter.count(policy, 'attacker')).toMatchObject({ active: false, stage: -1 }); // silent for 10 s
    expect(events.map(({ kind, key, isRest }) => [kind, key, isRest])).toContainEqual([
      'released',
      'attacker',
      false,
    ]);
    for (let i = 0; i < 100; i++) expect(meter.count(policy, 'busy').active).toBe(false); // trips at 4 times 57, not at 80
    expect(events.filter((event) => event.isRest)).toMatchObject([
      { kind: 'tripped', flood: 'l7', key: '' },
      { kind: 'escalated', stage: 1 },
    ]);
    expect(events.some((event) => event.isEvicted)).toBe(false);
  });

  it('hold an attacker down for as long as it goes on', () => {
    const { clock, events, meter } = meterOf(256);
    for (let i = 0; i < 200; i++) meter.count(policy, 'attacker');
    for (let i = 0; i < 300_000; i++) {
      if (i % 10 === 0) clock.advance(1);
      meter.count(policy, `bot ${i}`);
      if (i % 100 === 0) expect(meter.count(policy, 'attacker').active).toBe(true);
    }
    expect(events.filter((event) => event.key === 'attacker').map((event) => event.kind)).toEqual([
      'tripped',
      'escalated',
      'escalated',
    ]);
  });

  it('see the rest released when they stop', () => {
    const { clock, events, meter } = meterOf(64);
    for (let i = 0; i < 1_000; i++) meter.count(policy, `bot ${i}`);
    expect(meter.snapshot()).toMatchObject([{ flood: 'l7', key: '', isRest: true }]);
    clock.advance(10_000);
    meter.sweep();
    expect(events.map(({ kind, isRest }) => [kind, isRest])).toEqual([
      ['tripped', true],
      ['released', true],
    ]);
  });

  it('cannot be mistaken for a key: the empty key is not the rest', () => {
    const { meter } = meterOf(64);
    for (let i = 0; i < 1_000; i++) meter.count(policy, `bot ${i}`);
    expect(meter.count(policy, '').active).toBe(false);
  });

  it('do not make any of them active, since none floods', () => {
    const { meter } = meterOf(64);
    for (let i = 0; i < 10_000; i++) expect(meter.count(policy, `bot ${i}`).active).toBe(false);
  });
});

describe('a set full of active keys', () => {
  const full = () => {
    const made = meterOf(8); // one set
    for (let key = 0; key < 8; key++) for (let i = 0; i < 100; i++) made.meter.count(policy, `key ${key}`);
    expect(made.meter.snapshot().length).toBe(8);
    return made;
  };

  it('gives up none that is not low', () => {
    const { meter, events } = full();
    for (let i = 0; i < 500; i++)
      expect(meter.count(policy, 'new')).toEqual({ active: false, ratio: 0, stage: -1 });
    expect(meter.snapshot().length).toBe(8);
    expect(events.length).toBe(8);
  });

  it('gives up one that has become low for one that is new, and says so', () => {
    const { meter, events, clock } = full();
    clock.advance(2_000);
    meter.count(policy, 'new');
    expect(events.at(-1)).toMatchObject({ kind: 'released', isEvicted: true });
    expect(events.length).toBe(9);
  });
});

it('names FLOOD_NAMES_MAX active keys and holds down more of them in silence', () => {
  const { meter, events, clock } = meterOf(16_384);
  const low = floodOf({ floor: { count: 1, periodMs: 1_000 } });
  const keys = Array.from({ length: FLOOD_NAMES_MAX + 10 }, (_, i) => `key ${i}`);
  for (const key of keys) meter.count(low, key);
  for (const key of keys) expect(meter.count(low, key).active).toBe(true);
  expect(events.length).toBe(FLOOD_NAMES_MAX);
  expect(meter.snapshot().length).toBe(FLOOD_NAMES_MAX);
  clock.advance(60_000);
  for (const key of keys) expect(meter.count(low, key).active).toBe(false);
  expect(events.length).toBe(2 * FLOOD_NAMES_MAX);
  expect(meter.snapshot()).toEqual([]);
});

it('looks at FLOOD_SWEEP_KEYS_MAX active keys in one sweep and at the others in the next', () => {
  const { meter, clock } = meterOf(16_384);
  const low = floodOf({ floor: { count: 1, periodMs: 1_000 } });
  const count = FLOOD_SWEEP_KEYS_MAX + 500;
  for (let i = 0; i < count; i++) for (let twice = 0; twice < 2; twice++) meter.count(low, `key ${i}`);
  clock.advance(60_000);
  const released = (): number => FLOOD_NAMES_MAX - meter.snapshot().length;
  let sweeps = 0;
  for (; released() < FLOOD_NAMES_MAX; sweeps++) meter.sweep();
  expect(sweeps).toBe(2);
});

it('cuts names of floods at FLOOD_NAME_CHARS_MAX and keys at FLOOD_KEY_CHARS_MAX, in texts only', () => {
  const { meter } = meterOf(64);
  const long = floodOf({ name: 'f'.repeat(FLOOD_NAME_CHARS_MAX + 1) });
  const key = 'k'.repeat(FLOOD_KEY_CHARS_MAX);
  for (let i = 0; i < 60; i++) for (const end of ['a', 'b']) meter.count(long, key + end);
  expect(meter.snapshot()).toEqual([]); // 60 each, not 120
  for (let i = 0; i < 60; i++) meter.count(long, `${key}a`);
  expect(meter.snapshot()).toMatchObject([{ flood: 'f'.repeat(FLOOD_NAME_CHARS_MAX), key }]);
});
