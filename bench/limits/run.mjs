// What a decision about limits costs: node bench/limits/run.mjs [--rounds 7] [--clients 100] [--record]
// Needs `npm run build`, and redis-server for the shared stores.
//
// The same requests go through the same engine, without inspection rules, with no limiter and with 1, 4 and 16 of them,
// kept in memory, leased from Redis and asked of Redis each time. Prints CPU µs of this process per request, Redis's own
// client included, and what a limiter adds; the smallest of several rounds counts, all cases taking turns in each.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileProgram } from '../../dist/compiler/compile.js';
import { analyseForChecker } from '../../dist/compiler/regex-analyser.js';
import { admit } from '../../dist/control/inspection.js';
import { processClock } from '../../dist/core/clock.js';
import { checkProgram } from '../../dist/dsl/checker/check-program.js';
import { parseFile } from '../../dist/dsl/parser.js';
import { createSource } from '../../dist/dsl/source.js';
import { createEngine } from '../../dist/engine/engine.js';
import { WorkerBanBook } from '../../dist/limiter/bans/worker-ban-book.js';
import { ClusterStore } from '../../dist/limiter/cluster/cluster-store.js';
import { FloodMeter } from '../../dist/limiter/flood/flood-meter.js';
import { createFloodTables } from '../../dist/limiter/flood/flood-tables.js';
import { MemoryStore } from '../../dist/limiter/memory/memory-store.js';
import { createMemoryTables } from '../../dist/limiter/memory/memory-tables.js';
import { RedisConnection } from '../../dist/limiter/redis/redis-connection.js';
import { redisOptions } from '../../dist/limiter/redis/redis-options.js';
import { RedisStore } from '../../dist/limiter/redis/redis-store.js';
import { startRedis } from './redis.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    clients: { type: 'string', default: '100' },
    record: { type: 'boolean', default: false },
  },
});
const ROUNDS = Number(options.rounds);
const CLIENTS = Number(options.clients);
/** Requests of one case in one round, and how many of them are under way at once. */
const REQUESTS = 20_000;
const IN_FLIGHT = 64;
const COUNTS = [1, 4, 16];
const ALGORITHMS = ['gcra', 'sliding_window', 'fixed_window'];

/** A policy with so many limiters, all of which have room. */
function policyText(count, store, algorithm) {
  const limiters = Array.from(
    { length: count },
    (_, i) => `
limiter l${i} {
  key   client.ip
  allow 1_000_000 per ${i + 1}s
  using ${algorithm ?? ALGORITHMS[i % ALGORITHMS.length]}
  store ${store}
  then  block 429
}
rule r${i} "Limit ${i}" { severity notice then limit l${i} }`,
  );
  return `language 1\npolicy "bench" { mode enforce }\n${limiters.join('\n')}`;
}

function programOf(text) {
  const { file } = parseFile(createSource('bench.ward', text));
  const today = new Date().toISOString().slice(0, 10);
  const { policy, diagnostics } = checkProgram([file], { regex: analyseForChecker, today });
  if (policy === null)
    throw new Error(JSON.stringify(diagnostics.map(({ code, message }) => [code, message])));
  return compileProgram(policy).program;
}

const heads = Array.from({ length: CLIENTS }, (_, i) => {
  const request = { method: 'GET', target: `/items/${i}`, from: `10.0.${i >> 8}.${i & 255}`, scheme: 'http' };
  return admit({ ...request, headers: [['user-agent', 'bench']], body: undefined, answered: undefined }).head;
});

/** Sends all requests, so many at once; returns CPU µs per request. */
async function drive(engine) {
  let next = 0;
  let refused = 0;
  const from = process.cpuUsage();
  const client = async () => {
    while (next < REQUESTS) {
      const transaction = engine.begin(heads[next++ % CLIENTS]);
      if (transaction.opening !== undefined) await transaction.opening;
      const waiting = transaction.requestEnd();
      if (waiting !== undefined) await waiting;
      if (transaction.verdict.action !== 'pass') refused++;
      transaction.close();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, client));
  const spent = process.cpuUsage(from);
  if (refused > 0) throw new Error(`${refused} requests were refused: the bench measures nothing`);
  return (spent.user + spent.system) / REQUESTS;
}

const redis = await startRedis();
const connection =
  redis &&
  new RedisConnection(
    redisOptions({ kind: 'standalone', host: '127.0.0.1', port: redis.port, db: 0 }, 'bench'),
  );
if (connection) await connection.probe();
else console.error('redis-server is not installed: only the memory is measured');

const memory = new MemoryStore(createMemoryTables(), processClock);
const cluster =
  connection &&
  new ClusterStore({
    remote: new RedisStore(connection),
    memory,
    clock: processClock,
    replicas: { value: 1 },
    deadlineMs: 1_000,
  });
const floods = new FloodMeter(createFloodTables({ workers: 1 }), processClock, { workerIndex: 0 });
const bans = new WorkerBanBook({ clock: processClock });
const engineOf = (text, limits) => createEngine(programOf(text), { gates: { limits, floods, bans } });

const cases = [{ name: 'no limiter', count: 0, engine: engineOf(policyText(0), memory) }];
for (const algorithm of ALGORITHMS) {
  cases.push({
    name: `memory, ${algorithm}`,
    count: 1,
    engine: engineOf(policyText(1, 'local', algorithm), memory),
  });
}
for (const [name, store, limits] of [
  ['memory', 'local', memory],
  ['leased', 'cluster leased, down -> local', cluster],
  ['exact', 'cluster, down -> local', cluster],
]) {
  if (!limits) continue;
  for (const count of COUNTS) cases.push({ name, count, engine: engineOf(policyText(count, store), limits) });
}

const best = new Map(cases.map((one) => [one, Infinity]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const one of cases) {
    const us = await drive(one.engine);
    // The first round warms the code and fills the leases.
    if (round > 0) best.set(one, Math.min(best.get(one), us));
  }
  process.stderr.write(`round ${round} of ${ROUNDS}\n`);
}
cluster?.close();
connection?.close();
await redis?.stop();

const base = best.get(cases[0]);
const rows = cases.map((one) => {
  const us = best.get(one);
  return `| ${one.name} | ${one.count} | ${us.toFixed(2)} | ${one === cases[0] ? '–' : (us - base).toFixed(2)} |`;
});
const figures = cluster?.figures;
if (figures && figures.failures + figures.timeouts + figures.localDecisions > 0) {
  throw new Error(`Redis failed during the bench: ${JSON.stringify(figures)}`);
}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const report = `# Limits bench

Commit ${commit}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, ${CLIENTS} clients, ${IN_FLIGHT} requests at once, smallest of ${ROUNDS} rounds of ${REQUESTS}.

| store | limiters | CPU µs/request | added |
|---|---|---|---|
${rows.join('\n')}
`;
console.log(report);
if (options.record) {
  const folder = fileURLToPath(new URL('../record/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}limits-${new Date().toISOString().slice(0, 10)}.md`, report);
}
