/** Two Ward processes of two threads each on one Redis, and 20,000 requests of one client spread over both. */
import autocannon from 'autocannon';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leaseBound, leaseTokensMax, outageBound } from '../../src/limiter/cluster/bounds.ts';
import type { LimitAlgorithm } from '../../src/limiter/limit-policy.ts';
import { until } from '../support/until.ts';
import { Fleet } from './limit-fleet.ts';

const REQUESTS = 20_000;
const WARDS = 2;
const WORKERS = 2;
const LIMIT = 3_000;
const ATTEMPTS = 4;
const MONTH_MS = 31 * 86_400_000;
/** The first token of GCRA comes back after a quarter of an hour, those of the others later. */
const RATE = { count: LIMIT, periodMs: MONTH_MS, burst: LIMIT };
const ALGORITHMS: readonly LimitAlgorithm[] = ['sliding_window', 'gcra', 'fixed_window'];

const limiter = (name: string, algorithm: string, store: string): string => `
limiter ${name} { key client.ip  allow ${LIMIT} per 31d  using ${algorithm}  store ${store}  then block 429 }
rule dos.${name} "${name}" { severity warning  when request.path == "/${name}"  then limit ${name} }`;

let fleet: Fleet;

beforeAll(async () => {
  const rules = ALGORITHMS.flatMap((algorithm) => [
    limiter(`exact_${algorithm}`, algorithm, 'cluster'),
    limiter(`leased_${algorithm}`, algorithm, 'cluster leased'),
  ]);
  fleet = await Fleet.start({
    rules: rules.join(''),
    wards: WARDS,
    workers: WORKERS,
    // What counts here is the sum: no answer of Redis comes too late.
    env: { WARD_REDIS_TIMEOUT: '10s' },
  });
});
afterAll(async () => {
  await fleet.stop();
});

/** Decisions of a limiter by all processes; `source`: those made by that alone. */
async function decisions(limiter: string, source = ''): Promise<number> {
  const pages = await Promise.all(
    fleet.wards.map(async ({ adminUrl }) => (await fetch(`${adminUrl}/metrics`)).text()),
  );
  const counts = pages
    .flatMap((page) => page.split('\n'))
    .filter((line) => line.startsWith('ward_limit_decisions_total{') && line.includes(`limiter="${limiter}"`))
    .filter((line) => source === '' || line.includes(`source="${source}"`))
    .map((line) => Number(line.split(' ').at(-1)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Sends all requests of one client, half to each process, and resolves to how many reached the service. */
async function flood(path: string, client: string): Promise<number> {
  const before = fleet.admitted(path);
  const headers = { 'x-forwarded-for': client };
  const results = await Promise.all(
    fleet.wards.map(({ url }) =>
      autocannon({ url: url + path, headers, connections: 16, amount: REQUESTS / WARDS, timeout: 60 }),
    ),
  );
  const statuses = { passed: 0, refused: 0 };
  for (const { errors, timeouts, statusCodeStats = {} } of results) {
    expect([errors, timeouts]).toEqual([0, 0]);
    for (const [status, { count = 0 }] of Object.entries(statusCodeStats)) {
      if (status === '200') statuses.passed += count;
      else if (status === '429') statuses.refused += count;
      else expect.unreachable(`status ${status}`);
    }
  }
  expect(statuses.passed + statuses.refused).toBe(REQUESTS);
  expect(fleet.admitted(path) - before).toBe(statuses.passed);
  return statuses.passed;
}

/**
 * The same while Redis answers. On a machine so busy that Redis stays silent for a second it is taken for dead, and another
 * bound holds; then another client is sent.
 */
async function undisturbed(limiter: string, algorithm: LimitAlgorithm): Promise<number> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const [all, local] = [await decisions(limiter), await decisions(limiter, 'local')];
    const admitted = await flood(`/${limiter}`, `192.0.2.${attempt}`);
    await until(async () => (await decisions(limiter)) === all + REQUESTS, 'metrics', 60_000);
    if ((await decisions(limiter, 'local')) === local) return admitted;
    expect(admitted).toBeLessThanOrEqual(outageBound(algorithm, RATE, WORKERS, WARDS, 0));
  }
  throw new Error(`Redis was away in each of ${ATTEMPTS} attempts`);
}

it.each(ALGORITHMS)('an exact limit (%s) admits exactly its number', async (algorithm) => {
  expect(await undisturbed(`exact_${algorithm}`, algorithm)).toBe(LIMIT);
});

it.each(ALGORITHMS)(
  'a leased limit (%s) admits at most its bound, and nearly all it may',
  async (algorithm) => {
    const admitted = await undisturbed(`leased_${algorithm}`, algorithm);
    expect(admitted).toBeLessThanOrEqual(leaseBound(algorithm, RATE, WORKERS, WARDS));
    expect(admitted).toBeGreaterThanOrEqual(LIMIT - WARDS * WORKERS * leaseTokensMax(RATE));
  },
);
