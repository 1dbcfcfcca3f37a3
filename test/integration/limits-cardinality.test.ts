/** More keys than memory holds, and keys as long as a field may be, through a whole Ward: nobody gains by the crowd. */
import autocannon from 'autocannon';
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { Agent, request } from 'undici';
import { Fleet } from './limit-fleet.ts';
import type { RunningWard } from './ward-process.ts';

/** Per client: who asked once has spent it, and is no more active than anybody of the crowd. */
const LIMIT = 1;
const TOKEN_LIMIT = 3;
/** The fewest that the configuration takes. */
const KEYS_HELD = 1_024;
const CROWD = 30_000;
const WATCHED = 100;
const GROWTH_MIB_MAX = 200;
const LONG_KEYS = 1_200;
const LONG_CHARS = 16_000;

const RULES = `
limiter per_client { key client.ip  allow ${LIMIT} per 1h  store local  then block 429 }
limiter per_token { key request.headers["x-token"]  allow ${TOKEN_LIMIT} per 1h  store cluster leased  then block 429 }
rule dos.per_client "per client" { severity warning  when request.path == "/client"  then limit per_client }
rule dos.per_token "per token" { severity warning  when request.path == "/token"  then limit per_token }`;

let fleet: Fleet;
const agent = new Agent({ connections: 16 });

afterEach(async () => {
  await fleet.stop();
});

async function start(redis: boolean): Promise<RunningWard> {
  const env = { WARD_LIMIT_KEYS: String(KEYS_HELD), WARD_REDIS_TIMEOUT: '10s' };
  fleet = await Fleet.start({ rules: RULES, redis, workers: 2, env });
  const [ward] = fleet.wards;
  if (ward === undefined) throw new Error('no Ward');
  return ward;
}

async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  const { statusCode, body } = await request(url, { headers, dispatcher: agent });
  await body.dump();
  return statusCode;
}

const watched = (index: number): string => `192.0.2.${index + 1}`;
const stranger = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

/** What of the process lies in memory. */
function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

it('thirty times the clients it can hold exactly: who spent his limit stays refused, and memory stays bounded', async () => {
  const ward = await start(false);
  const url = `${ward.url}/client`;
  const ask = (index: number): Promise<number> => statusOf(url, { 'x-forwarded-for': watched(index) });
  for (let index = 0; index < WATCHED; index++) expect(await ask(index)).toBe(200);
  const beforeMib = residentMib(ward.pid);
  let next = 0;
  const headers = () => ({ 'x-forwarded-for': stranger(next++) });
  const crowd = await autocannon({
    url,
    connections: 32,
    amount: CROWD,
    requests: [{ setupRequest: (one) => ({ ...one, headers: { ...one.headers, ...headers() } }) }],
  });
  expect([crowd.errors, crowd['5xx']]).toEqual([0, 0]);
  const growthMib = residentMib(ward.pid) - beforeMib;
  process.stdout.write(`${CROWD} clients: ${growthMib.toFixed(0)} MiB more\n`);
  expect(growthMib).toBeLessThan(GROWTH_MIB_MAX);
  const again = await Promise.all(Array.from({ length: WATCHED }, (_, index) => ask(index)));
  expect(again.filter((status) => status !== 429)).toEqual([]);
});

it.each([false, true])(
  'keys as long as a field may be, Redis %s: only their hashes are kept',
  async (redis) => {
    const ward = await start(redis);
    const url = `${ward.url}/token`;
    const token = (index: number): string => String(index).padStart(LONG_CHARS, 'k');
    const ask = (index: number): Promise<number> => statusOf(url, { 'x-token': token(index) });
    for (let turn = 0; turn <= TOKEN_LIMIT; turn++) expect(await ask(0)).toBe(turn < TOKEN_LIMIT ? 200 : 429);
    for (let index = 1; index <= LONG_KEYS; index += 16) {
      const statuses = await Promise.all(Array.from({ length: 16 }, (_, place) => ask(index + place)));
      // Of more keys than the memory holds, new ones may be taken for known ones; none is ever an error.
      expect(statuses.filter((status) => status !== 200 && !(status === 429 && !redis))).toEqual([]);
    }
    expect(await ask(0)).toBe(429);
    if (!redis) return;
    const names = (await fleet.redis.command('keys', 'ward:fleet:*per_token*')).split('\n');
    expect(names.length).toBeGreaterThan(LONG_KEYS);
    expect(Math.max(...names.map((name) => name.length))).toBeLessThan(100);
  },
);
