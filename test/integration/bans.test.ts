/** Bans end to end: by hand and by rules, in all workers, in all replicas, over restarts, with Redis and without. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agent, request } from 'undici';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { RunningWard, startService, stopService, ward } from './ward-process.ts';

const POLICY = `language 1

policy "shop" {
  mode    enforce
  default allow
  on      banned -> block 429
}

rule shop.trap "Nobody asks for this" {
  when request.path == "/trap"
  then block 403, ban client.ip for 10m
}
`;

let directory: string;
let service: Awaited<ReturnType<typeof startService>>;
const running: RunningWard[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-bans-'));
  writeFileSync(join(directory, 'shop.ward'), POLICY);
  service = await startService((_request, response) => response.end('ok'));
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
  await stopService(service.server);
  rmSync(directory, { recursive: true });
});

async function start(env: Record<string, string> = {}, ...more: string[]): Promise<RunningWard> {
  const args = [
    '--upstream',
    service.url,
    '--rules',
    join(directory, 'shop.ward'),
    '--workers',
    '2',
    ...more,
  ];
  const one = await RunningWard.start(args, { cwd: directory, env });
  running.push(one);
  return one;
}

/** The statuses of many requests over as many connections, so that each worker gets some. */
async function statuses(one: RunningWard, path = '/'): Promise<number[]> {
  const all = Array.from({ length: 16 }, async () => {
    const dispatcher = new Agent();
    const { statusCode, body } = await request(`${one.url}${path}`, { dispatcher });
    await body.dump();
    await dispatcher.close();
    return statusCode;
  });
  return [...new Set(await Promise.all(all))];
}

function refusesAll(one: RunningWard): Promise<void> {
  return until(async () => String(await statuses(one)) === '429', 'the ban in all workers');
}

function servesAll(one: RunningWard): Promise<void> {
  return until(async () => String(await statuses(one)) === '200', 'the lift in all workers');
}

interface Shown {
  readonly key: string;
  readonly by: string;
  readonly kind: string;
}

async function bansOf(one: RunningWard): Promise<readonly Shown[]> {
  const answer = (await (await fetch(`${one.adminUrl}/bans`)).json()) as { bans: Shown[] };
  return answer.bans;
}

const bans = (one: RunningWard, ...args: string[]): ReturnType<typeof ward> =>
  ward(['bans', ...args, '--admin', one.adminUrl], { cwd: directory });

describe('one process', () => {
  it('refuses by hand in all workers, lists, and serves again after the lift', async () => {
    const one = await start();
    expect(await statuses(one)).toEqual([200]);
    const set = await bans(one, 'add', '127.0.0.1', '--for', '10m', '--reason', 'OPS-1');
    expect([set.code, set.stdout]).toEqual([0, expect.stringMatching(/^banned 127\.0\.0\.1 until 20/)]);
    await refusesAll(one);
    expect((await one.event('request.blocked')).status).toBe(429);
    const list = await bans(one, 'list');
    expect(list.stdout).toMatch(
      /KIND +KEY +UNTIL +BY +REASON\nclient\.ip +127\.0\.0\.1 +20\S+Z +operator +OPS-1\n/,
    );
    expect((await bans(one, 'lift', '127.0.0.1')).stdout).toBe('lifted one ban\n');
    await servesAll(one);
    expect(await one.event('ban.added')).toMatchObject({ key: '127.0.0.1', by: 'operator', reason: 'OPS-1' });
    expect(await one.event('ban.lifted')).toMatchObject({ kind: 'client.ip', key: '127.0.0.1' });
    const status = (await (await fetch(`${one.adminUrl}/status`)).json()) as Record<string, unknown>;
    expect(status.bans).toEqual({ count: 0, displaced: 0, sharing: 'none' });
  });

  it('spreads the ban of a rule from the worker that set it', async () => {
    const one = await start();
    expect((await fetch(`${one.url}/trap`)).status).toBe(403);
    await refusesAll(one);
    expect(await bansOf(one)).toMatchObject([{ kind: 'client.ip', key: '127.0.0.1', by: 'shop.trap' }]);
    expect((await bans(one, 'lift', '--all', '--json')).stdout).toBe('{\n  "lifted": 1\n}\n');
    await servesAll(one);
  });

  it('never bans who is exempt', async () => {
    const one = await start({ WARD_BANS_EXEMPT: '127.0.0.0/8' });
    expect((await fetch(`${one.url}/trap`)).status).toBe(403);
    const refused = await bans(one, 'add', '127.0.0.1', '--for', '10m');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('bans.exempt')]);
    expect(await statuses(one)).toEqual([200]);
    expect(await bansOf(one)).toEqual([]);
  });

  it('forgets its bans when it ends', async () => {
    const one = await start();
    await bans(one, 'add', '127.0.0.1', '--for', '10m');
    await one.stop();
    expect(await bansOf(await start())).toEqual([]);
  });
});

describe('two processes on one Redis', () => {
  let redis: RedisServer;
  let env: Record<string, string>;
  beforeEach(async () => {
    redis = await RedisServer.start();
    env = { WARD_REDIS_URL: redis.url };
  });
  afterEach(() => redis.stop());

  it('share bans and lifts, and a restart keeps them', async () => {
    const one = await start(env);
    const two = await start(env);
    expect((await fetch(`${one.url}/trap`)).status).toBe(403);
    await refusesAll(two);
    await one.stop();
    const again = await start(env);
    expect(await statuses(again)).toEqual([429]);
    expect((await bans(again, 'lift', '127.0.0.1')).code).toBe(0);
    await servesAll(two);
    await servesAll(again);
  });

  it('go on alone while Redis is away, and tell each other when it is back', async () => {
    const one = await start(env);
    const two = await start(env);
    await redis.kill();
    await one.event('bans.alone');
    await bans(one, 'add', '127.0.0.1', '--for', '10m');
    await refusesAll(one);
    await redis.restart();
    await refusesAll(two);
    await one.event('bans.shared');
  });
});

describe('ward bans', () => {
  it('says when no Ward answers', async () => {
    const gone = await ward(['bans', 'list', '--admin', '127.0.0.1:1'], { cwd: directory });
    expect([gone.code, gone.stderr]).toEqual([
      2,
      expect.stringContaining('no Ward answers at http://127.0.0.1:1'),
    ]);
    const other = await ward(['bans', 'list', '--admin', service.url], { cwd: directory });
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('is not the management address')]);
  });

  it('says what is wrong, and exits with 1 for what is not banned', async () => {
    const one = await start();
    expect((await bans(one, 'lift', '192.0.2.1')).code).toBe(1);
    for (const args of [
      ['add', 'nobody', '--for', '10m'],
      ['add', '192.0.2.1', '--for', 'ever'],
      ['add', '192.0.2.1'],
      ['lift'],
      ['lift', '192.0.2.1', '--all'],
    ]) {
      const wrong = await bans(one, ...args);
      expect([args, wrong.code]).toEqual([args, 2]);
      expect(wrong.stderr).not.toBe('');
    }
    expect(JSON.parse((await bans(one, 'list', '--json')).stdout)).toEqual([]);
  });

  it('finds the address in the configuration', async () => {
    const one = await start();
    const { host } = new URL(one.adminUrl);
    const found = await ward(['bans', 'list'], { cwd: directory, env: { WARD_ADMIN_LISTEN: host } });
    expect([found.code, found.stderr]).toEqual([0, 'nobody is banned\n']);
  });
});
