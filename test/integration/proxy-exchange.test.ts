/** What becomes of an exchange when engine, upstream or client do not behave, on both listeners. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_HOLD_MS_MAX, RETRY_AFTER_S_DEFAULT, UNREAD_BODY_BYTES_MAX } from '../../src/core/limits.ts';
import { type FixedPolicy, fixedEngine } from '../support/fixed-engine.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';
import { until } from '../support/until.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n';
const post = (body: string, length = body.length) =>
  `POST /p HTTP/1.1\r\nHost: s.example\r\nContent-Length: ${length}\r\n\r\n${body}`;
const chunkedPost = (...chunks: string[]) =>
  `POST /p HTTP/1.1\r\nHost: s.example\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join('')}0\r\n\r\n`;

describe.each(LISTENERS)('exchange on %s', (listener) => {
  const upstream = new RawUpstream();
  let ward: Ward;
  let begun = 0;
  let closed = 0;
  const use = (policy: FixedPolicy) => {
    const engine = fixedEngine({ ...policy, onClose: () => void (closed += 1) });
    ward.engine = {
      version: 'counting',
      begin: (head) => {
        const transaction = engine.begin(head);
        begun += 1;
        return transaction;
      },
    };
  };

  beforeAll(async () => {
    await upstream.listen();
    ward = await startWard({
      listener,
      upstreamPort: upstream.port,
      upstream: { headersMs: 400, idleMs: 400 },
    });
  });
  afterEach(async () => {
    await until(() => closed >= begun, 'every transaction to be closed');
    expect(closed, 'every transaction is closed once').toBe(begun);
    begun = 0;
    closed = 0;
    upstream.reset();
    ward.records.length = 0;
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });

  describe('request', () => {
    it('is refused by its head without a byte upstream', async () => {
      use({ blockHead: (head) => (head.path === '/a' ? 403 : undefined) });
      const client = new RawClient(ward.port);
      client.send(GET);
      const response = await client.response();
      expect(response?.status).toBe(403);
      expect(response?.headers['x-request-id']).toBe(ward.records[0].requestId);
      expect(response?.raw).not.toContain('fixed');
      client.send(GET.replace('/a', '/b'));
      expect((await client.response())?.status).toBe(200);
      client.destroy();
      expect(upstream.requests.map(({ head }) => head.split(' ')[1])).toEqual(['/b']);
      expect(ward.records.map(({ outcome }) => outcome)).toEqual(['blocked', 'forwarded']);
    });

    it.each([false, true])(
      'with an attack in its last bytes never completes upstream (asynchronous %s)',
      async (asynchronous) => {
        use({ blockRequestText: 'ATTACK', asynchronous });
        const body = `${'x'.repeat(500_000)}ATTACK`;
        for (const request of [post(body), chunkedPost(body.slice(0, 300_000), body.slice(300_000))]) {
          upstream.reset();
          const response = await exchange(ward.port, request, 'POST');
          expect(response?.status).toBe(403);
          await until(() => upstream.aborted >= upstream.connections, 'the upload to be given up');
          expect(upstream.requests).toHaveLength(0);
          expect(upstream.received).not.toContain('ATTACK');
          expect(upstream.received).toContain('xxxx');
        }
      },
    );

    it('is held to its end when the policy says so', async () => {
      use({ blockRequestText: 'ATTACK', requestHoldBytes: 1_000_000 });
      const response = await exchange(ward.port, post(`${'x'.repeat(200_000)}ATTACK`), 'POST');
      expect(response?.status).toBe(403);
      expect(upstream.received).toBe('');
      const clean = 'y'.repeat(200_000);
      expect((await exchange(ward.port, post(clean), 'POST'))?.status).toBe(200);
      expect(upstream.requests[0].body === clean).toBe(true);
    });

    it('gets an early answer during the upload', async () => {
      use({});
      upstream.onHead = (_head, socket) =>
        void socket.write('HTTP/1.1 413 X\r\nContent-Length: 4\r\n\r\nmuch');
      const client = new RawClient(ward.port);
      client.send(post('start', 50_000_000));
      const response = await client.response('POST');
      expect(response).toMatchObject({ status: 413, body: 'much' });
      client.destroy();
      expect(ward.records[0].outcome).toBe('forwarded');
    });

    it('may end a short upload and use the connection again after a refusal', async () => {
      use({ blockHead: (head) => (head.method === 'POST' ? 403 : undefined) });
      const client = new RawClient(ward.port);
      client.send(post('abc', 6));
      expect((await client.response('POST'))?.status).toBe(403);
      client.send(`def${GET}`);
      expect((await client.response())?.status).toBe(200);
      client.destroy();
    });

    it('that is refused with more than UNREAD_BODY_BYTES_MAX left ends the connection', async () => {
      use({ blockHead: () => 403 });
      for (const more of [0, 1]) {
        const client = new RawClient(ward.port);
        client.send(post('abc', UNREAD_BODY_BYTES_MAX + more));
        const response = await client.response('POST');
        expect(response?.status).toBe(403);
        expect(response?.headers['connection'] === 'close').toBe(more > 0);
        client.destroy();
      }
    });

    it('is paused while the upstream does not read', async () => {
      use({ inspectRequest: true });
      upstream.onHead = (_head, socket) => void socket.pause();
      const client = new RawClient(ward.port);
      const total = 64_000_000;
      client.send(post('', total));
      let sent = 0;
      const chunk = 'z'.repeat(1_000_000);
      while (sent < total && client.socket.writableLength < 2_000_000) {
        client.send(chunk);
        sent += chunk.length;
        await sleep(5);
      }
      // Kernel buffers of three sockets and the queues between them; far from all of it.
      expect(sent - client.socket.writableLength).toBeLessThan(32_000_000);
      client.destroy();
    });
  });

  describe('upstream', () => {
    it('that refuses gives 502, and the log knows why', async () => {
      use({});
      const lone = await startWard({ listener, upstreamPort: 1 });
      const response = await exchange(lone.port, GET);
      expect(response?.status).toBe(502);
      expect(lone.records[0]).toMatchObject({ outcome: 'failed', failure: { kind: 'refused' } });
      await lone.close();
    });

    it('that is silent gives 504', async () => {
      use({});
      upstream.answer = () => undefined;
      expect((await exchange(ward.port, GET))?.status).toBe(504);
    });

    it('that closes before a head gives 502', async () => {
      use({});
      upstream.answer = ({ socket }) => void socket.destroy();
      expect((await exchange(ward.port, GET))?.status).toBe(502);
    });

    it('that is busy gives 503 with a time to come back', async () => {
      use({});
      const busy = await startWard({
        listener,
        upstreamPort: upstream.port,
        upstream: { connectionsMax: 1, queueMax: 0 },
      });
      upstream.answer = () => undefined;
      const first = new RawClient(busy.port);
      first.send(GET);
      await until(() => upstream.requests.length > 0, 'the request');
      const response = await exchange(busy.port, GET);
      expect(response?.status).toBe(503);
      expect(response?.headers['retry-after']).toBe(String(RETRY_AFTER_S_DEFAULT));
      first.destroy();
      await busy.close();
    });

    it.each([
      ['content-length', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\npartial'],
      ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\npartial\r\n'],
    ])('that dies in a body (%s) closes the connection', async (_framing, answer) => {
      use({});
      upstream.answer = ({ socket }) => {
        socket.write(answer);
        setTimeout(() => socket.destroy(), 20);
      };
      const client = new RawClient(ward.port);
      client.send(GET);
      expect(await client.response()).toBeNull();
      expect(await client.waitClosed()).toBe(true);
      expect(client.received).toContain('partial');
      expect(ward.records[0].outcome).toBe('cut');
    });

    it('is paused while the client does not read', async () => {
      for (const policy of [{}, { inspectResponse: true }]) {
        use(policy);
        upstream.reset();
        let written = 0;
        upstream.answer = ({ socket }) => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${64_000_000}\r\n\r\n`);
          const feed = () => {
            while (written < 64_000_000 && socket.write(Buffer.alloc(500_000))) written += 500_000;
            if (written < 64_000_000) socket.once('drain', feed);
          };
          feed();
        };
        const client = new RawClient(ward.port);
        client.socket.pause();
        client.send(GET);
        await sleep(300);
        expect(written).toBeLessThan(32_000_000);
        client.destroy();
      }
    });
  });

  describe('response', () => {
    it('is replaced when it is found bad in the hold', async () => {
      use({ blockResponseText: 'SECRET', responseHoldBytes: 100_000 });
      upstream.answer = ({ socket }) =>
        void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nSECRET');
      const response = await exchange(ward.port, GET);
      expect(response?.status).toBe(502);
      expect(response?.raw).not.toContain('SECRET');
    });

    it('is cut when it is found bad late', async () => {
      use({ blockResponseText: 'SECRET' });
      upstream.answer = ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nharmless');
        setTimeout(() => socket.write('SECRET'), 30);
      };
      const client = new RawClient(ward.port);
      client.send(GET);
      expect(await client.response()).toBeNull();
      expect(client.received).toContain('harmless');
      expect(client.received).not.toContain('SECRET');
      expect(ward.records[0].outcome).toBe('cut');
    });

    it('is masked over piece borders and loses its validators', async () => {
      use({ maskText: '4111-1111', responseHoldBytes: 64 });
      upstream.answer = ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: 29\r\n\r\ncard 4111-');
        setTimeout(() => socket.write('1111 and 4111-1111.'), 10);
      };
      const response = await exchange(ward.port, GET);
      expect(response?.body).toBe('card ********* and *********.');
      expect(response?.headers['etag']).toBeUndefined();
    });

    it('leaves the hold after a short silence', async () => {
      use({ inspectResponse: true, responseHoldBytes: 1_000_000 });
      upstream.answer = ({ socket }) =>
        void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
      const client = new RawClient(ward.port);
      client.send(GET);
      expect(RESPONSE_HOLD_MS_MAX).toBeLessThan(1_000);
      expect(await client.until(() => client.received.includes('first'))).toBe(true);
      client.destroy();
    });

    it.each([false, true])('streams events at once (inspected %s)', async (inspectResponse) => {
      use({ inspectResponse, responseHoldBytes: 1_000_000 });
      let sendEvent = (): void => undefined;
      upstream.answer = ({ socket }) => {
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
        );
        sendEvent = () => void socket.write('9\r\ndata: 1\n\n\r\n');
      };
      const client = new RawClient(ward.port);
      client.send(GET);
      // Nothing follows before the head is there: it waits for no body.
      expect(await client.until(() => client.received.includes('\r\n\r\n'))).toBe(true);
      sendEvent();
      expect(await client.until(() => client.received.includes('data: 1'))).toBe(true);
      client.destroy();
    });

    it('loses hop-by-hop fields and what its connection names', async () => {
      use({});
      upstream.answer = ({ socket }) =>
        void socket.write(
          'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-Stay: 1\r\nContent-Length: 0\r\n\r\n',
        );
      const response = await exchange(ward.port, GET);
      expect(response?.headers['x-hop']).toBeUndefined();
      expect(response?.headers['x-stay']).toBe('1');
    });

    it('keeps bytes beyond ASCII and repeated fields', async () => {
      use({});
      upstream.answer = ({ socket }) =>
        void socket.write(
          'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-N: a\xc4\x8ab\xffc\r\nContent-Length: 0\r\n\r\n',
          'latin1',
        );
      const response = await exchange(ward.port, GET);
      expect(response?.headers['set-cookie']).toBe('a=1, b=2');
      expect(response?.headers['x-n']).toBe('a\xc4\x8ab\xffc');
    });
  });

  describe('engine that throws', () => {
    it.each(['begin', 'requestEnd', 'requestBody', 'responseHead', 'responseBody'] as const)(
      'in %s fails closed',
      async (throwIn) => {
        use({ throwIn, inspectRequest: true, inspectResponse: true });
        const response = await exchange(ward.port, throwIn === 'requestBody' ? post('abc') : GET, 'POST');
        expect(response?.status).toBe(503);
        expect(response?.body).not.toContain('ok');
        expect(ward.records[0]).toMatchObject({ outcome: 'failed', failure: { kind: 'engine' } });
        if (!throwIn.startsWith('response')) expect(upstream.requests).toHaveLength(0);
      },
    );
  });

  it('drains: running exchanges end, new connections are refused', async () => {
    const draining = await startWard({ listener, upstreamPort: upstream.port });
    upstream.answer = ({ socket }) =>
      void setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 100);
    const client = new RawClient(draining.port);
    client.send(GET);
    await until(() => draining.proxy.active > 0, 'the request');
    const drained = draining.proxy.drain(2_000);
    expect((await client.response())?.body).toBe('ok');
    await drained;
    expect(await exchange(draining.port, GET)).toBeNull();
  });
});
