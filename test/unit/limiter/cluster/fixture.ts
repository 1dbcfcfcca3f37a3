/** A cluster store over a simulated server, with virtual time. */
import type { Clock } from '../../../../src/core/clock.ts';
import { ClusterStore } from '../../../../src/limiter/cluster/cluster-store.ts';
import type { LimitPolicy, LimitRate } from '../../../../src/limiter/limit-policy.ts';
import type { LimitDemand, LimitReading, LimitReadings } from '../../../../src/limiter/limit-store.ts';
import { MemoryStore } from '../../../../src/limiter/memory/memory-store.ts';
import { createMemoryTables } from '../../../../src/limiter/memory/memory-tables.ts';
import { SimulatedLink, SimulatedServer } from '../../../support/simulated-store.ts';
import { VirtualTime } from '../../../support/virtual-time.ts';

export interface Replica {
  readonly store: ClusterStore;
  readonly link: SimulatedLink;
  readonly memory: MemoryStore;
  readonly replicas: { value: number };
}

export function memoryOf(clock: Clock): MemoryStore {
  return new MemoryStore(
    createMemoryTables({ clock, smallRecords: 4_096, slidingRecords: 4_096, sketchCells: 4_096 }),
    clock,
  );
}

export function startReplica(time: VirtualTime, server: SimulatedServer, replicas = 1): Replica {
  const link = new SimulatedLink(server, time);
  const memory = memoryOf(time);
  const count = { value: replicas };
  const store = new ClusterStore({ remote: link, memory, clock: time, timers: time, replicas: count });
  return { store, link, memory, replicas: count };
}

export interface World extends Replica {
  readonly time: VirtualTime;
  readonly server: SimulatedServer;
  /** Takes and lets a trip's time pass. */
  readonly take: (...demands: LimitDemand[]) => Promise<LimitReadings>;
  /** The same for one demand. */
  readonly takeOne: (demand: LimitDemand) => Promise<LimitReading>;
}

export function startWorld(replicas = 1): World {
  const time = new VirtualTime();
  const server = new SimulatedServer(time);
  const replica = startReplica(time, server, replicas);
  const take = async (...demands: LimitDemand[]): Promise<LimitReadings> => {
    const answer = replica.store.take(demands);
    if (!(answer instanceof Promise)) return answer;
    await time.pass(1);
    return answer;
  };
  const takeOne = async (demand: LimitDemand): Promise<LimitReading> => first(await take(demand));
  return { time, server, ...replica, take, takeOne };
}

export function policyOf(
  partial: Partial<LimitPolicy> & { readonly rate?: Partial<LimitRate> } = {},
): LimitPolicy {
  const { rate, ...rest } = partial;
  const count = rate?.count ?? 10;
  return {
    name: 'tried',
    algorithm: 'sliding_window',
    rates: [{ count, periodMs: 60_000, burst: count, ...rate }],
    sharing: 'exact',
    down: 'local',
    status: 429,
    blockMs: 0,
    ...rest,
  };
}

export function demandOf(policy: LimitPolicy, partial: Partial<LimitDemand> = {}): LimitDemand {
  return { policy, rate: 0, key: 'ann', cost: 1, shadow: false, ...partial };
}

export function first(readings: LimitReadings): LimitReading {
  const [reading] = readings;
  if (reading === undefined) throw new Error('a demand has a reading');
  return reading;
}
