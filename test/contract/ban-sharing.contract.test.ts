/** Replicas that share their bans through a real Redis: standalone, Sentinel, Cluster; away, back, and with its data lost. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  BANS_MAX,
  BAN_BATCH_MAX,
  BAN_LIFTS_MAX,
  BAN_RESYNC_MS,
  BAN_SYNC_BACKOFF_MS_MAX,
  BAN_SYNC_MS,
} from '../../src/core/limits.ts';
import { BanRegister } from '../../src/limiter/bans/ban-register.ts';
import { BanSync } from '../../src/limiter/bans/ban-sync.ts';
import { RedisBanStore } from '../../src/limiter/bans/redis-ban-store.ts';
import { RedisConnection } from '../../src/limiter/redis/redis-connection.ts';
import { parseRedisUrl, redisOptions } from '../../src/limiter/redis/redis-options.ts';
import { RedisCluster, RedisServer, SentinelGroup } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { MovingClock } from '../unit/limiter/bans/moving-clock.ts';

const MINUTE = 60_000;
const KIND = 'client.ip';

/** A replica of the service: its register and its exchange, run by hand. */
class Replica {
  readonly clock = new MovingClock();
  readonly register = new BanRegister({ clock: this.clock });
  readonly states: string[] = [];
  readonly connection: RedisConnection;
  readonly sync: BanSync;

  constructor(url: string, service: string) {
    const reading = parseRedisUrl(url);
    if (!reading.ok) throw new Error(reading.problems.join());
    this.connection = new RedisConnection(redisOptions(reading.target, service));
    this.sync = new BanSync({
      register: this.register,
      remote: new RedisBanStore(this.connection),
      clock: this.clock,
      onState: (state) => this.states.push(state),
    });
  }

  static async connected(url: string, service: string): Promise<Replica> {
    const replica = new Replica(url, service);
    await until(() => replica.connection.state === 'ready', 'connection');
    return replica;
  }

  /** Exchanges until both sides are level. */
  async level(): Promise<void> {
    while (!(await this.sync.exchange()));
  }

  keys(): string[] {
    return this.register.list({ limit: 1_000 }).bans.map(({ key }) => key);
  }

  close(): void {
    this.sync.stop();
    this.connection.close();
  }
}

let replicas: Replica[] = [];
let services = 0;

function nextService(): string {
  return `shop${++services}`;
}

async function two(url: string): Promise<[Replica, Replica]> {
  const service = nextService();
  const pair: [Replica, Replica] = [
    await Replica.connected(url, service),
    await Replica.connected(url, service),
  ];
  replicas.push(...pair);
  return pair;
}

async function another(url: string, service: string): Promise<Replica> {
  const replica = await Replica.connected(url, service);
  replicas.push(replica);
  return replica;
}

afterEach(() => {
  for (const replica of replicas) replica.close();
  replicas = [];
});

describe('one Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  it('tells each what the others ban, with reason and author and the time that is left', async () => {
    const [one, two_] = await two(server.url);
    one.register.add(KIND, '192.0.2.1', MINUTE, 'OPS-1 „übel“');
    one.register.merge(
      [{ op: 'ban', kind: 'cookie["id"]', key: 'a\xe4\0\x7f"', by: 'net.scan', agoMs: 0, forMs: MINUTE }],
      undefined,
    );
    await one.level();
    await two_.level();
    const { bans } = two_.register.list({ limit: 10 });
    expect(bans).toMatchObject([
      { kind: KIND, key: '192.0.2.1', by: 'operator', reason: 'OPS-1 „übel“' },
      { kind: 'cookie["id"]', key: 'a\xe4\0\x7f"', by: 'net.scan', reason: undefined },
    ]);
    expect(bans[0]?.untilMs).toBeLessThanOrEqual(two_.clock.now() + MINUTE);
  });

  it('lifts everywhere, and a replica that had the ban does not bring it back', async () => {
    const [one, two_] = await two(server.url);
    one.register.add(KIND, '192.0.2.1', 60 * MINUTE);
    await one.level();
    await two_.level();
    two_.clock.advance(5_000);
    one.clock.advance(5_000);
    expect(two_.register.lift(KIND, '192.0.2.1')).toBeDefined();
    await two_.level();
    one.register.add(KIND, '192.0.2.2', MINUTE);
    await one.level();
    await two_.level();
    expect([one.keys(), two_.keys()]).toEqual([['192.0.2.2'], ['192.0.2.2']]);
    for (const replica of [one, two_]) replica.clock.advance(5_000);
    one.register.add(KIND, '192.0.2.1', MINUTE);
    await one.level();
    await two_.level();
    expect(two_.keys()).toEqual(['192.0.2.2', '192.0.2.1']);
  });

  it('lifts all everywhere, once', async () => {
    const [one, two_] = await two(server.url);
    for (let index = 0; index < 5; index++) one.register.add(KIND, `192.0.2.${index}`, MINUTE);
    await one.level();
    await two_.level();
    // Redis has a clock of its own: a replica whose clock stood still would take the lift for older than its bans.
    for (const replica of [one, two_]) replica.clock.advance(1_000);
    expect(two_.register.liftAll()).toBe(5);
    two_.register.add(KIND, '192.0.2.9', MINUTE);
    await two_.level();
    await one.level();
    expect([one.keys(), two_.keys()]).toEqual([['192.0.2.9'], ['192.0.2.9']]);
    for (let round = 0; round < 3; round++) {
      for (const replica of [one, two_]) {
        replica.clock.advance(BAN_RESYNC_MS / 100);
        await replica.level();
      }
    }
    expect(one.keys()).toEqual(['192.0.2.9']);
  });

  it('lets the longer stand', async () => {
    const [one, two_] = await two(server.url);
    one.register.add(KIND, '192.0.2.1', MINUTE);
    two_.register.add(KIND, '192.0.2.1', 10 * MINUTE);
    await one.level();
    await two_.level();
    await one.level();
    expect(one.register.find(KIND, '192.0.2.1')?.untilMs).toBeGreaterThan(one.clock.now() + 9 * MINUTE);
  });

  it('takes the shorter ban that follows a lift', async () => {
    const [one, two_] = await two(server.url);
    one.register.add(KIND, '192.0.2.1', 60 * MINUTE);
    await one.level();
    await two_.level();
    one.clock.advance(2_000);
    two_.clock.advance(2_000);
    one.register.lift(KIND, '192.0.2.1');
    one.register.add(KIND, '192.0.2.1', MINUTE);
    await one.level();
    await two_.level();
    expect(two_.register.find(KIND, '192.0.2.1')?.untilMs).toBeLessThanOrEqual(two_.clock.now() + MINUTE);
  });

  it('keeps services apart', async () => {
    const [one] = await two(server.url);
    const [other] = await two(server.url);
    one.register.add(KIND, '192.0.2.1', MINUTE);
    await one.level();
    await other.level();
    expect(other.keys()).toEqual([]);
  });

  it('gives a replica that starts all bans, in batches of BAN_BATCH_MAX', async () => {
    const [one] = await two(server.url);
    const count = BAN_BATCH_MAX + 10;
    for (let index = 0; index < count; index++) one.register.add(KIND, `k${index}`, MINUTE);
    await one.level();
    const late = await another(server.url, one.connection.options.service);
    await late.sync.start();
    expect(late.register.size).toBe(count);
  });

  it('forgets what has ended', async () => {
    const [one] = await two(server.url);
    const change = { op: 'ban', kind: KIND, key: '192.0.2.1', by: 'x', agoMs: 0, forMs: 1_100 } as const;
    one.register.merge([change], undefined);
    await one.level();
    const ends = `ward:{${one.connection.options.service}}:b1:ends`;
    expect(await server.command('zcard', ends)).toBe('1');
    await until(async () => {
      await one.sync.exchange();
      return (await server.command('zcard', ends)) === '0';
    }, 'the end of the ban');
  });

  it('holds BANS_MAX bans and BAN_LIFTS_MAX lifts, and counts what finds no room', async () => {
    const [one] = await two(server.url);
    await one.level();
    const { service } = one.connection.options;
    // As many bans as there is room for, of operators and ending late, made by the server itself.
    await server.command(
      'eval',
      `for i = 1, ${BANS_MAX + BAN_LIFTS_MAX} do
        redis.call('ZADD', KEYS[1], 9e12, 'k\\0' .. i)
        redis.call('HSET', KEYS[2], 'k\\0' .. i, '[0,9e11,9e12,0,"operator",""]')
      end`,
      '2',
      `ward:{${service}}:b1:ends`,
      `ward:{${service}}:b1:records`,
    );
    await server.command('hset', `ward:{${service}}:b1:meta`, 'all', '8e11');
    one.register.add(KIND, '192.0.2.1', MINUTE);
    await one.level();
    expect(one.sync.displaced).toBe(1);
    expect(one.keys()).toEqual(['192.0.2.1']);
  });

  it('leaves out of its list what is no ban of ours', async () => {
    const [one, two_] = await two(server.url);
    one.register.add(KIND, '192.0.2.1', MINUTE);
    await one.level();
    const { service } = one.connection.options;
    for (const [id, version] of [
      ['no-key', 900],
      ['k\0\u{1f600}', 901],
      [`${'k'.repeat(300)}\0x`, 902],
    ]) {
      const record = '[0,9e11,9e12,0,"x",""]';
      await server.command(
        'eval',
        "local id = ARGV[1]:gsub('@', '\\0') redis.call('HSET', KEYS[1], id, ARGV[2]) redis.call('ZADD', KEYS[2], ARGV[3], id) redis.call('HSET', KEYS[3], 'version', ARGV[3])",
        '3',
        ...['records', 'changes', 'meta'].map((part) => `ward:{${service}}:b1:${part}`),
        String(id).replace('\0', '@'),
        record,
        String(version),
      );
    }
    await two_.level();
    expect(two_.keys()).toEqual(['192.0.2.1']);
  });
});

describe('a Redis that goes away', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(() => server.stop());

  it('is told everything again when it comes back empty, without what was lifted before or meanwhile', async () => {
    const [one, two_] = await two(server.url);
    for (const key of ['lifted before', 'lifted meanwhile', 'stays'])
      one.register.add(KIND, key, 60 * MINUTE);
    await one.level();
    await two_.level();
    for (const replica of [one, two_]) replica.clock.advance(2_000);
    one.register.lift(KIND, 'lifted before');
    await one.level();
    await two_.level();
    await server.kill();
    await until(() => one.connection.state === 'down' && two_.connection.state === 'down', 'break');
    await one.level();
    await two_.level();
    expect([one.sync.state, one.states]).toEqual(['alone', ['alone']]);
    for (const replica of [one, two_]) replica.clock.advance(2_000);
    one.register.lift(KIND, 'lifted meanwhile');
    two_.register.add(KIND, 'set meanwhile', MINUTE);
    await server.restart();
    await until(() => one.connection.state === 'ready' && two_.connection.state === 'ready', 'return');
    for (const replica of [two_, one, two_]) await replica.level();
    expect(one.keys().sort()).toEqual(['set meanwhile', 'stays']);
    expect(two_.keys().sort()).toEqual(['set meanwhile', 'stays']);
    expect(one.states).toEqual(['alone', 'shared']);
  });

  it('is found emptied by hand, too', async () => {
    const [one, two_] = await two(server.url);
    one.register.add(KIND, '192.0.2.1', MINUTE);
    await one.level();
    await server.command('flushall');
    await one.level();
    await two_.level();
    expect(two_.keys()).toEqual(['192.0.2.1']);
  });

  it('does not delay the start for longer than it takes to see', async () => {
    await server.kill();
    const alone = new Replica(server.url, 'shop');
    replicas.push(alone);
    alone.register.add(KIND, '192.0.2.1', MINUTE);
    await alone.sync.start();
    expect([alone.sync.state, alone.keys()]).toEqual(['alone', ['192.0.2.1']]);
  });

  it('that freezes is given up, and found again', async () => {
    const [one] = await two(server.url);
    await one.level();
    server.pause();
    expect(await one.sync.exchange()).toBe(true);
    expect(one.sync.state).toBe('alone');
    server.resume();
    await until(() => one.connection.state === 'ready', 'return');
    await one.level();
    expect(one.sync.state).toBe('shared');
  });
});

describe('left to itself', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  it(`asks every ${BAN_SYNC_MS} ms, tells at once, and asks again within ${BAN_SYNC_BACKOFF_MS_MAX} ms after a failure`, async () => {
    const [one, two_] = await two(server.url);
    await one.sync.start();
    await two_.sync.start();
    one.register.add(KIND, '192.0.2.1', MINUTE);
    await until(() => two_.keys().length === 1, 'the ban at the other');
    await server.kill();
    await until(() => one.sync.state === 'alone', 'failure');
    await server.restart();
    await until(() => one.sync.state === 'shared', 'return');
  });
});

describe.each([
  ['Sentinel', () => SentinelGroup.start()],
  ['Cluster', () => RedisCluster.start()],
])('%s', (_name, start) => {
  it('shares bans', async () => {
    const group = await start();
    try {
      const [one, two_] = await two(group.url);
      one.register.add(KIND, '192.0.2.1', MINUTE);
      await one.level();
      await two_.level();
      expect(two_.keys()).toEqual(['192.0.2.1']);
    } finally {
      for (const replica of replicas.splice(0)) replica.close();
      await group.stop();
    }
  });
});
