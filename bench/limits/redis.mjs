// A redis-server of the bench's own on a free port of loopback, which keeps nothing.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** On that port, or any free one. Null where redis-server is not installed. */
export async function startRedis(wishedPort) {
  const port = wishedPort ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'ward-bench-redis-'));
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const missing = new Promise((resolve) => child.once('error', () => resolve(true)));
  const isMissing = await Promise.race([missing, listening(port)]);
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return isMissing ? null : { port, pid: child.pid, stop };
}

/** A port nobody listens on at this moment. */
export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves to false once the port answers. */
export async function listening(port) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
    if (open) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}
