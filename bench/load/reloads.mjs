// Reload under load: node bench/load/reloads.mjs [--reloads 100] [--rules rules]
//
// SIGHUP again and again while clients send requests: none may fail, and memory must stay flat once the first programs
// have been let go. Prints failures, latency and resident memory along the way.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const { values: options } = parseArgs({
  options: {
    reloads: { type: 'string', default: '100' },
    rules: { type: 'string', default: path('../../rules') },
  },
});
const reloads = Number(options.reloads);
const GROWTH_MIB_MAX = 32;

const service = http.createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
await once(service, 'listening');

const ward = spawn(
  process.execPath,
  [
    path('../../dist/main.js'),
    'run',
    '--listen',
    '127.0.0.1:0',
    '--upstream',
    `http://127.0.0.1:${service.address().port}`,
    '--rules',
    options.rules,
    '--workers',
    '1',
    '--admin',
    'off',
    '--log-format',
    'json',
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
process.on('exit', () => ward.kill('SIGKILL'));

const waiting = new Map();
createInterface({ input: ward.stdout }).on('line', (line) => {
  const event = JSON.parse(line);
  if (event.event === 'rules.reload_failed') throw new Error(line);
  waiting.get(event.event)?.(event);
});
const next = (name) => new Promise((resolve) => waiting.set(name, resolve));
const { listen } = await next('ward.started');
const [host, port] = listen.split(':');

let stop = false;
let requests = 0;
const failures = new Map();
const latencies = [];
async function client() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  while (!stop) {
    const began = performance.now();
    const outcome = await new Promise((resolve) => {
      http
        .get({ host, port, agent, path: '/products?q=mountain+bike&page=2' }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        })
        .on('error', (error) => resolve(error.code));
    });
    requests++;
    latencies.push(performance.now() - began);
    if (outcome !== 200) failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
  }
  agent.destroy();
}
const residentMib = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${ward.pid}/status`, 'utf8'))[1]) / 1024;

const clients = Array.from({ length: 8 }, client);
const resident = [];
for (let count = 1; count <= reloads; count++) {
  const loaded = next('rules.loaded');
  ward.kill('SIGHUP');
  await loaded;
  resident.push(residentMib());
  if (count % 10 === 0)
    console.log(`${count} reloads, ${requests} requests, ${resident.at(-1).toFixed(0)} MiB`);
}
stop = true;
await Promise.all(clients);
ward.kill('SIGTERM');
await once(ward, 'exit');
service.close();

latencies.sort((a, b) => a - b);
const at = (share) => latencies[Math.floor((latencies.length - 1) * share)].toFixed(1);
// The middle of the run against its end: the heap has found its size by then.
const half = Math.floor(reloads / 2);
const typical = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const growth =
  typical(resident.slice(-Math.ceil(reloads / 5))) -
  typical(resident.slice(half, half + Math.ceil(reloads / 5)));
const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
console.log(`failed ${failed} of ${requests}${failed > 0 ? ` (${JSON.stringify([...failures])})` : ''}`);
console.log(`latency p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`);
console.log(`resident memory: growth over the second half ${growth.toFixed(1)} MiB`);
process.exitCode = failed > 0 || growth > GROWTH_MIB_MAX ? 1 : 0;
