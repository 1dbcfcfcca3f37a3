/** The connection to Redis: what is wrong at the start is told apart, and every kind of outage ends by itself. */
import { createServer, type Server, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REDIS_ERROR_CHARS_MAX, REDIS_REDIRECTIONS_MAX, REDIS_SILENCE_MS } from '../../src/core/limits.ts';
import { RedisConnection, type RedisProbe } from '../../src/limiter/redis/redis-connection.ts';
import { RedisStore } from '../../src/limiter/redis/redis-store.ts';
import { Authority } from '../support/certificates.ts';
import { demandOf, policyOf } from '../support/limit-demands.ts';
import { openStore, optionsAt } from '../support/redis-store.ts';
import { freePort, RedisCluster, RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'correct horse';
/** What docs/adr/0013-limits-in-redis.md tells operators to set. */
const ACL =
  '~ward:* resetchannels -@all +evalsha +eval +get +set +del +time +pexpire +pttl +zadd +zrem +zremrangebyscore +zcard +info +select +client|setname';
const demand = demandOf(policyOf({ count: 1_000, periodMs: 86_400_000 }), 'a');

async function probeOf(url: string, wish: Parameters<typeof optionsAt>[1] = {}): Promise<RedisProbe> {
  const connection = new RedisConnection(optionsAt(url, { connectMs: 1_000, ...wish }));
  try {
    return await connection.probe();
  } finally {
    connection.close();
  }
}

describe('the probe', () => {
  let server: RedisServer;
  let locked: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
    locked = await RedisServer.start({
      config: [
        'user default off',
        `user ward on >correct-horse ${ACL}`,
        'user weak on >correct-horse ~ward:* +get +info +client|setname',
      ],
    });
  });
  afterAll(async () => {
    await server.stop();
    await locked.stop();
  });

  it('finds a Redis', async () => {
    expect(await probeOf(server.url)).toEqual({ ok: true });
    expect(await probeOf(`${server.url}/3`)).toEqual({ ok: true });
  });

  it.each([
    ['a port nobody listens on', async () => probeOf(`redis://127.0.0.1:${await freePort()}`), 'refused'],
    ['a name nobody has', () => probeOf('redis://no-such-host.invalid'), 'dns'],
    ['a database that is not there', () => probeOf(`${server.url}/99`), 'database'],
    ['no password', () => probeOf(locked.url), 'auth'],
    ['a wrong password', () => probeOf(locked.url, { username: 'ward', password: 'hunter2' }), 'auth'],
    [
      'a user with too few rights',
      () => probeOf(locked.url, { username: 'weak', password: 'correct-horse' }),
      'permission',
    ],
    [
      'a foreign prefix',
      () => probeOf(locked.url, { username: 'ward', password: 'correct-horse', prefix: 'x' }),
      'permission',
    ],
    ['TLS to a server without', () => probeOf(server.url.replace('redis:', 'rediss:')), 'timeout'],
    ['a Cluster that is none', () => probeOf(server.url.replace('redis:', 'redis+cluster:')), 'topology'],
    [
      'a Sentinel that is none',
      () => probeOf(`${server.url.replace('redis:', 'redis+sentinel:')}/main`),
      'topology',
    ],
  ])('names %s', async (_, probe, reason) => {
    const answer = await probe();
    expect(answer).toMatchObject({ ok: false, reason });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    if (!answer.ok) expect(answer.text).toMatch(/^[^()]+ ?(?:\([^()]+\))?$/);
  });

  it('is content with a user that may do no more than it must', async () => {
    expect(await probeOf(locked.url, { username: 'ward', password: 'correct-horse' })).toEqual({ ok: true });
    const { connection, store } = await openStore(locked.url, {
      username: 'ward',
      password: 'correct-horse',
    });
    const taken = await store.take([demand]);
    await store.refund(taken);
    await store.lease(demand, 3);
    expect(await store.announce('a', 1_000)).toBe(1);
    await store.withdraw('a');
    connection.close();
  });

  it('names what is no Redis, and what never answers', async () => {
    const http = await listen((text) => `HTTP/1.1 400 Bad ${text.length} ${'x'.repeat(1_000)}\r\n\r\n`);
    const answer = await probeOf(`redis://127.0.0.1:${http.port}`);
    expect(answer).toMatchObject({ ok: false, reason: 'not_redis' });
    if (!answer.ok) expect(answer.text.length).toBeLessThan(REDIS_ERROR_CHARS_MAX + 100);
    http.server.close();
    const silent = await listen(() => '');
    expect(await probeOf(`redis://127.0.0.1:${silent.port}`, { connectMs: 300 })).toMatchObject({
      reason: 'timeout',
    });
    silent.server.close();
  });

  it('repeats of an error only a line, without what the server repeats of ours', async () => {
    const old = await listen(
      () => `-ERR unknown command 'AUTH', with args beginning with: '${PASSWORD}', \r\n`,
    );
    const long = await listen(() => `-ERR ${PASSWORD} \x1b[31m${'x'.repeat(2 * REDIS_ERROR_CHARS_MAX)}\r\n`);
    for (const { port, server: fake } of [old, long]) {
      const answer = await probeOf(`redis://127.0.0.1:${port}`, { password: PASSWORD });
      expect(answer.ok).toBe(false);
      if (answer.ok) continue;
      expect(answer.text).not.toContain(PASSWORD);
      expect(answer.text).toMatch(/^[\x20-\x7e]+$/);
      expect(answer.text.length).toBeLessThan(REDIS_ERROR_CHARS_MAX + 100);
      fake.close();
    }
  });
});

describe('TLS', () => {
  it('verifies the server, by name, and shows a certificate of its own', async () => {
    const authority = new Authority('ward test');
    const stranger = new Authority('stranger');
    const client = authority.issue({ names: 'DNS:ward' });
    const server = await RedisServer.start({
      tls: { ca: authority.ca, ...authority.issue({ names: 'DNS:redis.test' }), clients: true },
    });
    const url = server.url.replace('redis:', 'rediss:');
    const serverName = 'redis.test';
    expect(await probeOf(url, { tls: { ca: authority.ca, ...client, serverName } })).toEqual({ ok: true });
    for (const tls of [
      { ca: stranger.ca, ...client, serverName },
      { ca: authority.ca, ...client },
      { ca: authority.ca, serverName },
      { serverName, ...client },
    ]) {
      expect(await probeOf(url, { tls })).toMatchObject({ ok: false, reason: 'tls' });
    }
    expect(await probeOf(server.url)).toMatchObject({
      ok: false,
      text: expect.stringContaining('rediss://'),
    });
    await server.stop();
    authority.remove();
    stranger.remove();
  });
});

describe('an outage', () => {
  it('rejects at once while Redis is down, and ends when it is back', async () => {
    const server = await RedisServer.start();
    const { connection, store } = await openStore(server.url);
    const states: string[] = [];
    connection.onState((state) => states.push(state));
    await store.take([demand]);
    await server.kill();
    await until(() => connection.state === 'down', 'the connection to notice');
    await expect(store.take([demand])).rejects.toMatchObject({ name: 'RedisError' });
    expect(connection.callsInFlight).toBe(0);
    await server.restart();
    await until(() => connection.state === 'ready', 'the connection to come back');
    expect(await store.take([demand])).toMatchObject([{ granted: true, used: 1 }]);
    expect(states).toEqual(['down', 'ready']);
    connection.close();
    await server.stop();
  });

  it('that swallows everything is noticed by silence', async () => {
    expect(REDIS_SILENCE_MS).toBeLessThan(10_000);
    const server = await RedisServer.start();
    const { connection, store } = await openStore(server.url);
    server.pause();
    await expect(store.take([demand])).rejects.toMatchObject({ name: 'RedisError', reason: 'timeout' });
    expect(connection.state).toBe('down');
    server.resume();
    await until(() => connection.state === 'ready', 'the connection to come back');
    expect(await store.take([demand])).toMatchObject([{ granted: true }]);
    connection.close();
    await server.stop();
  });

  it('at the start is none for the process: it connects when Redis comes', async () => {
    const port = await freePort();
    const connection = new RedisConnection(optionsAt(`redis://127.0.0.1:${port}`));
    expect(await connection.probe()).toMatchObject({ ok: false, reason: 'refused' });
    expect(connection.lastFault).toMatchObject({ reason: 'refused' });
    const server = await RedisServer.start({ port });
    await until(() => connection.state === 'ready', 'the connection');
    expect(await new RedisStore(connection).take([demand])).toMatchObject([{ granted: true }]);
    connection.close();
    await expect(new RedisStore(connection).take([demand])).rejects.toMatchObject({ name: 'RedisError' });
    await server.stop();
  });
});

it('shows its name in CLIENT LIST', async () => {
  const server = await RedisServer.start();
  const { connection } = await openStore(server.url, { service: 'shop' });
  expect(await server.command('client', 'list')).toContain('name=ward:shop ');
  connection.close();
  await server.stop();
});

it('says that a node of a Cluster is one', async () => {
  const cluster = await RedisCluster.start();
  const probes = await Promise.all(cluster.nodes.map(({ url }) => probeOf(url)));
  expect(probes.filter(({ ok }) => ok)).toHaveLength(1);
  expect(probes.find(({ ok }) => !ok)).toMatchObject({
    reason: 'topology',
    text: expect.stringContaining('redis+cluster://'),
  });
  await cluster.stop();
});

it('follows a call through a Cluster that sends it round REDIS_REDIRECTIONS_MAX times, no further', async () => {
  let moves = 0;
  const node: { port: number; server: Server } = await listen((text) =>
    // One answer for each command in the chunk.
    text
      .split(/^(?=\*\d+\r\n)/m)
      .map((command) => {
        if (/evalsha/i.test(command)) return `-MOVED ${moves++} 127.0.0.1:${node.port}\r\n`;
        if (/slots/i.test(command)) {
          return `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:${node.port}\r\n`;
        }
        return /info/i.test(command) ? '$16\r\ncluster_state:ok\r\n' : '+OK\r\n';
      })
      .join(''),
  );
  const connection = new RedisConnection(optionsAt(`redis+cluster://127.0.0.1:${node.port}`));
  await until(() => connection.state === 'ready', 'the connection');
  const store = new RedisStore(connection);
  await expect(store.take([demand])).rejects.toMatchObject({ name: 'RedisError' });
  expect(moves).toBe(1 + REDIS_REDIRECTIONS_MAX);
  connection.close();
  node.server.close();
});

/** A server that answers whatever comes with what it is told. */
async function listen(
  answer: (text: string) => string,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => socket.write(answer(data.toString('latin1')), 'latin1'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
