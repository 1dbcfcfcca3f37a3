// Slow clients: node bench/load/slow-clients.mjs [--seconds 15] [--rounds 2] [--listeners uws,node] [--modes H,B,R,X,L] [--record]
//
// An ordinary client with a modest fixed rate is measured alone and then while slowhttptest holds 1,000 connections in
// each of its modes: slow heads (-H), slow bodies (-B), ranges (-R), slow reads of a page (-X). L is a slow read of 4 MiB:
// loopback lets the kernel take 2.6 MB of each answer, all of which is inspected, so there it is also a flood of downloads.
// It comes from 127.0.0.2, the attack
// from 127.0.0.1. Each mode runs as shipped, and without the limit of connections per client, as if each connection were a client of its own.
// Prints p50 and p99 before and during, their ratio, the growth of memory and what was refused. Of several rounds the
// least p99 counts, of each state alike: the machine has other work to do.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { cpus, release } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '1000' },
    listeners: { type: 'string', default: 'uws,node' },
    modes: { type: 'string', default: 'H,B,R,X,L' },
    record: { type: 'boolean', default: false },
  },
});
const seconds = Number(options.seconds);
// autocannon has no option for the address it comes from, but all its connections are made by this function.
const connect = net.connect;
net.connect = (...args) =>
  typeof args[0] === 'object'
    ? connect(...args)
    : connect({ port: args[0], host: args[1], localAddress: '127.0.0.2' });

/** Requests a second of the ordinary client, and its connections: a busy single-page application. */
const RATE = 200;
const CONNECTIONS = 8;
const WARM_UP_S = 4;
/** Until slowhttptest has its connections. */
const RAMP_S = 3;
const TEXT = '<p>The quick brown fox jumps over the lazy dog. ';
const PAGES = { '/page': Buffer.alloc(64 * 1024, TEXT), '/large': Buffer.alloc(4 * 1024 * 1024, TEXT) };

const ATTACKS = {
  H: ['-r', '500', '-H', '-i', '2', '-x', '24', '-t', 'GET'],
  B: ['-r', '500', '-B', '-i', '2', '-s', '8192', '-x', '10', '-t', 'POST'],
  R: ['-r', '500', '-R', '-a', '10', '-b', '3000', '-t', 'HEAD'],
  X: ['-r', '500', '-X', '-n', '1', '-w', '1', '-y', '1', '-z', '1'],
  L: ['-r', '10', '-X', '-n', '1', '-w', '1', '-y', '1', '-z', '1'],
};

function installed(program) {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

if (!installed('slowhttptest')) {
  console.log('slowhttptest is not installed (Debian package slowhttptest): nothing was measured');
  process.exit(0);
}

const service = http.createServer({ requestTimeout: 0 }, (request, response) => {
  request.resume();
  request.on('error', () => undefined);
  request.on('end', () => response.end(PAGES[request.url] ?? 'ok'));
});
service.listen(0, '127.0.0.1');
await once(service, 'listening');

/** Ward with the shipped rules, on CPU 0 where `taskset` is there. */
async function startWard(listener, perClient) {
  const args = ['run', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--log-format', 'json'];
  args.push('--upstream', `http://127.0.0.1:${service.address().port}`);
  args.push('--rules', path('./shipped.ward'), '--workers', '1', '--listener', listener);
  const node = [process.execPath, path('../../dist/main.js'), ...args];
  const [command, ...rest] = installed('taskset') ? ['taskset', '-c', '0', ...node] : node;
  const environment =
    perClient === undefined ? {} : { WARD_LIMITS_CONNECTIONS_PER_CLIENT: String(perClient) };
  const child = spawn(command, rest, {
    env: { ...process.env, ...environment, WARD_LOGS_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const started = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ward ended with ${code}`)));
    lines.on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'ward.started') resolve(event);
    });
  });
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${String(started.listen).split(':').at(-1)}`,
    admin: `http://127.0.0.1:${started.admin_port}`,
    stop: async () => {
      child.removeAllListeners('exit');
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function residentMib(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

async function metrics(ward) {
  const text = await (await fetch(`${ward.admin}/metrics`)).text();
  const sum = (name) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (all, m) => all + Number(m[1]),
      0,
    );
  return {
    refused: sum('ward_connections_refused_total'),
    slow: sum('ward_slow_clients_total'),
    shed: sum('ward_shed_total'),
  };
}

/** Latencies of the ordinary client in milliseconds, and how many of its requests failed. */
async function ordinary(ward, duration) {
  const times = [];
  const run = autocannon({ url: `${ward.url}/`, connections: CONNECTIONS, overallRate: RATE, duration });
  run.on('response', (_client, _status, _bytes, ms) => times.push(ms));
  const result = await run;
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), failed: result.errors + result.non2xx };
}

/** slowhttptest until told to stop; it gives up when all its connections are closed, and is started again. */
function attack(ward, mode) {
  let child;
  let over = false;
  const begin = () => {
    if (over) return;
    const target = `${ward.url}${{ X: '/page', L: '/large' }[mode] ?? '/'}`;
    const args = ['-n', '19', 'slowhttptest', '-c', options.connections, '-l', '600', '-p', '5'];
    child = spawn('nice', [...args, '-u', target, ...ATTACKS[mode]], { stdio: 'ignore' });
    child.once('exit', () => setTimeout(begin, 100));
  };
  begin();
  return () => {
    over = true;
    child.kill('SIGKILL');
  };
}

const sleep = (s) => new Promise((resolve) => setTimeout(resolve, s * 1_000));

/** One listener and one limit: alone, then under each attack. */
async function measure(listener, perClient) {
  const ward = await startWard(listener, perClient);
  const rows = [];
  try {
    await ordinary(ward, WARM_UP_S);
    for (const mode of options.modes.split(',')) {
      const before = await ordinary(ward, seconds / 2);
      const memory = residentMib(ward.pid);
      const counted = await metrics(ward);
      const stop = attack(ward, mode);
      await sleep(RAMP_S);
      let peak = memory;
      const watch = setInterval(() => (peak = Math.max(peak, residentMib(ward.pid))), 250);
      const during = await ordinary(ward, seconds);
      clearInterval(watch);
      stop();
      await sleep(2);
      const after = await metrics(ward);
      rows.push({
        key: `${mode === 'L' ? '-X, 4 MiB' : `-${mode}`} | ${listener} | ${perClient === undefined ? 'as shipped' : 'off'}`,
        before,
        during,
        growth: peak - memory,
        refused: after.refused - counted.refused,
        slow: after.slow - counted.slow,
        shed: after.shed - counted.shed,
      });
      process.stderr.write(`${rows.at(-1).key}: ${before.p99.toFixed(2)} → ${during.p99.toFixed(2)} ms\n`);
    }
  } finally {
    await ward.stop();
  }
  return rows;
}

const best = new Map();
for (let round = 0; round < Number(options.rounds); round++) {
  for (const listener of options.listeners.split(',')) {
    for (const perClient of [undefined, 0]) {
      for (const row of await measure(listener, perClient)) {
        const known = best.get(row.key);
        if (known === undefined) {
          best.set(row.key, row);
          continue;
        }
        for (const state of ['before', 'during']) {
          const failed = known[state].failed + row[state].failed;
          if (row[state].p99 < known[state].p99) known[state] = row[state];
          known[state].failed = failed;
        }
        known.growth = Math.max(known.growth, row.growth);
        for (const count of ['refused', 'slow', 'shed']) known[count] += row[count];
      }
    }
  }
}
service.closeAllConnections();
service.close();

const lines = [
  '| attack | listener | per client | p50 before | p50 during | p99 before | p99 during | ratio | failed | growth MiB | connections refused | slow clients cut | requests shed |',
  '|---|---|---|---|---|---|---|---|---|---|---|---|---|',
];
for (const { key, before, during, growth, refused, slow, shed } of best.values()) {
  const ms = (value) => value.toFixed(2);
  lines.push(
    `| ${key} | ${ms(before.p50)} | ${ms(during.p50)} | ${ms(before.p99)} | ${ms(during.p99)} | ${(during.p99 / before.p99).toFixed(1)} | ${during.failed} | ${growth.toFixed(0)} | ${refused} | ${slow} | ${shed} |`,
  );
}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const report = `# Slow clients

Commit ${commit}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, Linux ${release()}. slowhttptest with ${options.connections} connections for ${seconds} s; an ordinary client with ${RATE} requests a second on ${CONNECTIONS} connections; least p99 of ${options.rounds} rounds, times in ms, counts of all rounds.

${lines.join('\n')}
`;
console.log(report);
if (options.record) {
  const folder = fileURLToPath(new URL('../record/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}slow-clients-${new Date().toISOString().slice(0, 10)}.md`, report);
}
