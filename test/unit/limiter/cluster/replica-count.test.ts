// How many replicas share the limits, through outages and losses of memory.
import { describe, expect, it } from 'vitest';
import { REPLICA_HEARTBEAT_MS, REPLICA_TTL_MS, REPLICAS_MAX } from '../../../../src/core/limits.ts';
import { ReplicaCount, ReplicaHeartbeat } from '../../../../src/limiter/cluster/replica-count.ts';
import { SimulatedLink, SimulatedServer } from '../../../support/simulated-store.ts';
import { VirtualTime } from '../../../support/virtual-time.ts';

function start(time: VirtualTime, server: SimulatedServer, replica: string) {
  const remote = new SimulatedLink(server, time);
  const count = new ReplicaCount(ReplicaCount.allocate());
  const heartbeat = new ReplicaHeartbeat({ remote, replica, count, clock: time, timers: time });
  heartbeat.start();
  return { remote, count, heartbeat };
}

function startThree() {
  const time = new VirtualTime();
  const server = new SimulatedServer(time);
  const replicas = ['a', 'b', 'c'].map((name) => start(time, server, name));
  const counts = (): number[] => replicas.map((replica) => replica.count.value);
  return { time, server, replicas, counts };
}

describe('the count', () => {
  it('is shared by all who hold its memory, and stays sane', () => {
    const memory = ReplicaCount.allocate(3);
    const count = new ReplicaCount(memory);
    expect(count.value).toBe(3);
    new ReplicaCount(memory).value = 5;
    expect(count.value).toBe(5);
    count.value = 0;
    expect(count.value).toBe(1);
    count.value = REPLICAS_MAX + 1;
    expect(count.value).toBe(REPLICAS_MAX);
  });

  it('is known to all within a heartbeat', async () => {
    const { time, counts } = startThree();
    await time.pass(REPLICA_HEARTBEAT_MS + 1);
    expect(counts()).toEqual([3, 3, 3]);
  });

  it('is kept through an outage', async () => {
    const { time, replicas, counts } = startThree();
    await time.pass(REPLICA_HEARTBEAT_MS + 1);
    for (const replica of replicas) replica.remote.state = 'refusing';
    await time.pass(10 * REPLICA_TTL_MS);
    expect(counts()).toEqual([3, 3, 3]);
  });

  it('does not fall when the store has forgotten everybody', async () => {
    const { time, server, counts } = startThree();
    await time.pass(2 * REPLICA_HEARTBEAT_MS - 1);
    server.forget();
    for (let ms = 0; ms < 2 * REPLICA_TTL_MS; ms += 100) {
      await time.pass(100);
      expect(counts()).toEqual([3, 3, 3]);
    }
  });

  it('falls when a replica has died, and sooner when it took leave', async () => {
    const { time, replicas, counts } = startThree();
    await time.pass(REPLICA_HEARTBEAT_MS + 1);
    await Promise.all([replicas[2]?.heartbeat.close(), time.pass(1)]);
    await time.pass(REPLICA_TTL_MS + 2 * REPLICA_HEARTBEAT_MS);
    expect(counts().slice(0, 2)).toEqual([2, 2]);
    const two = replicas[1];
    if (two !== undefined) two.remote.state = 'deaf';
    await time.pass(2 * REPLICA_TTL_MS + REPLICA_HEARTBEAT_MS);
    expect(counts()[0]).toBe(1);
  });
});

describe('the heartbeat', () => {
  it('closes even when the store is away, and beats no more', async () => {
    const time = new VirtualTime();
    const { remote, heartbeat } = start(time, new SimulatedServer(time), 'a');
    await time.pass(1);
    remote.state = 'refusing';
    await Promise.all([heartbeat.close(), time.pass(1)]);
    await heartbeat.close();
    await time.pass(10 * REPLICA_HEARTBEAT_MS);
    expect(time.pending).toBe(0);
  });

  it('asks once at a time', async () => {
    const time = new VirtualTime();
    const server = new SimulatedServer(time);
    const { remote } = start(time, server, 'a');
    let asked = 0;
    remote.announce = () => {
      asked++;
      return new Promise(() => undefined);
    };
    await time.pass(5 * REPLICA_HEARTBEAT_MS);
    expect(asked).toBe(1);
  });
});
