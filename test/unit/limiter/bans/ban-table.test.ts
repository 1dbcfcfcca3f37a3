/** The laws of bans: longer wins, lifts end what was before them, time runs out, room is bounded. */
import { beforeEach, expect, it } from 'vitest';
import { BANS_MAX, BAN_KEY_BYTES_MAX, BAN_MS_MAX, BAN_SLACK_MS } from '../../../../src/core/limits.ts';
import { BanTable, OPERATOR, storedKey } from '../../../../src/limiter/bans/ban-table.ts';
import type { BanOutcome } from '../../../../src/limiter/bans/ban-table.ts';
import { MovingClock } from './moving-clock.ts';

const MINUTE = 60_000;
let clock: MovingClock;
let evicted: string[];
let table: BanTable;

beforeEach(() => {
  clock = new MovingClock();
  evicted = [];
  table = new BanTable({
    clock,
    isExempt: (_kind, key) => key.startsWith('10.0.0.1'),
    onEvict: ({ key }) => evicted.push(key),
  });
});

function put(key: string, forMs: number, by = 'net.scan'): BanOutcome {
  const setAtMs = clock.monotonic();
  return table.put({ kind: 'client.ip', key, by, setAtMs, expiresAtMs: setAtMs + forMs });
}

it('lets the longer of two bans stand', () => {
  expect(put('192.0.2.1', 10 * MINUTE)).toBe('added');
  expect(put('192.0.2.1', MINUTE)).toBe('kept');
  expect(put('192.0.2.1', 10 * MINUTE + BAN_SLACK_MS)).toBe('kept');
  expect(put('192.0.2.1', 10 * MINUTE + BAN_SLACK_MS + 1, 'net.flood')).toBe('lengthened');
  expect(table.find('client.ip', '192.0.2.1')).toMatchObject({ by: 'net.flood' });
  expect(table.size).toBe(1);
});

it('keeps kinds apart', () => {
  put('192.0.2.1', MINUTE);
  expect(table.find('flood.l7', '192.0.2.1')).toBeUndefined();
});

it('ends a ban when its time is over, and forgets it when told to', () => {
  put('192.0.2.1', MINUTE);
  clock.advance(MINUTE - 1);
  expect(table.find('client.ip', '192.0.2.1')).toBeDefined();
  expect(table.expire(10)).toEqual([]);
  clock.advance(1);
  expect(table.find('client.ip', '192.0.2.1')).toBeUndefined();
  expect(put('192.0.2.1', MINUTE)).toBe('added');
  clock.advance(MINUTE);
  expect(table.expire(10).map(({ key }) => key)).toEqual(['192.0.2.1']);
  expect(table.size).toBe(0);
});

it.each([-365 * 24 * 3_600_000, 365 * 24 * 3_600_000])(
  'counts down whatever the wall clock does (%d ms)',
  (jumpMs) => {
    put('192.0.2.1', MINUTE);
    clock.jump(jumpMs);
    clock.advance(MINUTE - 1);
    expect(table.find('client.ip', '192.0.2.1')).toBeDefined();
    clock.advance(1);
    expect(table.find('client.ip', '192.0.2.1')).toBeUndefined();
  },
);

it('lifts what was set before, not what was set after', () => {
  put('192.0.2.1', MINUTE);
  const between = clock.monotonic() + 5;
  clock.advance(10);
  put('192.0.2.2', MINUTE);
  expect(table.lift('client.ip', '192.0.2.2', between)).toBeUndefined();
  expect(table.lift('client.ip', '192.0.2.1', between)).toMatchObject({ key: '192.0.2.1' });
  expect(table.lift('client.ip', '192.0.2.1', between)).toBeUndefined();
  expect(table.liftAll(between)).toBe(0);
  expect(table.liftAll(clock.monotonic())).toBe(1);
});

it('never bans an exempt key, nor for nothing, nor for ever', () => {
  expect(put('10.0.0.1', MINUTE)).toBe('exempt');
  expect(put(`10.0.0.1 ${'k'.repeat(BAN_KEY_BYTES_MAX)}`, MINUTE)).toBe('exempt');
  expect([table.exempts('client.ip', '10.0.0.1'), table.exempts('client.ip', '192.0.2.1')]).toEqual([
    true,
    false,
  ]);
  expect(put('192.0.2.1', 0)).toBe('kept');
  expect(put('192.0.2.1', Infinity)).toBe('added');
  clock.advance(BAN_MS_MAX);
  expect(table.find('client.ip', '192.0.2.1')).toBeUndefined();
});

it('keeps a digest of a key that is too long, and finds it by the whole key', () => {
  const long = 'k'.repeat(BAN_KEY_BYTES_MAX + 1);
  put(long, MINUTE);
  expect(table.find('client.ip', long)?.key).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(table.find('client.ip', `${long}x`)).toBeUndefined();
  expect(storedKey('k'.repeat(BAN_KEY_BYTES_MAX))).toHaveLength(BAN_KEY_BYTES_MAX);
});

it('evicts the ban that would end first when BANS_MAX is reached, and operators’ bans for nobody but operators', () => {
  put('operator', MINUTE / 2, OPERATOR);
  for (let index = 1; index < BANS_MAX; index++) put(`k${index}`, MINUTE + BANS_MAX - index);
  expect([table.size, table.displaced]).toEqual([BANS_MAX, 0]);
  expect(put('shorter', MINUTE)).toBe('full');
  expect(put('longer', 2 * MINUTE + BANS_MAX)).toBe('added');
  expect(evicted).toEqual([`k${BANS_MAX - 1}`]);
  expect(put('by hand', 1_000, OPERATOR)).toBe('added');
  expect(evicted).toEqual([`k${BANS_MAX - 1}`, `k${BANS_MAX - 2}`]);
  expect([table.size, table.displaced]).toEqual([BANS_MAX, 3]);
  expect(table.find('client.ip', 'operator')).toBeDefined();
});

it('takes a full table of operators’ bans for full', () => {
  for (let index = 0; index < BANS_MAX; index++) put(`k${index}`, MINUTE, OPERATOR);
  expect(put('one more', 2 * MINUTE, OPERATOR)).toBe('full');
  expect([table.size, table.displaced]).toEqual([BANS_MAX, 1]);
});
