/** Sentinel and Cluster: limits survive a failover and a lost node, and hold across slots. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keySlot } from '../../src/limiter/redis/key-slot.ts';
import type { RedisReading } from '../../src/limiter/redis/redis-reading.ts';
import { demandOf, policyOf } from '../support/limit-demands.ts';
import { openStore, type OpenStore } from '../support/redis-store.ts';
import { RedisCluster, SentinelGroup } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const DAY_MS = 86_400_000;

describe('Sentinel', () => {
  it('a failover is survived with the counts the replica had', async () => {
    const group = await SentinelGroup.start();
    const { connection, store } = await openStore(group.url);
    const demand = demandOf(policyOf({ count: 100, periodMs: DAY_MS }), 'a');
    await Promise.all([1, 2, 3].map(() => store.take([demand])));
    const [master, replica] = group.servers;
    await until(async () => (await replica!.command('dbsize')) === '1', 'replication');
    await master!.kill();
    const readings: RedisReading[] = [];
    await until(async () => {
      const reading = await store.take([demand]).catch(() => undefined);
      if (reading !== undefined) readings.push(...reading);
      return readings.length > 0;
    }, 'the replica to be promoted');
    expect(readings).toMatchObject([{ granted: true, used: 4 }]);
    // A promoted replica takes writes before the sentinels say so.
    await until(async () => (await group.masterPort()) === replica!.port, 'the sentinels to agree');
    connection.close();
    await group.stop();
  });
});

describe('a Cluster', () => {
  let cluster: RedisCluster;
  let open: OpenStore;
  /** Two clients whose keys lie on different nodes. */
  const far = ['a', 'b'] as const;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
    open = await openStore(cluster.url);
  });
  afterAll(async () => {
    open.connection.close();
    await cluster.stop();
  });

  it('has the slots that keySlot computes', async () => {
    for (const key of [
      '',
      'x',
      'foo{bar}',
      'foo{}{bar}',
      'ward:shop:l1:per_client.g1000:{MTIzNDU2Nzg5MDEyMzQ1Ng}',
    ]) {
      expect(keySlot(key)).toBe(Number(await cluster.nodes[0]!.command('cluster', 'keyslot', key)));
    }
  });

  it('admits exactly the limit of each of many keys', async () => {
    const policy = policyOf({ name: 'many', count: 5, periodMs: DAY_MS });
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => open.store.take([demandOf(policy, `key ${i % 100}`)])),
    );
    expect(answers.flat().filter(({ granted }) => granted)).toHaveLength(500);
    const sizes = await Promise.all(cluster.nodes.map((node) => node.command('dbsize')));
    expect(sizes.filter((size) => size === '0')).toEqual([]);
  });

  it('asks limiters of one client in one step', async () => {
    const demands = ['one', 'two'].map((name) =>
      demandOf(policyOf({ name, count: 5, periodMs: DAY_MS }), 'same'),
    );
    expect(await open.store.take(demands)).toMatchObject([{ used: 1 }, { used: 1 }]);
  });

  it('gives back what one node gave when another refuses', async () => {
    const wide = policyOf({ name: 'wide', count: 50, periodMs: DAY_MS });
    const narrow = policyOf({ name: 'narrow', count: 2, periodMs: DAY_MS });
    const demands = [demandOf(wide, far[0]), demandOf(narrow, far[1])];
    for (const used of [1, 2]) expect(await open.store.take(demands)).toMatchObject([{ used }, { used }]);
    expect(await open.store.take(demands)).toMatchObject([
      { granted: true, used: 2, remaining: 48, backUs: 0 },
      { granted: false, used: 2 },
    ]);
    await until(
      async () => (await open.store.take([{ ...demands[0]!, cost: 0 }]))[0]!.used === 2,
      'the cancel',
    );
  });

  it('never admits more than the limit, whatever the race across slots', async () => {
    const wide = policyOf({ name: 'race_wide', count: 300, periodMs: DAY_MS });
    const narrow = policyOf({ name: 'race_narrow', count: 20, periodMs: DAY_MS });
    const answers = await Promise.all(
      Array.from({ length: 2_000 }, (_, i) =>
        open.store.take([demandOf(wide, far[0]), demandOf(narrow, `${far[1]}${i % 10}`)]),
      ),
    );
    const admitted = answers.filter((readings) => readings.every(({ granted }) => granted)).length;
    expect(admitted).toBeLessThanOrEqual(200);
    expect(admitted).toBeGreaterThan(0);
    // What was cancelled is back: all that is spent was admitted.
    await until(
      async () => (await open.store.take([demandOf(wide, far[0], { cost: 0 })]))[0]!.used === admitted,
      'cancels',
    );
  });

  it('judges a rule on trial apart, across slots too', async () => {
    const full = policyOf({ name: 'full', count: 1, periodMs: DAY_MS });
    await open.store.take([demandOf(full, far[1], { shadow: true })]);
    const demands = far.flatMap((key) => [demandOf(full, key), demandOf(full, key, { shadow: true })]);
    expect(await open.store.take(demands)).toMatchObject([
      { granted: true, used: 1 },
      { granted: true, used: 0 },
      { granted: true, used: 1 },
      { granted: false, used: 1 },
    ]);
  });

  it('that lost a node rejects its keys, serves the others, and recovers', async () => {
    const policy = policyOf({ name: 'lost', count: 1_000_000, periodMs: DAY_MS });
    const ask = async (): Promise<number> => {
      const answers = await Promise.allSettled(
        Array.from({ length: 60 }, (_, i) => open.store.take([demandOf(policy, `k${i}`)])),
      );
      return answers.filter(({ status }) => status === 'fulfilled').length;
    };
    expect(await ask()).toBe(60);
    await cluster.nodes[2]!.kill();
    await until(async () => {
      const served = await ask();
      return served > 0 && served < 60;
    }, 'a part to be served');
    await cluster.nodes[2]!.restart();
    await until(async () => (await ask()) === 60, 'all to be served again');
  });
});
