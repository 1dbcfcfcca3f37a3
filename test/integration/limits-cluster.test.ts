/** Two Ward processes of two threads each on one Redis, and 20,000 requests of one client spread over both. */
import autocannon from 'autocannon';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leaseBound, leaseTokensMax } from '../../src/limiter/cluster/bounds.ts';
import type { LimitAlgorithm } from '../../src/limiter/limit-policy.ts';
import { Fleet } from './limit-fleet.ts';

const REQUESTS = 20_000;
const WARDS = 2;
const WORKERS = 2;
const LIMIT = 3_000;
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
    // What counts here is the sum, however busy the machine is: no answer of Redis comes too late.
    env: { WARD_REDIS_TIMEOUT: '10s' },
  });
});
afterAll(async () => {
  await fleet.stop();
});

/** Sends all requests, half to each process, and resolves to how many reached the service. */
async function flood(path: string): Promise<number> {
  const results = await Promise.all(
    fleet.wards.map(({ url }) =>
      autocannon({ url: url + path, connections: 16, amount: REQUESTS / WARDS, timeout: 60 }),
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
  expect(fleet.admitted(path)).toBe(statuses.passed);
  return statuses.passed;
}

it.each(ALGORITHMS)('an exact limit (%s) admits exactly its number', async (algorithm) => {
  expect(await flood(`/exact_${algorithm}`)).toBe(LIMIT);
});

it.each(ALGORITHMS)(
  'a leased limit (%s) admits at most its bound, and nearly all it may',
  async (algorithm) => {
    const admitted = await flood(`/leased_${algorithm}`);
    expect(admitted).toBeLessThanOrEqual(leaseBound(algorithm, RATE, WORKERS, WARDS));
    expect(admitted).toBeGreaterThanOrEqual(LIMIT - WARDS * WORKERS * leaseTokensMax(RATE));
  },
);
