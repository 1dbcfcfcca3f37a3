// One store over a remote one and the memory that stands in for it.
import { describe, expect, it } from 'vitest';
import {
  STORE_CALLS_MAX,
  STORE_DEADLINE_MS_DEFAULT,
  STORE_PROBE_MS_MAX,
} from '../../../../src/core/limits.ts';
import { SimulatedServer } from '../../../support/simulated-store.ts';
import { VirtualTime } from '../../../support/virtual-time.ts';
import { demandOf, first, policyOf, startReplica, startWorld, type World } from './fixture.ts';

const GONE_MS = 60 * STORE_PROBE_MS_MAX;

/** Lets the store go away unnoticed by requests. */
async function failStore(world: World): Promise<void> {
  world.link.state = 'deaf';
  void world.store.take([demandOf(policyOf({ name: 'noticing' }))]);
  await world.time.pass(STORE_DEADLINE_MS_DEFAULT);
  expect(world.store.figures.away).toBe(true);
}

async function fill(world: World, key: string, times: number, policy = policyOf()): Promise<void> {
  for (let i = 0; i < times; i++) await world.takeOne(demandOf(policy, { key }));
}

describe('limits of the process', () => {
  it('are decided at once, without a trip', async () => {
    const { store, server, time } = startWorld();
    const answer = store.take([demandOf(policyOf({ sharing: 'process' }))]);
    expect(answer).not.toBeInstanceOf(Promise);
    await time.pass(10);
    expect(server.trips).toBe(0);
  });

  it('refuse without a trip what other limits would have had to be asked for', async () => {
    const world = startWorld();
    const local = policyOf({ name: 'own', sharing: 'process', rate: { count: 1 } });
    const shared = policyOf();
    await world.take(demandOf(shared), demandOf(local));
    const trips = world.server.trips;
    const refused = world.store.take([demandOf(shared), demandOf(local)]);
    expect(refused).toMatchObject([{ granted: true, used: 1 }, { granted: false }]);
    expect(world.server.trips).toBe(trips);
  });

  it('get their tokens back when the store refuses', async () => {
    const world = startWorld();
    const local = policyOf({ name: 'own', sharing: 'process', rate: { count: 5 } });
    const shared = policyOf({ rate: { count: 1 } });
    await world.take(demandOf(local), demandOf(shared));
    const refused = await world.take(demandOf(local), demandOf(shared));
    expect(refused).toMatchObject([{ granted: true, used: 1, remaining: 4 }, { granted: false }]);
    expect(await world.takeOne(demandOf(local))).toMatchObject({ used: 2 });
  });

  it('give nothing back that they did not give', async () => {
    const world = startWorld();
    const wide = policyOf({ name: 'wide', sharing: 'process', rate: { count: 5 } });
    const narrow = policyOf({ name: 'narrow', sharing: 'process', rate: { count: 1 } });
    await world.take(demandOf(wide), demandOf(narrow));
    await world.take(demandOf(wide), demandOf(narrow), demandOf(policyOf()));
    expect(await world.takeOne(demandOf(wide))).toMatchObject({ used: 2 });
  });
});

describe('demands on trial', () => {
  it('and enforced ones do not hinder each other, in one trip', async () => {
    const world = startWorld();
    const policy = policyOf({ rate: { count: 1 } });
    await world.take(demandOf(policy, { shadow: true }));
    const trips = world.server.trips;
    expect(await world.take(demandOf(policy), demandOf(policy, { shadow: true }))).toMatchObject([
      { granted: true },
      { granted: false },
    ]);
    expect(world.server.trips).toBe(trips + 1);
  });
});

describe('a block', () => {
  it('that the store imposed is known here, and costs no more trips', async () => {
    const world = startWorld();
    const policy = policyOf({ rate: { count: 1 }, blockMs: 600_000 });
    await fill(world, 'ann', 2, policy);
    const trips = world.server.trips;
    const refused = first(await world.take(demandOf(policy), demandOf(policyOf({ name: 'other' }))));
    expect(refused).toMatchObject({ granted: false, source: 'memory' });
    expect(refused.retryAfterMs).toBeGreaterThan(590_000);
    expect(world.server.trips).toBe(trips);
    expect(world.store.figures.knownBlocks).toBe(1);
  });

  it('is kept through an outage', async () => {
    const world = startWorld();
    const policy = policyOf({ rate: { count: 1 }, blockMs: 600_000, down: 'open' });
    await fill(world, 'ann', 2, policy);
    await failStore(world);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ granted: false });
  });

  it('that began with an answer too late is known too', async () => {
    const world = startWorld();
    const policy = policyOf({ rate: { count: 1 }, blockMs: 600_000, down: 'open' });
    await fill(world, 'ann', 1, policy);
    world.link.state = 'stopped';
    const pending = world.store.take([demandOf(policy)]);
    await world.time.pass(STORE_DEADLINE_MS_DEFAULT);
    expect(await pending).toMatchObject([{ granted: true, source: 'open' }]);
    world.link.state = 'up';
    await world.time.pass(1);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ granted: false, source: 'memory' });
  });
});

describe('while the store is away', () => {
  it('the first to notice waits for the deadline, nobody after', async () => {
    const world = startWorld();
    world.link.state = 'deaf';
    const pending = world.store.take([demandOf(policyOf())]);
    expect(pending).toBeInstanceOf(Promise);
    await world.time.pass(STORE_DEADLINE_MS_DEFAULT);
    expect(await pending).toMatchObject([{ granted: true, source: 'local' }]);
    expect(world.store.take([demandOf(policyOf())])).toMatchObject([{ granted: true, source: 'local' }]);
  });

  it('what the store had granted counts: an outage does not begin at zero', async () => {
    const world = startWorld(3);
    const policy = policyOf({ rate: { count: 20 }, blockMs: 3_600_000 });
    await fill(world, 'ann', 20, policy);
    await failStore(world);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ granted: false, source: 'local' });
  });

  it('a replica has its share, by the last count of replicas', async () => {
    const world = startWorld(4);
    await failStore(world);
    const policy = policyOf({ rate: { count: 20 } });
    await fill(world, 'ann', 5, policy);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ granted: false, source: 'local' });
    expect(world.store.figures.localDecisions).toBeGreaterThanOrEqual(6);
  });

  it('open grants, but not against another limit', async () => {
    const world = startWorld();
    await failStore(world);
    const open = policyOf({ name: 'open', down: 'open', rate: { count: 1 } });
    expect(await world.takeOne(demandOf(open))).toMatchObject({
      granted: true,
      source: 'open',
      remaining: 0,
    });
    expect(await world.takeOne(demandOf(open))).toMatchObject({ granted: true, source: 'open' });
    const local = policyOf({ rate: { count: 1 } });
    await fill(world, 'ann', 1, local);
    const [, refused] = await world.take(demandOf(open), demandOf(local));
    expect(refused).toMatchObject({ granted: false, source: 'local' });
    expect(world.store.figures.openDecisions).toBe(2);
  });

  it('closed refuses for as long as it takes to see the store return, and spends nothing of the others', async () => {
    const world = startWorld();
    await failStore(world);
    const closed = policyOf({ name: 'closed', down: 'closed' });
    const own = policyOf({ name: 'own', sharing: 'process' });
    const local = policyOf({ name: 'local' });
    const refused = await world.take(demandOf(own), demandOf(local), demandOf(closed));
    expect(refused[2]).toMatchObject({
      granted: false,
      source: 'closed',
      retryAfterMs: STORE_PROBE_MS_MAX,
      remaining: 0,
    });
    expect(await world.takeOne(demandOf(own))).toMatchObject({ used: 1 });
    expect(await world.takeOne(demandOf(local))).toMatchObject({ used: 1 });
    expect(world.store.figures.closedDecisions).toBe(1);
  });

  it('a local refusal gives the tokens of this process back', async () => {
    const world = startWorld();
    await failStore(world);
    const own = policyOf({ name: 'own', sharing: 'process' });
    const local = policyOf({ name: 'local', rate: { count: 1 } });
    await world.take(demandOf(own), demandOf(local));
    await world.take(demandOf(own), demandOf(local));
    expect(await world.takeOne(demandOf(own))).toMatchObject({ used: 2 });
  });

  it('and comes back, requests are exact again', async () => {
    const world = startWorld();
    await failStore(world);
    world.link.state = 'up';
    await world.time.pass(2 * STORE_PROBE_MS_MAX);
    expect(await world.takeOne(demandOf(policyOf(), { key: 'new' }))).toMatchObject({
      source: 'redis',
      used: 1,
    });
  });

  it('also counts as away when too many calls have no answer', () => {
    const { store, link } = startWorld();
    link.state = 'stopped';
    for (let i = 0; i < STORE_CALLS_MAX; i++) void store.take([demandOf(policyOf(), { key: `${i}` })]);
    expect(store.take([demandOf(policyOf())])).toMatchObject([{ source: 'local' }]);
    expect(store.figures).toMatchObject({ overflows: 1, calls: STORE_CALLS_MAX });
  });
});

describe('an answer too late', () => {
  it('that granted what was refused here gives its tokens back', async () => {
    const world = startWorld();
    const policy = policyOf({ down: 'closed', rate: { count: 1 } });
    world.link.state = 'stopped';
    const pending = world.store.take([demandOf(policy)]);
    await world.time.pass(STORE_DEADLINE_MS_DEFAULT);
    expect(await pending).toMatchObject([{ granted: false, source: 'closed' }]);
    world.link.state = 'up';
    await world.time.pass(2 * STORE_PROBE_MS_MAX);
    expect(world.store.figures).toMatchObject({ refundsLost: 0, away: false });
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ granted: true, used: 1 });
  });

  it('that granted what was admitted here leaves the store right', async () => {
    const world = startWorld();
    const policy = policyOf({ down: 'open', rate: { count: 5 } });
    world.link.state = 'stopped';
    const pending = world.store.take([demandOf(policy)]);
    await world.time.pass(STORE_DEADLINE_MS_DEFAULT);
    expect(await pending).toMatchObject([{ granted: true, source: 'open' }]);
    world.link.state = 'up';
    await world.time.pass(2 * STORE_PROBE_MS_MAX);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ source: 'redis', used: 2 });
  });

  it.each(['local', 'open'] as const)(
    'goes back with the tokens that stood in for it, whichever comes first (%s)',
    async (down) => {
      for (const isRefundFirst of [true, false]) {
        const world = startWorld();
        const policy = policyOf({ down, rate: { count: 5 } });
        world.link.state = 'stopped';
        const pending = world.store.take([demandOf(policy)]);
        await world.time.pass(STORE_DEADLINE_MS_DEFAULT);
        const readings = await pending;
        expect(readings).toMatchObject([{ granted: true, source: down }]);
        if (isRefundFirst) world.store.refund(readings);
        world.link.state = 'up';
        await world.time.pass(2 * STORE_PROBE_MS_MAX);
        if (!isRefundFirst) world.store.refund(readings);
        await world.time.pass(1);
        expect(world.store.figures).toMatchObject({ refundsLost: 0, away: false });
        expect(await world.takeOne(demandOf(policy))).toMatchObject({ source: 'redis', used: 1 });
      }
    },
  );

  it('goes back once, however often its stand-in is given back', async () => {
    const world = startWorld();
    const policy = policyOf({ rate: { count: 5 } });
    await fill(world, 'ann', 3, policy);
    world.link.state = 'stopped';
    const pending = world.store.take([demandOf(policy)]);
    await world.time.pass(STORE_DEADLINE_MS_DEFAULT);
    const readings = await pending;
    world.link.state = 'up';
    await world.time.pass(2 * STORE_PROBE_MS_MAX);
    for (let i = 0; i < 3; i++) world.store.refund(readings);
    await world.time.pass(1);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ source: 'redis', used: 4 });
  });
});

describe('a refund', () => {
  it('reaches the store and the memory', async () => {
    const world = startWorld();
    const policy = policyOf({ rate: { count: 2 } });
    const readings = await world.take(demandOf(policy));
    world.store.refund(readings);
    await world.time.pass(1);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ used: 1 });
    await failStore(world);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ used: 2, source: 'local' });
  });

  it('of nothing, of a refusal and of an open grant is nothing', async () => {
    const world = startWorld();
    const policy = policyOf({ rate: { count: 1 } });
    const granted = await world.take(demandOf(policy));
    world.store.refund(await world.take(demandOf(policy)));
    world.store.refund(await world.take(demandOf(policy, { cost: 0 })));
    await world.time.pass(1);
    expect(await world.takeOne(demandOf(policy))).toMatchObject({ granted: false });
    expect(granted).toMatchObject([{ granted: true }]);
  });
});

it('shares one limit between two replicas', async () => {
  const time = new VirtualTime();
  const server = new SimulatedServer(time);
  const [one, two] = [startReplica(time, server, 2), startReplica(time, server, 2)];
  const policy = policyOf({ rate: { count: 3 } });
  const answers = Array.from({ length: 4 }, (_none, i) =>
    (i % 2 === 0 ? one : two).store.take([demandOf(policy)]),
  );
  await time.pass(1);
  const readings = (await Promise.all(answers.map((answer) => Promise.resolve(answer)))).flat();
  expect(readings.filter((reading) => reading.granted)).toHaveLength(3);
});

it('closes for good: everything is answered by its stand-in, and no timer is left', async () => {
  const world = startWorld();
  world.link.state = 'deaf';
  const pending = world.store.take([demandOf(policyOf())]);
  world.store.close();
  expect(await pending).toMatchObject([{ source: 'local' }]);
  await world.time.pass(GONE_MS);
  expect(world.time.pending).toBe(0);
  expect(world.store.take([demandOf(policyOf())])).toMatchObject([{ source: 'local' }]);
});
