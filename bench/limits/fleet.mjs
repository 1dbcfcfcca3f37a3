// Ward processes with one policy before one service, with a Redis of their own if wanted, for benches of limits under load.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort, listening, startRedis } from './redis.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export async function startFleet({ rules, wards = 1, workers = 1, redis = false, env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'ward-bench-'));
  writeFileSync(
    join(folder, 'bench.ward'),
    `language 1\npolicy "bench" { mode enforce default allow }\n${rules}`,
  );
  const servicePort = await freePort();
  const service = spawn(process.execPath, [path('../load/upstream.mjs'), String(servicePort), 'ok'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const children = [service];
  const kill = () => children.forEach((child) => child.kill('SIGKILL'));
  process.once('exit', kill);
  await listening(servicePort);
  const server = redis ? await startRedis() : null;
  if (redis && server === null) throw new Error('redis-server is not installed');
  const settings = {
    WARD_TRUSTED_PROXIES: '127.0.0.1/32',
    ...(server === null ? {} : { WARD_REDIS_URL: `redis://127.0.0.1:${server.port}` }),
    ...env,
  };
  const args = ['--upstream', `http://127.0.0.1:${servicePort}`, '--rules', join(folder, 'bench.ward')];
  const running = [];
  for (let i = 0; i < wards; i++) {
    const ward = await startWard([...args, '--workers', String(workers)], settings);
    children.push(ward.child);
    running.push(ward);
  }
  const stop = async () => {
    for (const { child } of running) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    service.kill();
    await server?.stop();
    rmSync(folder, { recursive: true });
    process.off('exit', kill);
  };
  return { wards: running, redis: server, stop };
}

/** Refusals are logged by the thousand: only lines of other events are read. */
async function startWard(args, env) {
  const own = ['run', '--listen', '127.0.0.1:0', '--admin', 'off', '--log-format', 'json'];
  const child = spawn(process.execPath, [path('../../dist/main.js'), ...own, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const events = [];
  let started;
  const listens = new Promise((resolve, reject) => {
    started = resolve;
    child.once('exit', (code) => reject(new Error(`ward run ended with ${code}`)));
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('"request.')) return;
    const event = { ...JSON.parse(line), atMs: performance.now() };
    events.push(event);
    if (event.event === 'ward.started') started(event);
  });
  const { listen } = await listens;
  return { child, pid: child.pid, url: `http://${listen}`, port: Number(listen.split(':').at(-1)), events };
}

/** Resident memory of a process in MiB. */
export function residentMib(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1_024;
}

/** Nearest rank; NaN of nothing. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Asks every 10 ms until it is so; resolves to the milliseconds that took. */
export async function waitFor(what, name, timeoutMs = 60_000) {
  const startMs = performance.now();
  while (!(await what())) {
    if (performance.now() - startMs > timeoutMs) throw new Error(`waited in vain for ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - startMs;
}
