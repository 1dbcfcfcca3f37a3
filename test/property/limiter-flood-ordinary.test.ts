/** A day of ordinary traffic of one key, simulated: how often a flood is seen where there is none, and that a real one is. */
import { expect, it } from 'vitest';
import { ManualClock } from '../../src/core/clock.ts';
import type { FloodEvent } from '../../src/limiter/flood/flood-event.ts';
import { FloodMeter } from '../../src/limiter/flood/flood-meter.ts';
import { createFloodTables } from '../../src/limiter/flood/flood-tables.ts';
import { floodOf } from '../support/flood.ts';
import { randomOf } from '../support/fuzz.ts';

const TICK_MS = 125;
const DAY_TICKS = 86_400_000 / TICK_MS;
/** Requests per second in the busiest hour; the least busy has a thirtieth. */
const BUSY = 10;
/** Of one page: 6 to 18. */
const REQUESTS_PER_PAGE = 12;

/** Requests of each tick: pages come at random, more by day; each asks for some things within half a second. */
function* dayOfPages(random: (below: number) => number): Generator<number> {
  const due = new Array<number>(8).fill(0);
  const chance = (part: number): boolean => random(1e6) < part * 1e6;
  for (let tick = 0; tick < DAY_TICKS; tick++) {
    const light = Math.max(1 / 30, (1 - Math.cos((2 * Math.PI * tick) / DAY_TICKS)) / 2);
    // At most one new page a tick keeps chances simple: 10 requests a second are one page in ten ticks.
    if (chance((BUSY * light * TICK_MS) / 1_000 / REQUESTS_PER_PAGE)) {
      for (let left = 6 + random(13); left > 0; left--) due[(tick + random(4)) % due.length]++;
    }
    yield due[tick % due.length];
    due[tick % due.length] = 0;
  }
}

it('is quiet for a day of pages when the floor is ten times the busy rate, and loud within a second of a flood', () => {
  const clock = new ManualClock(1_000_000);
  const events: FloodEvent[] = [];
  const tables = createFloodTables({ workers: 1, keys: 64 });
  const meter = new FloodMeter(tables, clock, { workerIndex: 0, onEvent: (event) => events.push(event) });
  const policy = floodOf({
    baselineMs: 600_000,
    tripTimes: 8,
    floor: { count: 10 * BUSY, periodMs: 1_000 },
    releaseTimes: 3,
    releaseMs: 30_000,
  });
  let requests = 0;
  for (const count of dayOfPages(randomOf(7))) {
    clock.advance(TICK_MS);
    requests += count;
    for (let i = 0; i < count; i++) meter.count(policy, 'key');
  }
  expect(requests).toBeGreaterThan(200_000);
  expect(events.length).toBeLessThanOrEqual(2); // one false trip a day at the most
  events.length = 0;
  for (let tick = 0; tick < 8 && events.length === 0; tick++) {
    clock.advance(TICK_MS);
    for (let i = 0; i < 20; i++) meter.count(policy, 'key');
  }
  expect(events).toMatchObject([{ kind: 'tripped', key: 'key' }]);
});
