/**
 * Clients that reset their connection at every moment somebody else takes over their socket: between preface, TLS, HTTP,
 * refusals and tunnels. A socket nobody listens to at that moment would end the whole program.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { LISTENERS } from '../support/ward.ts';
import { RunningWard, startService, stopService } from './ward-process.ts';

/** Refused, answered, half said, and of another protocol. */
const OPENINGS: readonly string[] = [
  'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n',
  'GET /a HTTP/1.1\r\nHost: s.example\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  'GET /a HTTP/1.1\r\nHost: s.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  'GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n',
  'GET /a HTTP/7.1\r\nHost: s.example\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: s.example\r\nContent-Length: 9\r\n\r\nhal',
  'GET\u0000',
  'PRI',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0001\u0009\u0009\u0000\u0000\u0000\u0001x',
];
const ROUNDS = 5;
/** Of the first bytes: one of the openings says less than a server waits for. */
const HEAD_MS = 300;

let directory: string;
let authority: Authority;
let service: Awaited<ReturnType<typeof startService>>;
let ward: RunningWard | undefined;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-resets-'));
  authority = new Authority('servers');
  service = await startService((_request, response) => void response.end('ok'));
  writeFileSync(join(directory, 'policy.ward'), 'language 1\npolicy "p" { mode enforce }\n');
});
afterEach(() => {
  ward?.signal('SIGKILL');
  ward = undefined;
});
afterAll(async () => {
  await stopService(service.server);
  authority.remove();
  rmSync(directory, { recursive: true });
});

/** Says `opening` and resets: `afterMs` behind the first byte that comes back, or when nothing has for a second. */
function resetAfter(
  socket: Socket,
  raw: Socket,
  ready: string,
  opening: string,
  afterMs: number,
): Promise<void> {
  const reset = (): void => void raw.resetAndDestroy();
  return new Promise((resolve) => {
    const timer = setTimeout(reset, 1_000);
    socket.once(ready, () => socket.write(opening, 'latin1'));
    socket.once('data', () => setTimeout(reset, afterMs));
    socket.on('error', () => undefined);
    raw.on('error', () => undefined);
    raw.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function plain(port: number, opening: string, afterMs: number): Promise<void> {
  // Half open, so that the reset comes after the server's end as well.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  return resetAfter(socket, socket, 'connect', opening, afterMs);
}

function secure(port: number, opening: string, afterMs: number): Promise<void> {
  const raw = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const ALPNProtocols = opening.startsWith('PRI') ? ['h2'] : ['http/1.1'];
  const socket = connectTls({ socket: raw, rejectUnauthorized: false, ALPNProtocols });
  return resetAfter(socket, raw, 'secureConnect', opening, afterMs);
}

describe.each(LISTENERS)('listener %s', (listener) => {
  it.each([
    ['plain', plain],
    ['under TLS', secure],
  ] as const)('outlives clients that reset, %s', async (kind, visit) => {
    const { certFile, keyFile } = authority.issue({ names: 'DNS:s.example' });
    const settings = {
      listener,
      upstream: { url: service.url },
      rules: ['policy.ward'],
      workers: 1,
      ...(listener === 'node' ? { client_timeouts: { head: `${HEAD_MS}ms` } } : {}),
      ...(kind === 'plain' ? {} : { tls: { cert: certFile, key: keyFile } }),
    };
    writeFileSync(join(directory, 'ward.yaml'), JSON.stringify(settings));
    ward = await RunningWard.start([], { cwd: directory });
    const { port } = ward;
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(OPENINGS.map((opening) => visit(port, opening, round)));
    }
    // What a worker died of is told before the port is served again.
    await visit(port, 'GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n', 0);
    expect(await ward.stop()).toBe(0);
    expect(ward.events.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
