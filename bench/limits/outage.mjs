// Redis crashes, freezes and forgets under a steady load of two Ward processes: what clients wait, what is admitted, and how
// soon Redis is asked again. Waits are compared with those of the same run before the outage.
import autocannon from 'autocannon';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { outageBound } from '../../dist/limiter/cluster/bounds.js';
import { quantile, startFleet, waitFor } from './fleet.mjs';
import { startRedis } from './redis.mjs';

const WARDS = 2;
const DEADLINE_MS = 50;
const REQUESTS_PER_S = 400;
const QUIET_MS = 3_000;
const AWAY_MS = 3_000;
const RATE = { count: 500, periodMs: 3_600_000, burst: 500 };
const BOUND = outageBound('sliding_window', RATE, 1, WARDS, 1);

/** `seen` leaves a trace in Redis of each process that asks it. */
const RULES = `
limiter budget { key request.headers["x-client"]  allow ${RATE.count} per 1h  store cluster, down -> local  then block 429 }
limiter seen { key request.headers["x-ward"]  allow 1_000_000 per 1h  using gcra  store cluster, down -> open  then block 429 }
rule dos.budget "budget" { severity warning  when request.path == "/"  then limit budget }
rule dos.seen "seen" { severity warning  when request.path == "/seen"  then limit seen }`;

/** How each begins and ends. A Redis that was ended is another one afterwards. */
const OUTAGES = {
  crash: {
    begin: (state) => state.redis.stop(),
    end: async (state) => {
      state.redis = await startRedis(state.redis.port);
    },
  },
  freeze: {
    begin: (state) => process.kill(state.redis.pid, 'SIGSTOP'),
    end: (state) => process.kill(state.redis.pid, 'SIGCONT'),
  },
  flushall: { begin: (state) => command(state, 'flushall'), end: () => undefined },
  'script flush': { begin: (state) => command(state, 'script', 'flush'), end: () => undefined },
};

async function command(state, name, ...args) {
  const client = new Redis(state.redis.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}

const traces = (state) => command(state, 'keys', 'ward:bench:l1:seen.*').catch(() => []);

/** Beside the load, of whose requests those that are refused leave no trace. */
async function bothAskRedis(state) {
  const ask = ({ url }, index) => fetch(`${url}/seen`, { headers: { 'x-ward': String(index) } });
  await Promise.all(state.fleet.wards.map(ask));
  return (await traces(state)).length === WARDS;
}

/** A load on all processes whose every answer is kept with its time. */
function steadyLoad(wards, client) {
  const answers = [];
  const loads = wards.map(({ url }) => {
    const headers = { 'x-client': client };
    const rate = { overallRate: REQUESTS_PER_S, connections: 20, duration: 600, timeout: 10 };
    const load = autocannon({ url, headers, ...rate }, () => undefined);
    load.on('response', (_client, status, _bytes, waitMs) => {
      answers.push({ status, waitMs, sentMs: performance.now() - waitMs });
    });
    return load;
  });
  const stop = async () => {
    const ended = loads.map((load) => new Promise((resolve) => load.once('done', resolve)));
    for (const load of loads) load.stop();
    const results = await Promise.all(ended);
    return results.reduce((sum, { errors }) => sum + errors, 0);
  };
  return { answers, stop };
}

async function run(state, kind, client) {
  const load = steadyLoad(state.fleet.wards, client);
  await sleep(1_000); // connections and code warm up
  const quietMs = performance.now();
  await sleep(QUIET_MS);
  const beginMs = performance.now();
  await OUTAGES[kind].begin(state);
  await sleep(AWAY_MS);
  await OUTAGES[kind].end(state);
  const endMs = performance.now();
  const old = await traces(state);
  if (old.length > 0) await command(state, 'del', ...old);
  await waitFor(() => bothAskRedis(state), 'both processes asking Redis');
  const backMs = performance.now() - endMs;
  await sleep(1_000);
  const errors = await load.stop();
  process.stderr.write(`${client}: back after ${Math.round(backMs)} ms\n`);
  const between = (from, to) =>
    load.answers.filter(({ sentMs }) => sentMs >= from && sentMs < to).map(({ waitMs }) => waitMs);
  return {
    answers: load.answers.length,
    wrong: errors + load.answers.filter(({ status }) => status >= 500).length,
    admitted: load.answers.filter(({ status }) => status === 200).length,
    before: quantile(between(quietMs, beginMs), 0.99),
    first: quantile(between(beginMs - DEADLINE_MS, beginMs + DEADLINE_MS), 1),
    during: quantile(between(beginMs + DEADLINE_MS, endMs), 0.99),
    after: quantile(between(endMs, Infinity), 0.99),
    backMs,
  };
}

/** Of several rounds the smallest waits count, which the machine disturbed least, and the worst of all else. */
export async function outage({ rounds }) {
  const redis = await startRedis();
  if (redis === null) throw new Error('redis-server is not installed');
  const env = { WARD_REDIS_URL: `redis://127.0.0.1:${redis.port}`, WARD_REDIS_TIMEOUT: `${DEADLINE_MS}ms` };
  const fleet = await startFleet({ rules: RULES, wards: WARDS, env });
  const state = { fleet, redis };
  await sleep(5_000); // both know of each other
  const rows = [];
  for (const kind of Object.keys(OUTAGES)) {
    const all = [];
    for (let round = 0; round < rounds; round++) all.push(await run(state, kind, `${kind}${round}`));
    const most = (name) => Math.max(...all.map((one) => one[name]));
    const least = (name) => Math.min(...all.map((one) => one[name]).filter((value) => !Number.isNaN(value)));
    const ms = (value) => value.toFixed(1);
    rows.push(
      `| ${kind} | ${all.reduce((sum, { answers }) => sum + answers, 0)} | ${most('wrong')} | ${ms(least('before'))} | ${ms(least('first'))} | ` +
        `${ms(least('during'))} | ${ms(least('during') - least('before'))} | ${ms(least('after'))} | ${Math.round(most('backMs'))} | ${most('admitted')} | ${BOUND} |`,
    );
  }
  await fleet.stop();
  await state.redis.stop();
  return `## Outages of Redis, ${WARDS} processes at ${REQUESTS_PER_S} requests/s each, down -> local, limit ${RATE.count}, deadline ${DEADLINE_MS} ms

Waits in ms, the smallest of ${rounds} rounds in each column; the other columns are the worst of all rounds.

| outage | answers | 5xx and errors | p99 before | most at the deadline | p99 during | added | p99 after | back after ms | admitted | bound |
|---|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
