// What the load bench measures: the upstream alone, nginx as a plain proxy where it is installed, Ward without rules
// and Ward with the shipped ones. Everything listens on loopback and ends with the bench.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

function installed(program) {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function waitForPort(port, child, name) {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} before it listened`);
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} did not open port ${port}`);
}

function nginxConfiguration(folder, port, location) {
  return `worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; daemon off;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 0; keepalive_requests 1000000;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  ${location.upstream ?? ''}
  server { listen 127.0.0.1:${port}; location / { ${location.body} } }
}`;
}

/** Starts everything; `stop` ends it. CPU 0 belongs to the proxies, CPU 1 to load and upstream, where `taskset` is there. */
export async function startTargets({ only } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ward-bench-'));
  const children = [];
  const pin = installed('taskset');
  const launch = async (name, port, cpu, command, args) => {
    const child = pin
      ? spawn('taskset', ['-c', String(cpu), command, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
      : spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    await waitForPort(port, child, name);
    return { name, port, pid: child.pid };
  };

  const upstreamPort = await freePort();
  const nginx = installed('nginx');
  const answer = `<html><body>${'The quick brown fox jumps over the lazy dog. '.repeat(22)}</body></html>`;
  const upstream = await launch('upstream', upstreamPort, 1, process.execPath, [
    path('./upstream.mjs'),
    String(upstreamPort),
    answer,
  ]);

  const targets = [upstream];
  if (nginx) {
    const port = await freePort();
    const proxyFolder = mkdtempSync(join(folder, 'nginx-'));
    const file = join(proxyFolder, 'nginx.conf');
    writeFileSync(
      file,
      nginxConfiguration(proxyFolder, port, {
        upstream: `upstream service { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000; }`,
        body: 'proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_request_buffering off;',
      }),
    );
    targets.push(await launch('nginx', port, 0, 'nginx', ['-c', file, '-p', proxyFolder]));
  }
  const main = path('../../dist/main.js');
  for (const [name, rules] of [
    ['ward-bare', path('./empty.ward')],
    ['ward', path('./shipped.ward')],
  ]) {
    const port = await freePort();
    targets.push(
      await launch(name, port, 0, process.execPath, [
        main,
        'run',
        '--listen',
        `127.0.0.1:${port}`,
        '--upstream',
        `http://127.0.0.1:${upstreamPort}`,
        '--rules',
        rules,
        '--workers',
        '1',
        '--admin',
        'off',
      ]),
    );
  }
  const stop = async () => {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(
      children.map((child) =>
        child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : undefined,
      ),
    );
    rmSync(folder, { recursive: true, force: true });
  };
  return { targets: only ? targets.filter((target) => only.includes(target.name)) : targets, answer, stop };
}
