/** When a register exchanges with the shared list, and how long it waits for it at the start. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  BAN_BATCH_MAX,
  BAN_LOAD_MS_MAX,
  BAN_PUSH_MS,
  BAN_RESYNC_MS,
  BAN_SYNC_BACKOFF_MS_MAX,
  BAN_SYNC_MS,
} from '../../../../src/core/limits.ts';
import type { BanChange } from '../../../../src/limiter/bans/ban-change.ts';
import { BanRegister } from '../../../../src/limiter/bans/ban-register.ts';
import type { BanCursor, BanExchangeReply, BanRemote } from '../../../../src/limiter/bans/ban-remote.ts';
import { BanSync } from '../../../../src/limiter/bans/ban-sync.ts';
import { MovingClock } from './moving-clock.ts';

/** The shared list at the other end of a line that the test cuts. The real one is in `test/contract`. */
class Line implements BanRemote {
  readonly asked: { changes: readonly BanChange[]; since: BanCursor }[] = [];
  isCut = false;
  hasMore = false;

  exchange(changes: readonly BanChange[], since: BanCursor): Promise<BanExchangeReply> {
    this.asked.push({ changes, since });
    clock.advance(100);
    if (this.isCut) return Promise.reject(new Error('cut'));
    const cursor = { life: 'one', version: this.asked.length };
    return Promise.resolve({ cursor, changes: [], more: this.hasMore, displaced: 0 });
  }
}

let clock: MovingClock;
let line: Line;
let register: BanRegister;
let sync: BanSync;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  clock = new MovingClock();
  line = new Line();
  register = new BanRegister({ clock });
  sync = new BanSync({ register, remote: line, clock });
});

afterEach(() => {
  sync.stop();
  vi.useRealTimers();
});

/** Both the timers and the clock. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await vi.advanceTimersByTimeAsync(ms);
}

it('does not wait longer than BAN_LOAD_MS_MAX for a list that never ends', async () => {
  line.hasMore = true;
  await sync.start();
  expect(line.asked).toHaveLength(BAN_LOAD_MS_MAX / 100);
});

it('asks every BAN_SYNC_MS, and BAN_PUSH_MS after something changed here', async () => {
  await sync.start();
  await pass(BAN_SYNC_MS);
  expect(line.asked).toHaveLength(2);
  register.add('client.ip', '192.0.2.1', 60_000);
  register.add('client.ip', '192.0.2.2', 60_000);
  await pass(BAN_PUSH_MS);
  expect(line.asked).toHaveLength(3);
  expect(line.asked[2]?.changes).toHaveLength(2);
});

it('tells many in batches, one after the other', async () => {
  await sync.start();
  for (let index = 0; index <= BAN_BATCH_MAX; index++) register.add('client.ip', `k${index}`, 60_000);
  await pass(BAN_PUSH_MS);
  await pass(1);
  expect(line.asked.slice(1).map(({ changes }) => changes.length)).toEqual([BAN_BATCH_MAX, 1]);
});

it('tries again with growing pauses, at the most BAN_SYNC_BACKOFF_MS_MAX, and tells all when it is back', async () => {
  line.isCut = true;
  await sync.start();
  register.add('client.ip', '192.0.2.1', 60 * 60_000);
  for (const pauseMs of [BAN_SYNC_MS, 2 * BAN_SYNC_MS, 4 * BAN_SYNC_MS]) await pass(pauseMs);
  expect(line.asked).toHaveLength(4);
  for (let round = 0; round < 5; round++) await pass(BAN_SYNC_BACKOFF_MS_MAX);
  expect([line.asked.length, sync.state]).toEqual([9, 'alone']);
  line.isCut = false;
  await pass(BAN_SYNC_BACKOFF_MS_MAX);
  await pass(1);
  expect(sync.state).toBe('shared');
  expect(line.asked.at(-1)?.changes).toMatchObject([{ op: 'ban', key: '192.0.2.1' }]);
});

it('tells and reads everything again after BAN_RESYNC_MS', async () => {
  await sync.start();
  register.add('client.ip', '192.0.2.1', 2 * BAN_RESYNC_MS);
  await pass(BAN_PUSH_MS);
  await pass(BAN_RESYNC_MS);
  await pass(BAN_SYNC_MS);
  const fromTheBeginning = line.asked.filter(({ since }) => since.version === 0);
  expect(fromTheBeginning).toHaveLength(2);
  expect(line.asked.filter(({ changes }) => changes.length === 1)).toHaveLength(2);
});
