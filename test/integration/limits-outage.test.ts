/**
 * A real Redis dies, freezes, restarts and forgets under a steady load of requests from two replicas: none is rejected, none
 * waits for it once it was noticed, limits stay within their bound, and the replicas find it again.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { processClock } from '../../src/core/clock.ts';
import {
  leaseBound,
  leaseTokensMax,
  outageBound,
  outageStartBound,
} from '../../src/limiter/cluster/bounds.ts';
import { ClusterStore } from '../../src/limiter/cluster/cluster-store.ts';
import { ReplicaCount, ReplicaHeartbeat } from '../../src/limiter/cluster/replica-count.ts';
import { systemTimers } from '../../src/limiter/cluster/timers.ts';
import type { LimitPolicy } from '../../src/limiter/limit-policy.ts';
import type { LimitReadings } from '../../src/limiter/limit-store.ts';
import { MemoryStore } from '../../src/limiter/memory/memory-store.ts';
import { createMemoryTables } from '../../src/limiter/memory/memory-tables.ts';
import { demandOf, policyOf } from '../support/limit-demands.ts';
import { type OpenStore, openStore } from '../support/redis-store.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

/** Long enough that nothing comes back while a test runs. */
const DAY_MS = 86_400_000;
/** Far above what a busy machine with both on two cores needs: an outage here is one that the test made. */
const DEADLINE_MS = 800;
const BURST = 4;

interface Replica {
  readonly remote: OpenStore;
  readonly store: ClusterStore;
  readonly count: ReplicaCount;
  readonly heartbeat: ReplicaHeartbeat;
}

async function startReplica(url: string, name: string): Promise<Replica> {
  const remote = await openStore(url);
  const memory = new MemoryStore(
    createMemoryTables({ smallRecords: 4_096, slidingRecords: 4_096, sketchCells: 4_096 }),
    processClock,
  );
  const count = new ReplicaCount(ReplicaCount.allocate());
  const heartbeat = new ReplicaHeartbeat({
    remote: remote.store,
    replica: name,
    count,
    clock: processClock,
    timers: systemTimers,
  });
  heartbeat.start();
  const store = new ClusterStore({
    remote: remote.store,
    memory,
    clock: processClock,
    replicas: count,
    deadlineMs: DEADLINE_MS,
    onReturn: () => {
      heartbeat.beat();
    },
  });
  remote.connection.onState((state) => {
    if (state === 'ready') store.reconnected();
  });
  return { remote, store, count, heartbeat };
}

/** Requests from all replicas until told to stop, and what became of them. */
class Load {
  readonly #replicas: readonly Replica[];
  readonly #policy: LimitPolicy;
  readonly #running: Promise<void>;
  #isOver = false;
  readonly waitsMs: number[] = [];
  readonly failures: unknown[] = [];
  admitted = 0;
  asked = 0;

  constructor(replicas: readonly Replica[], policy: LimitPolicy) {
    this.#replicas = replicas;
    this.#policy = policy;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const open = new Set<Promise<void>>();
    while (!this.#isOver) {
      for (const { store } of this.#replicas.flatMap((replica) => new Array<Replica>(BURST).fill(replica))) {
        const one = this.#request(store).finally(() => open.delete(one));
        open.add(one);
      }
      await sleep(1);
    }
    await Promise.all(open);
  }

  async #request(store: ClusterStore): Promise<void> {
    const startMs = performance.now();
    this.asked++;
    try {
      const readings = await store.take([demandOf(this.#policy, 'ann')]);
      this.#note(readings, performance.now() - startMs);
    } catch (error) {
      this.failures.push(error);
    }
  }

  #note(readings: LimitReadings, waitMs: number): void {
    if (readings.every(({ granted }) => granted)) this.admitted++;
    this.waitsMs.push(waitMs);
  }

  /** Nearest rank. */
  wait(share: number): number {
    const sorted = this.waitsMs.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  }
}

let server: RedisServer;
let replicas: readonly Replica[] = [];

const isAway = (): boolean => replicas.every(({ store }) => store.figures.away);
const isBack = (): boolean => replicas.every(({ store }) => !store.figures.away);
const outages = (): number => replicas.reduce((sum, { store }) => sum + store.figures.outages, 0);

beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(async () => {
  await server.command('flushall');
  replicas = await Promise.all(['one', 'two'].map((name) => startReplica(server.url, name)));
  for (const { heartbeat } of replicas) heartbeat.beat();
  await until(() => {
    for (const { heartbeat } of replicas) heartbeat.beat();
    return replicas.every(({ count }) => count.value === 2);
  }, 'two replicas that know each other');
});
afterEach(async () => {
  for (const { store, heartbeat, remote } of replicas) {
    store.close();
    await heartbeat.close();
    remote.connection.close();
  }
});
afterAll(async () => {
  await server.stop();
});

/** Everything the load must never show, whatever happened. */
function checkLoad(load: Load, name: string): void {
  expect(load.failures).toEqual([]);
  expect(load.waitsMs).toHaveLength(load.asked);
  process.stdout.write(
    `${name}: ${load.asked} requests, waits p50 ${load.wait(0.5).toFixed(2)} p99 ${load.wait(0.99).toFixed(2)} ` +
      `max ${load.wait(1).toFixed(1)} ms\n`,
  );
}

describe.each(['exact', 'leased'] as const)('%s limits', (sharing) => {
  const policy = { ...policyOf({ count: 640, periodMs: DAY_MS }), sharing };
  const rate = policy.rates[0] ?? { count: 0, periodMs: 0, burst: 0 };
  const boundAfter = (forgotten: number): number => outageBound('sliding_window', rate, 1, 2, forgotten);

  it('survive a crash and a restart without the counts', async () => {
    const load = new Load(replicas, policy);
    await until(() => load.admitted > 100, 'requests under way');
    await server.kill();
    await until(isAway, 'replicas that noticed');
    const during = new Load(replicas, policy);
    await until(() => during.asked > 100, 'requests meanwhile');
    await during.stop();
    await server.restart();
    const backMs = performance.now();
    await until(isBack, 'replicas that came back');
    process.stdout.write(`back after ${Math.round(performance.now() - backMs)} ms\n`);
    const before = load.asked;
    await until(() => load.asked > before + 100, 'requests afterwards');
    await load.stop();
    checkLoad(load, `${sharing}, crash`);
    checkLoad(during, `${sharing}, during`);
    expect(load.admitted + during.admitted).toBeLessThanOrEqual(boundAfter(1));
  });

  it('survive a freeze: requests wait for one deadline, those in flight with them, and then nobody', async () => {
    const load = new Load(replicas, policy);
    await until(() => load.admitted > 100, 'requests under way');
    server.pause();
    await until(isAway, 'replicas that noticed');
    const timeouts = replicas.map(({ store }) => store.figures.timeouts);
    const during = new Load(replicas, policy);
    await until(() => during.asked > 100, 'requests meanwhile');
    await during.stop();
    await load.stop();
    server.resume();
    await until(isBack, 'replicas that came back');
    checkLoad(load, `${sharing}, freeze`);
    checkLoad(during, `${sharing}, during`);
    expect(timeouts).toEqual([1, 1]);
    const bound = sharing === 'exact' ? outageStartBound(rate, 2) : boundAfter(0);
    expect(load.admitted + during.admitted).toBeLessThanOrEqual(bound);
  });

  it('survive FLUSHALL and SCRIPT FLUSH unnoticed', async () => {
    const load = new Load(replicas, policy);
    await until(() => load.admitted > 100, 'requests under way');
    const before = outages();
    await server.command('script', 'flush');
    await until(() => load.admitted >= rate.count - leaseTokensMax(rate), 'a limit that is spent');
    await server.command('flushall');
    await until(() => load.admitted > rate.count, 'tokens of a store that forgot');
    await load.stop();
    checkLoad(load, `${sharing}, flush`);
    expect(outages()).toBe(before);
    expect(load.admitted).toBeLessThanOrEqual(boundAfter(1));
  });
});

it('keeps leased limits to their bound, with few trips', async () => {
  const wide = policyOf({ name: 'wide', count: 64_000, periodMs: DAY_MS });
  const policy: LimitPolicy = { ...wide, sharing: 'leased' };
  const load = new Load(replicas, policy);
  await until(() => load.asked > 10_000, 'requests');
  await load.stop();
  checkLoad(load, 'leased');
  const { calls, leaseTrips, leaseHits } = replicas
    .map(({ store }) => store.figures)
    .reduce((a, b) => ({
      ...a,
      calls: a.calls + b.calls,
      leaseTrips: a.leaseTrips + b.leaseTrips,
      leaseHits: a.leaseHits + b.leaseHits,
    }));
  process.stdout.write(`leased: ${calls} calls, ${leaseTrips} fillings, ${leaseHits} from the hand\n`);
  expect(calls + leaseTrips).toBeLessThan(load.asked / 20);
  const rate = policy.rates[0] ?? { count: 0, periodMs: 0, burst: 0 };
  expect(load.admitted).toBeLessThanOrEqual(leaseBound('sliding_window', rate, 1, 2));
});
