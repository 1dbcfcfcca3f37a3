// Whatever happens to the shared store and to the way there, requests are answered in time, limits are kept to within the
// published bounds (docs/adr/0014-limits-outage.md), and the store is found again.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { STORE_DEADLINE_MS_DEFAULT } from '../../src/core/limits.ts';
import {
  leaseBound,
  leaseTokensMax,
  outageBound,
  outageStartBound,
} from '../../src/limiter/cluster/bounds.ts';
import { ClusterStore } from '../../src/limiter/cluster/cluster-store.ts';
import type { LimitPolicy, LimitRate } from '../../src/limiter/limit-policy.ts';
import type { LimitDemand, LimitReading, LimitReadings } from '../../src/limiter/limit-store.ts';
import { MemoryStore } from '../../src/limiter/memory/memory-store.ts';
import { createMemoryTables } from '../../src/limiter/memory/memory-tables.ts';
import { type LinkState, SimulatedLink, SimulatedServer } from '../support/simulated-store.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const NUM_RUNS = Number(process.env['WARD_RUNS'] ?? 100);
const PERIOD_MS = 1_000;
const RETURN_MS = 2_000;

const policy = (name: string, count: number, rest: Partial<LimitPolicy> = {}): LimitPolicy => ({
  name,
  algorithm: 'sliding_window',
  rates: [{ count, periodMs: PERIOD_MS, burst: count }],
  sharing: 'exact',
  down: 'local',
  status: 429,
  blockMs: 0,
  ...rest,
});
const SLIDING = policy('sliding', 7);
const BOUNDED: readonly LimitPolicy[] = [
  SLIDING,
  policy('fixed', 7, { algorithm: 'fixed_window' }),
  policy('gcra', 7, { algorithm: 'gcra' }),
  policy('blocking', 7, { blockMs: 300 }),
  policy('leased', 130, { sharing: 'leased' }),
  policy('leased-gcra', 130, { sharing: 'leased', algorithm: 'gcra' }),
];
const OTHERS: readonly LimitPolicy[] = [
  policy('open', 7, { down: 'open' }),
  policy('closed', 7, { down: 'closed' }),
  policy('process', 20, { sharing: 'process' }),
];
const POLICIES = [...BOUNDED, ...OTHERS];

interface Worker {
  readonly link: SimulatedLink;
  readonly store: ClusterStore;
}

interface Admitted {
  readonly place: string;
  readonly atMs: number;
  readonly isLocal: boolean;
}

/** Some replicas of some workers around one server, and a record of what they admitted. */
class Cluster {
  readonly time = new VirtualTime();
  readonly server = new SimulatedServer(this.time);
  readonly workers: readonly Worker[];
  readonly admitted: Admitted[] = [];
  readonly forgottenMs: number[] = [];
  readonly waits: { readonly ms: number }[] = [];
  readonly kept: LimitReadings[] = [];
  pending = 0;
  refunds = 0;

  constructor(replicas: number, workersEach: number) {
    const { time } = this;
    this.workers = Array.from({ length: replicas }, () => {
      const tables = createMemoryTables({
        clock: time,
        smallRecords: 64,
        slidingRecords: 64,
        sketchCells: 64,
      });
      return Array.from({ length: workersEach }, () => {
        const link = new SimulatedLink(this.server, time);
        const memory = new MemoryStore(tables, time);
        const parts = { remote: link, memory, clock: time, timers: time, replicas: { value: replicas } };
        return { link, store: new ClusterStore(parts) };
      });
    }).flat();
  }

  take(worker: Worker, demands: readonly LimitDemand[]): void {
    const isAway = worker.store.figures.away;
    const askedMs = this.time.now();
    const answer = worker.store.take(demands);
    if (!(answer instanceof Promise)) {
      this.#admit(demands, answer);
      return;
    }
    expect(isAway).toBe(false); // an open breaker never makes anybody wait
    this.pending++;
    void answer.then((readings) => {
      this.pending--;
      this.waits.push({ ms: this.time.now() - askedMs });
      this.#admit(demands, readings);
    });
  }

  refund(worker: Worker, which: number): void {
    const [readings] = this.kept.splice(which % Math.max(1, this.kept.length), 1);
    if (readings === undefined) return;
    worker.store.refund(readings);
    this.refunds++;
  }

  /** Times at which the store itself decided, which is what its windows are about; for tokens in hand, now. */
  #admit(demands: readonly LimitDemand[], readings: LimitReadings): void {
    expect(readings.map((reading) => reading.demand)).toEqual(demands);
    if (!readings.every((reading) => reading.granted)) return;
    for (const reading of readings) {
      const { demand, source } = reading;
      const atMs = source === 'redis' ? decidedMs(reading) : this.time.now();
      this.admitted.push({
        place: placeOf(demand.policy, demand.key),
        atMs,
        isLocal: source === 'local',
      });
    }
    this.kept.push(readings);
  }
}

/** The simulated store says when its tokens come back by themselves: a period after they were given. */
function decidedMs(reading: LimitReading): number {
  const { backMs } = reading as LimitReading & { readonly backMs: number };
  return backMs - PERIOD_MS;
}

const placeOf = ({ name }: LimitPolicy, key: string): string => `${name} ${key}`;

type Step = (cluster: Cluster) => void;

const who = fc.nat({ max: 5 });
const pick = (cluster: Cluster, index: number): Worker => {
  const worker = cluster.workers[index % cluster.workers.length];
  if (worker === undefined) throw new Error('a cluster has workers');
  return worker;
};
const demand = fc
  .record({ policy: fc.constantFrom(...POLICIES), key: fc.constantFrom('a', 'a', 'b') })
  .map((parts): LimitDemand => ({ ...parts, rate: 0, cost: 1, shadow: false }));

const requests = fc
  .tuple(
    who,
    fc.uniqueArray(demand, { minLength: 1, maxLength: 3, selector: (d) => d.policy.name }),
    fc.nat(40),
  )
  .map(
    ([worker, demands, times]): Step =>
      (cluster) => {
        const isSmall = demands.every((one) => one.policy.sharing !== 'leased');
        for (let i = 0; i <= (isSmall ? times % 8 : times); i++) cluster.take(pick(cluster, worker), demands);
      },
  );
const fault = fc
  .tuple(who, fc.constantFrom<LinkState>('up', 'up', 'deaf', 'mute', 'refusing', 'stopped'), fc.boolean())
  .map(
    ([worker, state, isForAll]): Step =>
      (cluster) => {
        for (const each of isForAll ? cluster.workers : [pick(cluster, worker)]) each.link.state = state;
      },
  );
const slowness = fc.tuple(who, fc.constantFrom(0.25, 3, 12, 40)).map(
  ([worker, delayMs]): Step =>
    (cluster) => {
      pick(cluster, worker).link.delayMs = delayMs;
    },
);
const lostSlot = fc.constantFrom('a', 'b', '').map(
  (lost): Step =>
    (cluster) => {
      for (const { link } of cluster.workers) link.isLost = (key) => key === lost;
    },
);
const loss = fc.constantFrom(5, 200, Number.POSITIVE_INFINITY).map(
  (ms): Step =>
    (cluster) => {
      cluster.server.forgetLast(ms);
      cluster.forgottenMs.push(cluster.time.now());
    },
);
const refund = fc.tuple(who, fc.nat()).map(
  ([worker, which]): Step =>
    (cluster) => {
      cluster.refund(pick(cluster, worker), which);
    },
);
const step = fc.oneof(
  { arbitrary: requests, weight: 12 },
  { arbitrary: fault, weight: 3 },
  { arbitrary: slowness, weight: 1 },
  { arbitrary: lostSlot, weight: 1 },
  { arbitrary: loss, weight: 1 },
  { arbitrary: refund, weight: 1 },
);
const schedule = fc.array(fc.tuple(step, fc.constantFrom(0, 0, 1, 5, 30, 130, 400)), { maxLength: 60 });
const size = fc.constantFrom([2, 1], [3, 1], [2, 2]);

function inWindow(all: readonly Admitted[], startMs: number): readonly Admitted[] {
  return all.filter((one) => one.atMs >= startMs && one.atMs < startMs + PERIOD_MS);
}

function mostInWindow(all: readonly Admitted[]): number {
  const times = all.map((one) => one.atMs).sort((a, b) => a - b);
  let first = 0;
  return times.reduce((most, atMs, last) => {
    while ((times[first] ?? atMs) <= atMs - PERIOD_MS) first++;
    return Math.max(most, last - first + 1);
  }, 0);
}

/** Until the store answers again: nothing came from it after somebody had stood in for it. */
function isBeginning(window: readonly Admitted[]): boolean {
  const firstLocal = Math.min(...window.filter((one) => one.isLocal).map((one) => one.atMs));
  return window.every((one) => one.isLocal || one.atMs < firstLocal);
}

function checkBounds(cluster: Cluster, [replicas, workersEach]: readonly [number, number]): void {
  for (const { name, algorithm, sharing, rates } of BOUNDED) {
    const rate = rates[0] as LimitRate;
    for (const key of ['a', 'b']) {
      const all = cluster.admitted.filter((one) => one.place === `${name} ${key}`);
      for (const { atMs } of all) {
        const window = inWindow(all, atMs);
        const forgotten = cluster.forgottenMs.filter((ms) => ms >= atMs && ms < atMs + PERIOD_MS).length;
        const bound = outageBound(
          algorithm,
          rate,
          sharing === 'leased' ? workersEach : 0,
          replicas,
          forgotten,
        );
        expect(window.length).toBeLessThanOrEqual(bound + cluster.refunds);
        if (name !== SLIDING.name || workersEach > 1 || forgotten > 0 || !isBeginning(window)) continue;
        expect(window.length).toBeLessThanOrEqual(outageStartBound(rate, replicas) + cluster.refunds);
      }
    }
  }
}

it('keeps its promises through any schedule of failures', async () => {
  await fc.assert(
    fc.asyncProperty(size, schedule, async ([replicas = 1, workersEach = 1], steps) => {
      const cluster = new Cluster(replicas, workersEach);
      for (const [run, passMs] of steps) {
        run(cluster);
        await cluster.time.pass(passMs);
      }
      await cluster.time.pass(STORE_DEADLINE_MS_DEFAULT);
      expect(cluster.pending).toBe(0);
      expect(Math.max(0, ...cluster.waits.map(({ ms }) => ms))).toBeLessThanOrEqual(
        STORE_DEADLINE_MS_DEFAULT,
      );
      checkBounds(cluster, [replicas, workersEach]);
      await checkRecovery(cluster);
    }),
    { numRuns: NUM_RUNS },
  );
});

async function checkRecovery(cluster: Cluster): Promise<void> {
  for (const { link } of cluster.workers) {
    link.state = 'up';
    link.isLost = () => false;
    link.delayMs = 0.25;
  }
  await cluster.time.pass(RETURN_MS);
  for (const { store } of cluster.workers) {
    expect(store.figures.away).toBe(false);
    const answer = store.take([{ policy: SLIDING, rate: 0, key: 'late', cost: 1, shadow: false }]);
    await cluster.time.pass(1);
    expect(await answer).toMatchObject([{ source: 'redis' }]);
    store.close();
  }
  await cluster.time.pass(RETURN_MS);
  expect(cluster.time.pending).toBe(0);
}

const ask = (limit: LimitPolicy): LimitDemand => ({
  policy: limit,
  rate: 0,
  key: 'a',
  cost: 1,
  shadow: false,
});

it('lets through about 2 - 1/replicas times the limit when an outage begins, and no more', async () => {
  let most = 0;
  const visits = fc.array(fc.tuple(who, fc.nat(20), fc.constantFrom(0, 1, 30)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      visits,
      visits,
      fc.constantFrom<LinkState>('deaf', 'refusing', 'mute'),
      async (...drawn) => {
        const [before, during, state] = drawn;
        const cluster = new Cluster(3, 1);
        const visit = async (all: typeof before): Promise<void> => {
          for (const [worker, times, passMs] of all) {
            for (let i = 0; i < times; i++) cluster.take(pick(cluster, worker), [ask(SLIDING)]);
            await cluster.time.pass(passMs);
          }
        };
        await visit(before);
        await cluster.time.pass(1);
        for (const { link } of cluster.workers) link.state = state;
        await visit(during);
        await cluster.time.pass(STORE_DEADLINE_MS_DEFAULT);
        expect(cluster.pending).toBe(0);
        for (const { atMs } of cluster.admitted) {
          const { length } = inWindow(cluster.admitted, atMs);
          most = Math.max(most, length);
          expect(length).toBeLessThanOrEqual(outageStartBound(SLIDING.rates[0] as LimitRate, 3));
        }
      },
    ),
    { numRuns: NUM_RUNS },
  );
  expect(most).toBeGreaterThan(SLIDING.rates[0]?.count ?? 0);
});

it('keeps leased limits to their bound while all is well, and gives what it may', async () => {
  const leased = policy('leased', 640, { sharing: 'leased' });
  const rate = leased.rates[0] as LimitRate;
  let hits = 0;
  const visits = fc.array(fc.tuple(who, fc.integer({ min: 1, max: 60 }), fc.constantFrom(0, 1, 2, 20, 200)), {
    minLength: 40,
    maxLength: 80,
  });
  await fc.assert(
    fc.asyncProperty(visits, async (all) => {
      const cluster = new Cluster(2, 2);
      for (const [worker, times, passMs] of all) {
        for (let i = 0; i < times; i++) cluster.take(pick(cluster, worker), [ask(leased)]);
        await cluster.time.pass(passMs);
      }
      await cluster.time.pass(STORE_DEADLINE_MS_DEFAULT);
      const wanted = all.reduce((sum, [, times]) => sum + times, 0);
      const inHands = 4 * leaseTokensMax(rate);
      expect(cluster.admitted.length).toBeGreaterThanOrEqual(Math.min(wanted, rate.count - inHands));
      expect(mostInWindow(cluster.admitted)).toBeLessThanOrEqual(leaseBound('sliding_window', rate, 2, 2));
      for (const { store } of cluster.workers) hits += store.figures.leaseHits;
    }),
    { numRuns: Math.ceil(NUM_RUNS / 10) },
  );
  expect(hits).toBeGreaterThan(0);
});

it('has bounds that the tried limits can reach', () => {
  for (const { rates } of BOUNDED.filter(({ sharing }) => sharing === 'leased')) {
    expect(leaseTokensMax(rates[0] as LimitRate)).toBe(2);
  }
});
