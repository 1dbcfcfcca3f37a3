/** `ward run` with a Redis that is missing, locked, something else or late, and clients that would rather be somebody else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { Fleet } from './limit-fleet.ts';
import { ward } from './ward-process.ts';

const PASSWORD = 'hunter2-of-the-test';
const LIMIT = 5;
const RULES = `
limiter few { key client.ip  allow ${LIMIT} per 1h  then block 429 }
rule dos.few "few" { severity warning  then limit few }`;

const fleets: Fleet[] = [];
async function start(env: Record<string, string>): Promise<Fleet> {
  const fleet = await Fleet.start({ rules: RULES, redis: false, env });
  fleets.push(fleet);
  return fleet;
}
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.stop();
});

describe('redis.required', () => {
  let directory: string;
  let open: RedisServer;
  let locked: RedisServer;
  let encrypted: RedisServer;
  let authority: Authority;
  const web = createServer((_request, response) => response.end('no Redis'));

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ward-start-'));
    writeFileSync(join(directory, 'few.ward'), `language 1\npolicy "few" { mode enforce }\n${RULES}`);
    authority = new Authority('ward test');
    const names = { names: 'IP:127.0.0.1' };
    open = await RedisServer.start();
    locked = await RedisServer.start({ config: ['requirepass correct-horse'] });
    encrypted = await RedisServer.start({ tls: { ca: authority.ca, ...authority.issue(names) } });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await Promise.all([open, locked, encrypted].map((server) => server.stop()));
    await new Promise((resolve) => web.close(resolve));
    authority.remove();
    rmSync(directory, { recursive: true });
  });

  const run = (env: Record<string, string>) =>
    ward(
      [
        ...['run', '--listen', '127.0.0.1:0', '--admin', 'off', '--upstream', 'http://127.0.0.1:9'],
        ...['--rules', join(directory, 'few.ward'), '--log-format', 'json'],
      ],
      {
        cwd: directory,
        env: { WARD_REDIS_REQUIRED: 'true', WARD_REDIS_CONNECT_TIMEOUT: '3s', PASSWORD, ...env },
      },
    );
  const withPassword = { WARD_REDIS_PASSWORD: '{ env: PASSWORD }' };

  it.each([
    [
      'a port nobody listens on',
      async () => ({ WARD_REDIS_URL: `redis://127.0.0.1:${await freePort()}` }),
      /connection refused/,
    ],
    ['no password', () => ({ WARD_REDIS_URL: locked.url }), /asks for a password and none is set/],
    [
      'a wrong password',
      () => ({ WARD_REDIS_URL: locked.url, ...withPassword }),
      /user name or password is wrong/,
    ],
    [
      'a web server',
      () => ({ WARD_REDIS_URL: `redis://127.0.0.1:${(web.address() as AddressInfo).port}` }),
      /what listens there is no Redis/,
    ],
    [
      'TLS where there is none',
      () => ({ WARD_REDIS_URL: open.url.replace('redis', 'rediss') }),
      /redis:\/\//,
    ],
    ['no TLS where there is', () => ({ WARD_REDIS_URL: encrypted.url }), /rediss:\/\//],
    [
      'a certificate nobody vouches for',
      () => ({ WARD_REDIS_URL: encrypted.url.replace('redis', 'rediss') }),
      /certificate is not accepted/,
    ],
    [
      'a database that is not there',
      () => ({ WARD_REDIS_URL: `${open.url}/99` }),
      /no database of that number/,
    ],
    [
      'a Cluster that is none',
      () => ({ WARD_REDIS_URL: open.url.replace('redis', 'redis+cluster') }),
      /it is no Cluster/,
    ],
    ['no address at all', () => ({ WARD_REDIS_URL: `redis://:${PASSWORD}@:port` }), /redis\.url/],
    ['another scheme', () => ({ WARD_REDIS_URL: 'http://127.0.0.1' }), /redis\.url/],
  ])('does not start with %s, and says so', async (_name, env, cause) => {
    const { code, stdout, stderr } = await run(await env());
    expect(stderr).toMatch(cause);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(PASSWORD);
    expect(stdout).not.toContain('ward.started');
  });
});

const statusOf = async (url: string, headers: Record<string, string>): Promise<number> =>
  (await fetch(url, { headers })).status;

it('starts without Redis unless it is required, warns once, limits by itself, and finds Redis when it comes', async () => {
  const port = await freePort();
  const fleet = await start({ WARD_REDIS_URL: `redis://127.0.0.1:${port}` });
  const [one] = fleet.wards;
  if (one === undefined) return;
  const ask = (client: string): Promise<number> => statusOf(one.url, { 'x-forwarded-for': client });
  const alone = await Promise.all(Array.from({ length: 3 * LIMIT }, () => ask('192.0.2.1')));
  expect(alone.filter((status) => status === 200)).toHaveLength(LIMIT);
  expect(alone.filter((status) => status === 429)).toHaveLength(2 * LIMIT);
  await one.event('redis.down');
  expect(one.events.filter(({ event }) => event === 'redis.down')).toMatchObject([
    { level: 'warn', cause: expect.stringContaining('refused') },
  ]);
  const redis = await RedisServer.start({ port });
  try {
    await one.event('redis.up');
    let client = 0;
    await until(async () => {
      expect(await ask(`192.0.2.${2 + (client++ % 200)}`)).toBe(200);
      return (await redis.command('keys', 'ward:fleet:l1:few*')) !== '';
    }, 'limits in Redis');
    // An end in good order is no outage.
    expect(await one.stop()).toBe(0);
    expect(one.events.filter(({ event }) => event === 'redis.down')).toHaveLength(1);
  } finally {
    await redis.stop();
  }
});

describe.each(['uws', 'node'])('who a client is, on %s', (listener) => {
  const forged = (index: number): Record<string, string> => {
    const address = `203.0.113.${index}`;
    return {
      'x-forwarded-for': address,
      forwarded: `for=${address}`,
      'x-real-ip': address,
      'x-client-ip': address,
      'true-client-ip': address,
      'cf-connecting-ip': address,
    };
  };
  const statuses = async (fleet: Fleet): Promise<number[]> => {
    const url = fleet.wards[0]?.url ?? '';
    return Promise.all(Array.from({ length: 4 * LIMIT }, (_, index) => statusOf(url, forged(index))));
  };

  it('is not for strangers to say', async () => {
    const fleet = await start({ WARD_LISTENER: listener, WARD_TRUSTED_PROXIES: '192.0.2.0/24' });
    const all = await statuses(fleet);
    expect(all.filter((status) => status === 200)).toHaveLength(LIMIT);
    expect(all.filter((status) => status === 429)).toHaveLength(3 * LIMIT);
  });

  it('is for trusted proxies to say', async () => {
    const all = await statuses(await start({ WARD_LISTENER: listener }));
    expect(all.filter((status) => status === 200)).toHaveLength(4 * LIMIT);
  });
});
