/**
 * Two Ward processes under steady load while their Redis dies, freezes, comes back empty and forgets: nobody gets a 5xx for
 * it, nobody waits for it once it was noticed, limits stay within their bound, and both find it again.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outageBound, outageStartBound } from '../../src/limiter/cluster/bounds.ts';
import { until as untilBy } from '../support/until.ts';
import { Fleet, SteadyLoad } from './limit-fleet.ts';

const WARDS = 2;
const RATE = { count: 256, periodMs: 3_600_000, burst: 256 };
/** Far above what an answer takes on a busy machine: an outage here is one that the test made. */
const DEADLINE_MS = 800;
const CLIENTS = 8;
const PATHS = ['exact', 'leased'] as const;

/** Longer than it takes by far, for busy machines. */
const until = (what: () => boolean | Promise<boolean>, name: string): Promise<void> =>
  untilBy(what, name, 60_000);

/** `seen` leaves a trace in Redis of each process that asks it. */
const RULES = `
limiter exact { key request.headers["x-client"]  allow 256 per 1h  store cluster, down -> local  then block 429 }
limiter leased { key request.headers["x-client"]  allow 256 per 1h  store cluster leased, down -> local  then block 429 }
limiter seen { key request.headers["x-ward"]  allow 1_000_000 per 1h  using gcra  store cluster, down -> open  then block 429 }
rule dos.exact "exact" { severity warning  when request.path |> basename == "exact"  then limit exact }
rule dos.leased "leased" { severity warning  when request.path |> basename == "leased"  then limit leased }
rule dos.seen "seen" { severity warning  when request.path |> basename == "exact"  then limit seen }`;

let fleet: Fleet;
let load: SteadyLoad;

/** Each process announced itself after both were there, and so knows of the other. */
async function replicasKnown(): Promise<void> {
  const heartbeats = async (): Promise<string[]> =>
    (await fleet.redis.command('zrange', 'ward:fleet:replicas', '0', '-1', 'withscores')).split('\n');
  await until(async () => (await heartbeats()).length === 2 * WARDS, 'two replicas');
  const first = new Set(await heartbeats());
  await until(async () => (await heartbeats()).filter((text) => !first.has(text)).length === WARDS, 'beats');
}

beforeAll(async () => {
  const env = { WARD_REDIS_TIMEOUT: `${DEADLINE_MS}ms` };
  fleet = await Fleet.start({ rules: RULES, wards: WARDS, env });
  await replicasKnown();
});
afterAll(async () => {
  await load.stop();
  await fleet.stop();
});

/** Calls to Redis that waited for their deadline, by process. */
const timeouts = (): Promise<number[]> =>
  Promise.all(
    fleet.wards.map(async ({ adminUrl }) => {
      const page = await (await fetch(`${adminUrl}/metrics`)).text();
      return Number(/^ward_limit_store_calls_total\{result="timed_out"\} (\d+)/m.exec(page)?.[1] ?? 0);
    }),
  );

/** Begins a load under a key of its own, and waits until some of it was counted in Redis. */
async function begin(client: string): Promise<void> {
  const targets = PATHS.map((path) => `/${client}/${path}`);
  load = new SteadyLoad(fleet.wards, { targets, headers: { 'x-client': client }, clients: CLIENTS });
  await until(() => targets.every((target) => fleet.admitted(target) > 20), 'counted requests');
}

async function moreRequests(): Promise<void> {
  const goal = load.sent + 200;
  await until(() => load.sent > goal, 'answers');
}

const traces = async (): Promise<string[]> =>
  (await fleet.redis.command('keys', 'ward:fleet:l1:seen.*')).split('\n').filter((key) => key !== '');

/** Both processes ask Redis again. */
async function isBack(): Promise<void> {
  const old = await traces();
  if (old.length > 0) await fleet.redis.command('del', ...old);
  await until(async () => (await traces()).length === WARDS, 'both processes asking Redis');
}

type Bounds = Readonly<Record<(typeof PATHS)[number], number>>;

/** Goes on until more was asked for than may be admitted, so that the bounds are tried. */
async function exceed(bound: Bounds): Promise<void> {
  await until(() => load.sent > PATHS.length * Math.max(bound.exact, bound.leased) + WARDS * CLIENTS, 'load');
}

/** Ends the load and looks at what no outage may change. */
async function end(client: string, bound: Bounds): Promise<void> {
  await exceed(bound);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect([...load.statuses.keys()].toSorted()).toEqual([200, 429]);
  for (const path of PATHS) {
    const admitted = fleet.admitted(`/${client}/${path}`);
    expect(admitted, path).toBeLessThanOrEqual(bound[path]);
  }
}

const boundAfter = (forgotten: number): number => outageBound('sliding_window', RATE, 1, WARDS, forgotten);

it('a crash, and a restart without the counts', async () => {
  const events = fleet.wards.map((ward) => ward.events.length);
  await begin('crash');
  await fleet.redis.kill();
  await Promise.all(fleet.wards.map((ward, index) => ward.event('redis.down', events[index])));
  await moreRequests();
  await fleet.redis.restart();
  await isBack();
  await Promise.all(fleet.wards.map((ward, index) => ward.event('redis.up', events[index])));
  await moreRequests();
  await end('crash', { exact: boundAfter(1), leased: boundAfter(1) });
});

it('a freeze: those in flight wait for one deadline, and then nobody', async () => {
  const bound = { exact: outageStartBound(RATE, WARDS), leased: boundAfter(0) };
  await begin('freeze');
  const before = await timeouts();
  fleet.redis.pause();
  try {
    await exceed(bound);
    await load.stop();
    // One in each process, and the breaker opened: the silence of the connection is noticed later.
    const noticed = async (): Promise<boolean> =>
      (await timeouts()).every((count, ward) => count === (before[ward] ?? 0) + 1);
    await until(noticed, 'one call past its deadline in each process');
  } finally {
    fleet.redis.resume();
  }
  const waited = load.waitsMs.filter((ms) => ms >= DEADLINE_MS).length;
  expect(waited).toBeGreaterThan(0);
  expect(waited).toBeLessThanOrEqual(WARDS * CLIENTS);
  await end('freeze', bound);
  load = new SteadyLoad(fleet.wards, { targets: ['/thaw/exact'] });
  await isBack();
  await load.stop();
});

it('FLUSHALL and SCRIPT FLUSH, which nobody notices', async () => {
  const events = fleet.wards.map((ward) => ward.events.length);
  await begin('flush');
  await fleet.redis.command('script', 'flush');
  await moreRequests();
  await fleet.redis.command('flushall');
  await isBack();
  await moreRequests();
  await end('flush', { exact: 2 * RATE.count, leased: boundAfter(1) });
  expect(fleet.admitted('/flush/exact')).toBeGreaterThan(RATE.count);
  const noticed = fleet.wards.flatMap((ward, index) => ward.events.slice(events[index]));
  expect(noticed.filter(({ event }) => event.startsWith('redis.'))).toEqual([]);
});
