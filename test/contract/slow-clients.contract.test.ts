/** What each listener does with clients that take more than their part: connections, slow bodies, slow reads. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIB } from '../../src/core/limits.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { clientLimits, LISTENERS, startWard, type Ward, type WardSettings } from '../support/ward.ts';

const HEAD = 'Host: s.example\r\n\r\n';
const GET = `GET / HTTP/1.1\r\n${HEAD}`;
const WAIT_MS = 30_000;
/** More than the kernel takes of an answer on loopback, which is up to 9 MB. */
const BIG_BYTES = 16 * MIB;

/** A service's half of a WebSocket handshake (RFC 6455 §4.2.2). */
function switching(key: string): string {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

describe.each(LISTENERS)('listener %s', (listener) => {
  let upstream: RawUpstream;
  let ward: Ward;
  const clients: RawClient[] = [];

  const start = async (settings: Partial<WardSettings>) => {
    ward = await startWard({ listener, upstreamPort: upstream.port, ...settings });
  };
  const connect = (): RawClient => {
    const client = new RawClient(ward.port);
    clients.push(client);
    return client;
  };
  /** One that was let in: it has an answer. */
  const served = async (): Promise<RawClient> => {
    const client = connect();
    client.send(GET);
    expect((await client.response())?.status).toBe(200);
    return client;
  };
  /** Waits until the worker counts so many connections. */
  const connections = async (count: number) => {
    const end = performance.now() + WAIT_MS;
    while (ward.proxy.figures.clients.connections !== count && performance.now() < end) await sleep(5);
    expect(ward.proxy.figures.clients.connections).toBe(count);
  };
  const answerBig = () => {
    upstream.answer = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BIG_BYTES}\r\n\r\n`);
      socket.write(Buffer.alloc(BIG_BYTES, 'x'));
    };
  };

  beforeEach(async () => {
    upstream = await new RawUpstream().listen();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await ward.close();
    await upstream.close();
  });

  describe('connections', () => {
    it('cuts those beyond the limit of the worker without a word, and has room when others end', async () => {
      await start({ options: { clients: clientLimits({ connectionsMax: 3 }) } });
      const first = [await served(), await served(), await served()];
      const beyond = connect();
      beyond.send(GET);
      expect(await beyond.waitClosed(WAIT_MS)).toBe(true);
      expect(beyond.received).toBe('');
      expect(ward.proxy.figures.clients).toMatchObject({ connections: 3, refusedConnections: 1 });
      first[0].destroy();
      await connections(2);
      await served();
    });

    it.each([
      ['unused', ''],
      ['with half a head', 'GET / HTTP/1.1\r\n'],
      ['with a request under way', `GET /waits HTTP/1.1\r\n${HEAD}`],
      ['with half a body', `POST / HTTP/1.1\r\nContent-Length: 9\r\n${HEAD}abc`],
      ['open as WebSockets', ''],
    ])('cuts those beyond the limit of their client, %s', async (what, bytes) => {
      await start({ options: { clients: clientLimits({ connectionsPerClient: 3 }) } });
      upstream.answer = ({ socket, head }) => {
        const key = /^sec-websocket-key: (.+)$/im.exec(head)?.[1];
        if (key !== undefined) socket.write(switching(key));
      };
      const upgrade = `GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${HEAD}`;
      for (let i = 0; i < 3; i++) {
        const client = connect();
        await once(client.socket, 'connect');
        client.send(what === 'open as WebSockets' ? upgrade : bytes);
      }
      await connections(3);
      if (what === 'open as WebSockets')
        for (const client of clients) expect((await client.response())?.status).toBe(101);
      else await sleep(50);
      const beyond = connect();
      expect(await beyond.waitClosed(WAIT_MS)).toBe(true);
      expect(ward.proxy.figures.clients).toMatchObject({ connections: 3, refusedPerClient: 1 });
      for (const client of clients.splice(0)) client.destroy();
      await connections(0);
      upstream.reset();
      for (let i = 0; i < 3; i++) await served();
    });

    it('lets a trusted proxy have as many as the worker takes', async () => {
      await start({
        trusted: ['127.0.0.1/32'],
        options: { clients: clientLimits({ connectionsPerClient: 1 }) },
      });
      for (let i = 0; i < 5; i++) await served();
    });

    it('never counts a connection twice or for ever, however it ends', async () => {
      await start({ options: { clients: clientLimits({ connectionsPerClient: 1_000 }) } });
      const close = `GET / HTTP/1.1\r\nConnection: close\r\n${HEAD}`;
      const lives = ['', 'GET /', GET, GET + GET, close, `GET / HTTP/1.1\r\n\r\n`, 'x\r\n\r\n'];
      for (const bytes of lives) {
        const client = connect();
        await once(client.socket, 'connect');
        if (bytes !== '') client.send(bytes);
        await sleep(30);
        client.destroy();
      }
      await connections(0);
      expect(ward.proxy.connections.unattributed).toBeLessThanOrEqual(listener === 'uws' ? lives.length : 0);
    });
  });

  describe('slow bodies', () => {
    const post = (length: number) => `POST / HTTP/1.1\r\nContent-Length: ${length}\r\n${HEAD}`;
    const pace = { options: { clients: clientLimits({ bodyRateMin: 1_000, bodyWindowMs: 900 }) } };

    it('get 408, and the service never sees a whole one', async () => {
      await start(pace);
      const client = connect();
      client.send(post(100_000));
      const trickle = setInterval(() => client.send('x'), 50);
      const response = await client.response('POST', WAIT_MS);
      clearInterval(trickle);
      expect(response?.status).toBe(408);
      expect(response?.headers['connection']).toBe('close');
      expect(await client.waitClosed(WAIT_MS)).toBe(true);
      expect(upstream.requests).toEqual([]);
      expect(ward.proxy.figures.clients.slowBodies).toBe(1);
      expect(ward.records).toMatchObject([{ outcome: 'cut', status: 408, isSlow: true }]);
    });

    it('are those of slow clients, not of slow services', async () => {
      await start(pace);
      const body = 'x'.repeat(16 * MIB);
      upstream.onHead = (_head, socket) => {
        socket.pause();
        setTimeout(() => socket.resume(), 3_000);
      };
      const client = connect();
      client.send(post(body.length) + body);
      // The service of this test is slow indeed on a busy machine.
      expect((await client.response('POST', 4 * WAIT_MS))?.status).toBe(200);
      expect(ward.proxy.figures.clients.slowBodies).toBe(0);
    });
  });

  describe('slow reads', () => {
    it('end the exchange with the client and with the service', async () => {
      await start({ listenerOptions: { writeMs: 400 } });
      answerBig();
      const client = connect();
      client.socket.pause();
      client.send(GET);
      await connections(1);
      await connections(0);
      expect(ward.proxy.figures.clients.slowReads).toBe(1);
      expect(ward.proxy.figures.upstream).toMatchObject({ inFlight: 0 });
      expect(ward.records).toMatchObject([{ outcome: 'client_gone' }]);
    });

    it('are waited for while something is taken', async () => {
      await start({ listenerOptions: { writeMs: 2_500 } });
      answerBig();
      const client = connect();
      client.send(GET);
      let bytes = 0;
      client.socket.removeAllListeners('data');
      client.socket.on('data', (chunk) => {
        bytes += chunk.length;
        // About 4 MB a second: the whole takes longer than the patience.
        client.socket.pause();
        setTimeout(() => client.socket.resume(), chunk.length / 4_000);
      });
      while (bytes < BIG_BYTES && !client.closed) await sleep(20);
      expect(bytes).toBeGreaterThan(BIG_BYTES);
      expect(ward.proxy.figures.clients.slowReads).toBe(0);
    });

    it('leave connections to the service for those who read', async () => {
      await start({ upstream: { connectionsMax: 8 } });
      upstream.answer = ({ socket, head }) => {
        const length = head.startsWith('GET /big') ? BIG_BYTES : 2;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
        socket.write(Buffer.alloc(length, 'x'));
      };
      for (let i = 0; i < 12; i++) {
        const client = connect();
        client.socket.pause();
        client.send(`GET /big HTTP/1.1\r\n${HEAD}`);
        await sleep(50);
      }
      for (let i = 0; i < 10; i++) await served();
      const { slowReads } = ward.proxy.figures.clients;
      expect(slowReads).toBeGreaterThanOrEqual(4);
      expect(ward.records.filter(({ outcome, isSlow }) => outcome === 'cut' && isSlow)).toHaveLength(
        slowReads,
      );
    });

    it('do not end an answer the service takes its time for', async () => {
      await start({ listenerOptions: { writeMs: 300 } });
      upstream.answer = ({ socket }) =>
        void setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 1_500);
      const client = connect();
      client.send(GET);
      expect((await client.response('GET', WAIT_MS))?.body).toBe('ok');
    });
  });
});
