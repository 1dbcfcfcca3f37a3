/** Four worker threads over the same tables: limits are exact, whoever asks. */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { processClock } from '../../../../src/core/clock.ts';
import type { LimitAlgorithm } from '../../../../src/limiter/limit-policy.ts';
import type { LimitDemand } from '../../../../src/limiter/limit-store.ts';
import { MemoryStore } from '../../../../src/limiter/memory/memory-store.ts';
import { createMemoryTables, type MemoryTableOptions } from '../../../../src/limiter/memory/memory-tables.ts';
import { demandOf, policyOf } from '../../../support/limits.ts';
import { answerOf, ThreadFolder } from '../../../support/threads.ts';

const THREADS = 4;
const DAY_MS = 86_400_000;
// Four threads that spin for each other are slow where there are fewer cores.
vi.setConfig({ testTimeout: 120_000 });

const folder = new ThreadFolder();
afterAll(() => folder.remove());

/** Waits until all threads are there, then takes every request `rounds` times; answers the number granted of each. */
const SCRIPT = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { processClock } from 'src:core/clock.ts';
  import { MemoryStore } from 'src:limiter/memory/memory-store.ts';
  const { tables, gate, threads, requests, rounds, refunds } = workerData;
  const store = new MemoryStore(tables, processClock);
  const granted = requests.map(() => 0);
  const here = new Int32Array(gate);
  Atomics.add(here, 0, 1);
  while (Atomics.load(here, 0) < threads);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < requests.length; i++) {
      const readings = store.take(requests[i]);
      if (!readings.every((reading) => reading.granted)) continue;
      granted[i]++;
      if (refunds) store.refund(readings);
    }
  }
  parentPort.postMessage(granted);
`;

async function hammer(
  requests: readonly (readonly LimitDemand[])[],
  rounds: number,
  options: MemoryTableOptions & { refunds?: boolean } = {},
): Promise<{ granted: number[]; store: MemoryStore }> {
  const tables = createMemoryTables({
    smallRecords: 1_024,
    slidingRecords: 1_024,
    sketchCells: 1_024,
    ...options,
  });
  const data = {
    tables,
    gate: new SharedArrayBuffer(4),
    threads: THREADS,
    requests,
    rounds,
    refunds: options.refunds ?? false,
  };
  const answers = await Promise.all(
    Array.from({ length: THREADS }, () => answerOf(folder.start(SCRIPT, data)) as Promise<number[]>),
  );
  const granted = requests.map((_, i) => answers.reduce((sum, answer) => sum + answer[i]!, 0));
  return { granted, store: new MemoryStore(tables, processClock) };
}

describe.each<LimitAlgorithm>(['gcra', 'sliding_window', 'fixed_window'])('threads, %s', (algorithm) => {
  test('the number granted is the limit, to the token', async () => {
    // A year: no window ends and next to nothing drains while the test runs.
    const policy = policyOf({ algorithm, count: 10_000, periodMs: 365 * DAY_MS });
    const requests = ['a', 'b', 'c'].map((key) => [demandOf(policy, key)]);
    const { granted } = await hammer(requests, 5_000);
    expect(granted).toEqual([10_000, 10_000, 10_000]);
  });

  test('a client over its own limit never drains the shared one', async () => {
    const shared = policyOf({ name: 'shared', algorithm, count: 1_000_000, periodMs: 365 * DAY_MS });
    const own = policyOf({ name: 'own', algorithm, count: 300, periodMs: 365 * DAY_MS });
    const clients = Array.from({ length: 20 }, (_, i) => `client ${i}`);
    // Half of them name their limits the other way round: the order of locks is not that of demands.
    const requests = clients.map((client, i) => {
      const demands = [demandOf(shared, ''), demandOf(own, client)];
      return i % 2 === 0 ? demands : demands.reverse();
    });
    const { granted, store } = await hammer(requests, 400);
    expect(granted).toEqual(clients.map(() => 300));
    expect(store.take([demandOf(shared, '', 0)])[0]!.used).toBe(20 * 300);
  });

  test('tokens given back are all there again', async () => {
    const policy = policyOf({ algorithm, count: 1_000, periodMs: 365 * DAY_MS });
    const { granted, store } = await hammer([[demandOf(policy, 'a', 3)]], 5_000, { refunds: true });
    expect(granted).toEqual([THREADS * 5_000]);
    expect(store.take([demandOf(policy, 'a', 0)])[0]!.used).toBe(0);
  });
});

test('evictions by four threads at once give nobody a request', async () => {
  const policy = policyOf({ count: 20, periodMs: 365 * DAY_MS });
  const watched = Array.from({ length: 10 }, (_, i) => [demandOf(policy, `watched ${i}`)]);
  const strangers = Array.from({ length: 1_000 }, (_, i) => [demandOf(policy, `stranger ${i}`)]);
  const { granted } = await hammer([...watched, ...strangers], 15, { smallRecords: 128, sketchCells: 64 });
  expect(Math.max(...granted)).toBeLessThanOrEqual(20);
});

test('monotonic time is one for all threads', async () => {
  const script = `
    import { parentPort } from 'node:worker_threads';
    import { processClock } from 'src:core/clock.ts';
    parentPort.postMessage(processClock.monotonic());
  `;
  for (let i = 0; i < 3; i++) {
    const before = processClock.monotonic();
    const during = (await answerOf(folder.start(script, undefined))) as number;
    expect(during).toBeGreaterThan(before);
    expect(during).toBeLessThan(processClock.monotonic());
  }
});
