/**
 * The clocks of uWebSockets.js, which no setting reaches: which of them cut a client, and which Ward winds up again. It
 * cuts after 8 to 12 s; all run at once, and each test of patience lasts longer than that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIB } from '../../src/core/limits.ts';
import { Authority, listenerTls } from '../support/certificates.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { startWard, type Ward } from '../support/ward.ts';

const HEAD = 'Host: s.example\r\n\r\n';
const PATIENCE_MS = 14_000;
const CUT_MS = 25_000;

describe.concurrent('listener uws', () => {
  const upstream = new RawUpstream();
  let ward: Ward;

  beforeAll(async () => {
    await upstream.listen();
    ward = await startWard({
      listener: 'uws',
      upstreamPort: upstream.port,
      upstream: { headersMs: 60_000, idleMs: 60_000 },
    });
    upstream.onHead = (head, socket) => {
      if (!head.startsWith('POST /stalls')) return;
      socket.pause();
      setTimeout(() => socket.resume(), PATIENCE_MS);
    };
    upstream.answer = ({ socket, head }) => {
      const length = head.startsWith('GET /big') ? 64 * MIB : 2;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
      socket.write(Buffer.alloc(length, 'x'));
    };
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });

  it.each([
    ['a connection that was never used', ''],
    ['a connection that is used no more', `GET / HTTP/1.1\r\n${HEAD}`],
  ])('cuts %s', async (_what, bytes) => {
    const client = new RawClient(ward.port);
    client.send(bytes);
    expect(await client.waitClosed(CUT_MS)).toBe(true);
  });

  it('cuts a head that trickles in', async () => {
    const client = new RawClient(ward.port);
    client.send('GET / HTTP/1.1\r\n');
    const trickle = setInterval(() => client.send('X-A: b\r\n'), 500);
    expect(await client.waitClosed(CUT_MS)).toBe(true);
    clearInterval(trickle);
    expect(client.received).toBe('');
  });

  it('cuts a connection that does not begin its TLS handshake', async () => {
    const authority = new Authority('ward test');
    const tls = listenerTls([{ names: [], certificate: authority.issue({ names: 'DNS:s.example' }) }]);
    const secure = await startWard({
      listener: 'uws',
      upstreamPort: upstream.port,
      listenerOptions: { tls },
    });
    const client = new RawClient(secure.port);
    expect(await client.waitClosed(CUT_MS)).toBe(true);
    expect(secure.proxy.figures.clients.connections).toBe(0);
    await secure.close();
    authority.remove();
  });

  it('waits for a body that is slower than 16 KB a second', async () => {
    const client = new RawClient(ward.port);
    client.send(`POST /slow HTTP/1.1\r\nContent-Length: 14000\r\n${HEAD}`);
    for (let sent = 0; sent < 14_000; sent += 500) {
      client.send('x'.repeat(500));
      await sleep(500);
    }
    expect((await client.response('POST'))?.status).toBe(200);
    client.destroy();
  });

  it('waits for a service that takes no body for a while', async () => {
    const client = new RawClient(ward.port);
    client.send(`POST /stalls HTTP/1.1\r\nContent-Length: ${16 * MIB}\r\n${HEAD}${'x'.repeat(16 * MIB)}`);
    expect((await client.response('POST', CUT_MS))?.status).toBe(200);
    client.destroy();
  });

  it('waits for a client that takes nothing of its answer for a while', async () => {
    const client = new RawClient(ward.port);
    client.socket.pause();
    client.send(`GET /big HTTP/1.1\r\n${HEAD}`);
    await sleep(PATIENCE_MS);
    let bytes = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk) => (bytes += chunk.length));
    client.socket.resume();
    while (bytes < 64 * MIB && !client.closed) await sleep(20);
    expect(bytes).toBeGreaterThan(64 * MIB);
    client.destroy();
  });
});
