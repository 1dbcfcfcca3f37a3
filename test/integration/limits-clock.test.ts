/** A wall clock that jumps by months, in every thread of a whole Ward: no limit opens for it and none closes. */
import { afterEach, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet } from './limit-fleet.ts';

const LIMIT = 20;
const JUMP_MS = 50;
const JUMPS = 15;

/** Nobody may set the clock of the machine: what reads it is replaced before anything is loaded. */
const JUMPING_CLOCK = `
const now = Date.now, day = 86_400_000;
Date.now = () => now() + [0, day, -day, 40 * day, -40 * day][Math.floor(performance.now() / ${JUMP_MS}) % 5];`;

const ALGORITHMS = ['sliding_window', 'gcra', 'fixed_window'] as const;
const limiter = (algorithm: string): string => `
limiter ${algorithm} { key client.ip  allow ${LIMIT} per 31d  using ${algorithm}  then block 429 }
limiter ${algorithm}_short { key client.ip  allow ${LIMIT} per 1s  using ${algorithm}  then block 429 }
rule dos.${algorithm} "long" { severity warning  when request.path == "/${algorithm}"  then limit ${algorithm} }
rule dos.${algorithm}_short "short" { severity warning  when request.path == "/${algorithm}/short"  then limit ${algorithm}_short }`;

let fleet: Fleet;
afterEach(async () => {
  await fleet.stop();
});

it.each([false, true])('limits hold, Redis %s', async (redis) => {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(JUMPING_CLOCK)}` };
  fleet = await Fleet.start({ rules: ALGORITHMS.map(limiter).join(''), redis, workers: 2, env });
  const url = fleet.wards[0]?.url ?? '';
  const statusOf = async (path: string): Promise<number> => {
    const answer = await fetch(url + path);
    await answer.arrayBuffer();
    return answer.status;
  };
  for (let jump = 0; jump < JUMPS; jump++) {
    const all = ALGORITHMS.flatMap((algorithm) => [`/${algorithm}`, `/${algorithm}`, `/${algorithm}/short`]);
    const statuses = await Promise.all(all.map(statusOf));
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    await sleep(JUMP_MS);
  }
  const admitted = ALGORITHMS.map((algorithm) => fleet.admitted(`/${algorithm}`));
  expect(admitted).toEqual(ALGORITHMS.map(() => LIMIT));
  // Who spent a short limit is let in again by time that passes, whatever the clock says.
  await sleep(1_100);
  for (const algorithm of ALGORITHMS) expect(await statusOf(`/${algorithm}/short`)).toBe(200);
  // The dates of the log show that the clock did jump.
  const months = new Set(fleet.wards[0]?.events.map(({ time }) => String(time).slice(0, 7)));
  expect(months.size).toBeGreaterThan(1);
});
