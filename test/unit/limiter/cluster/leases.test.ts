// Tokens taken ahead: growth, bound, expiry, what is remembered of "none left".
import { describe, expect, it } from 'vitest';
import {
  LEASE_BURST_PARTS,
  LEASE_KEY_CHARS_MAX,
  LEASE_MS_MAX,
  LEASE_RETURN_BATCH_MAX,
  LEASES_MAX,
  STORE_DEADLINE_MS_DEFAULT,
} from '../../../../src/core/limits.ts';
import {
  leaseBound,
  leaseTokensMax,
  outageBound,
  outageStartBound,
} from '../../../../src/limiter/cluster/bounds.ts';
import type { LimitPolicy } from '../../../../src/limiter/limit-policy.ts';
import { demandOf, policyOf, startWorld, type World } from './fixture.ts';

const COUNT = 16 * LEASE_BURST_PARTS;
const leased = (partial: Partial<LimitPolicy> = {}): LimitPolicy =>
  policyOf({ sharing: 'leased', rate: { count: COUNT }, ...partial });

/** Takes so often that the hand is full, and waits until it is. */
async function warm(world: World, policy: LimitPolicy, key = 'ann'): Promise<void> {
  for (let i = 0; i < 20; i++) await world.takeOne(demandOf(policy, { key }));
  await world.time.pass(1);
}

const spentAtStore = async (world: World, policy: LimitPolicy, key = 'ann'): Promise<number> => {
  const [reading] = world.server.take([demandOf(policy, { key, cost: 0 })]);
  return reading?.used ?? 0;
};

describe('a hand', () => {
  it('begins exact: a key that comes once leaves no tokens out', async () => {
    const world = startWorld();
    expect(await world.takeOne(demandOf(leased()))).toMatchObject({ source: 'redis', used: 1 });
    await world.time.pass(10);
    expect(await spentAtStore(world, leased())).toBe(1);
  });

  it('grows with demand, and then answers at once', async () => {
    const world = startWorld();
    const policy = leased();
    await warm(world, policy);
    const trips = world.server.trips;
    for (let i = 0; i < leaseTokensMax(policy.rates[0] ?? { count: 0, periodMs: 0, burst: 0 }) / 2; i++) {
      expect(world.store.take([demandOf(policy)])).toMatchObject([{ granted: true, source: 'lease' }]);
    }
    await world.time.pass(1);
    expect(world.server.trips - trips).toBeLessThanOrEqual(1);
    expect(world.store.figures.leaseHits).toBeGreaterThan(8);
  });

  it('never holds more than the published share of the burst', async () => {
    const world = startWorld();
    const policy = leased();
    let admitted = 0;
    for (let i = 0; i < 200; i++) {
      admitted += (await world.takeOne(demandOf(policy))).granted ? 1 : 0;
      const out = (await spentAtStore(world, policy)) - admitted;
      expect(out).toBeLessThanOrEqual(16);
    }
    expect(world.store.figures.leaseTrips).toBeGreaterThan(5);
  });

  it('tells how the key stands, without the tokens in hand', async () => {
    const world = startWorld();
    const policy = leased();
    await warm(world, policy);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ used: 21, remaining: COUNT - 21 });
  });

  it('is not made for limits too small to have a share, limits with a block, or long keys', async () => {
    const world = startWorld();
    const small = leased({ name: 'small', rates: [{ count: 100, periodMs: 60_000, burst: 100 }] });
    const key = 'k'.repeat(LEASE_KEY_CHARS_MAX + 1);
    await warm(world, small);
    await warm(world, leased(), key);
    await warm(world, leased({ name: 'blocking', blockMs: 1 }));
    expect(world.store.figures).toMatchObject({ leases: 0, leaseTrips: 0 });
    await warm(world, leased(), key.slice(1));
    expect(world.store.figures.leases).toBe(1);
  });

  it('of a policy that was changed by a reload is not used', async () => {
    const world = startWorld();
    await warm(world, leased());
    expect(await world.takeOne(demandOf(leased()))).toMatchObject({ source: 'redis' });
  });

  it('expires, and what is left goes back', async () => {
    const world = startWorld();
    const policy = leased();
    await warm(world, policy);
    expect(await spentAtStore(world, policy)).toBeGreaterThan(20);
    await world.time.pass(3 * LEASE_MS_MAX);
    expect(await spentAtStore(world, policy)).toBe(20);
    expect(world.store.figures.leases).toBe(0);
    expect(world.time.pending).toBe(0);
  });

  it('of a fixed window ends with it and gives nothing to the next', async () => {
    const world = startWorld();
    const policy = leased({ algorithm: 'fixed_window' });
    await world.time.pass(60_000 - (world.time.now() % 60_000) - 200);
    await warm(world, policy);
    await world.time.pass(200);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ source: 'redis', used: 1 });
    await world.time.pass(3 * LEASE_MS_MAX);
    expect(await spentAtStore(world, policy)).toBe(1);
  });

  it('takes refunds back until it is filled again; later ones go to the store', async () => {
    const world = startWorld();
    const policy = leased();
    await warm(world, policy);
    const early = await world.take(demandOf(policy));
    const spent = await spentAtStore(world, policy);
    world.store.refund(early);
    await world.time.pass(1);
    expect(await spentAtStore(world, policy)).toBe(spent);
    const held = await world.take(demandOf(policy));
    for (let i = 0; i < 16; i++) await world.takeOne(demandOf(policy));
    const before = await spentAtStore(world, policy);
    world.store.refund(held);
    await world.time.pass(1);
    expect(await spentAtStore(world, policy)).toBe(before - 1);
  });

  it('is put back when another limit refuses', async () => {
    const world = startWorld();
    const policy = leased();
    const narrow = policyOf({ name: 'narrow', rate: { count: 1 } });
    await warm(world, policy);
    await world.take(demandOf(policy), demandOf(narrow));
    const [spared] = await world.take(demandOf(policy), demandOf(narrow));
    expect(spared).toMatchObject({ granted: true, used: 21 });
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ used: 22 });
  });

  it('is spent through an outage', async () => {
    const world = startWorld();
    const policy = leased();
    await warm(world, policy);
    world.link.state = 'deaf';
    void world.store.take([demandOf(policyOf())]);
    await world.time.pass(STORE_DEADLINE_MS_DEFAULT);
    expect(world.store.take([demandOf(policy)])).toMatchObject([{ source: 'lease' }]);
    for (let i = 0; i < 16; i++) await world.takeOne(demandOf(policy));
    expect(world.store.take([demandOf(policy)])).toMatchObject([{ source: 'local' }]);
  });
});

describe('none left', () => {
  it('is remembered: a client over its limit costs a trip a second', async () => {
    const world = startWorld();
    const policy = leased();
    for (let i = 0; i < COUNT + 50; i++) await world.takeOne(demandOf(policy));
    const trips = world.server.trips;
    let granted = 0;
    for (let i = 0; i < 1_000; i++) {
      const reading = await world.takeOne(demandOf(policy));
      granted += reading.granted ? 1 : 0;
      expect(reading.retryAfterMs).toBeGreaterThan(0);
      await world.time.pass(1);
    }
    expect(granted).toBe(0);
    expect(world.server.trips - trips).toBeLessThanOrEqual(3);
    expect(world.store.figures.leaseRefusals).toBeGreaterThan(900);
  });
});

describe('the book', () => {
  it(`holds ${LEASES_MAX} keys, and the tokens of an evicted one are lost`, async () => {
    const world = startWorld();
    const policy = leased();
    const fill = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i += 1_000) {
        const keys = Array.from({ length: Math.min(1_000, to - i) }, (_none, place) => `k${i + place}`);
        for (const key of keys) void world.store.take([demandOf(policy, { key })]);
        await world.time.pass(0.5);
      }
    };
    await warm(world, policy, 'first');
    const spent = await spentAtStore(world, policy, 'first');
    await fill(1, LEASES_MAX);
    expect(world.store.figures).toMatchObject({ leases: LEASES_MAX, leaseEvictions: 0 });
    await fill(LEASES_MAX, LEASES_MAX + 1);
    expect(world.store.figures).toMatchObject({ leases: LEASES_MAX, leaseEvictions: 1 });
    expect(await world.takeOne(demandOf(policy, { key: 'first' }))).toMatchObject({ source: 'redis' });
    await world.time.pass(3 * LEASE_MS_MAX);
    expect(await spentAtStore(world, policy, 'first')).toBe(spent + 1);
  });

  it(`gives back many at once in trips of ${LEASE_RETURN_BATCH_MAX}`, async () => {
    const world = startWorld();
    const policy = leased();
    const keys = Array.from({ length: LEASE_RETURN_BATCH_MAX + 1 }, (_none, i) => `k${i}`);
    for (let round = 0; round < 3; round++) {
      await Promise.all([
        ...keys.map((key) => world.store.take([demandOf(policy, { key })])),
        world.time.pass(1),
      ]);
    }
    const sizes: number[] = [];
    const refund = world.link.refund.bind(world.link);
    world.link.refund = (readings) => {
      sizes.push(readings.length);
      return refund(readings);
    };
    await world.time.pass(3 * LEASE_MS_MAX);
    expect(sizes).toEqual([LEASE_RETURN_BATCH_MAX, 1]);
    world.store.close();
  });
});

describe('the bounds', () => {
  const rate = { count: 640, periodMs: 1_000, burst: 640 };

  it('are numbers people can check', () => {
    expect(leaseTokensMax(rate)).toBe(10);
    expect(leaseTokensMax({ ...rate, burst: 2 * LEASE_BURST_PARTS - 1 })).toBe(0);
    expect(leaseBound('sliding_window', rate, 2, 3)).toBe(640 + 60);
    expect(leaseBound('gcra', rate, 1, 1)).toBe(1_290);
    expect(outageBound('sliding_window', { ...rate, count: 6, burst: 6 }, 2, 3, 1)).toBe(6 + 6 + 6);
    expect(outageStartBound({ ...rate, count: 6, burst: 6 }, 3)).toBe(10);
    expect(outageStartBound({ ...rate, count: 2, burst: 2 }, 3)).toBe(4);
  });
});
