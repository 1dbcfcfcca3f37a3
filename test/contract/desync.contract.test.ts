/**
 * One connection, several messages: nothing a client or the service sends may shift where the next message begins.
 *
 * The wire documents cover single packets; here bytes come after an answer, requests come in numbers, and the service
 * answers what no service should. Each answer names its request, so a shifted one is seen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PIPELINED_REQUESTS_MAX } from '../../src/core/limits.ts';
import { RawClient, type RawResponse } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: s.example\r\n\r\n`;
const chunked = (body: string): string =>
  `POST /p HTTP/1.1\r\nHost: s.example\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
const OK = 'HTTP/1.1 200 OK\r\n';
const EVIL = `${OK}X-Evil: 1\r\nContent-Length: 4\r\n\r\nevil`;
/** Long enough for bytes to cross the loopback twice; a miss could only hide a failure, not make one. */
const CROSSING_MS = 40;

/** Answers of a service that is broken or hostile. */
const ANSWERS: Readonly<Record<string, string>> = {
  'two lengths': `${OK}Content-Length: 2\r\nContent-Length: 50\r\n\r\nok${EVIL}`,
  'a length and chunks': `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n${EVIL}`,
  'a second answer': `${OK}Content-Length: 2\r\n\r\nok${EVIL}`,
  'an interim answer with a length': `HTTP/1.1 103 Early Hints\r\nContent-Length: 40\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
  'many interim answers': 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100) + `${OK}Content-Length: 2\r\n\r\nok`,
  'an upgrade nobody asked for': `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${EVIL}`,
  '204 with a body': `HTTP/1.1 204 No Content\r\nContent-Length: 66\r\n\r\n${EVIL}`,
  '304 with a body': `HTTP/1.1 304 Not Modified\r\n\r\n${EVIL}`,
  'a broken chunk': `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n${EVIL}`,
  'a field with a carriage return': `${OK}X-A: a\rX-Evil: 1\r\nContent-Length: 2\r\n\r\nok`,
  'a field with a line feed': `${OK}X-A: a\nX-Evil: 1\r\nContent-Length: 2\r\n\r\nok`,
  'a field with a NUL': `${OK}X-A: a\0b\r\nContent-Length: 2\r\n\r\nok`,
  'a signed length': `${OK}Content-Length: +2\r\n\r\nok${EVIL}`,
  rubbish: 'rubbish\r\n\r\n',
};

describe.each(LISTENERS)('one connection on %s', (listener) => {
  const upstream = new RawUpstream();
  let ward: Ward;
  const clients: RawClient[] = [];
  const open = (): RawClient => {
    const client = new RawClient(ward.port);
    clients.push(client);
    return client;
  };
  const targets = (): string[] => upstream.requests.map(({ head }) => head.split(' ')[1]);

  beforeAll(async () => {
    await upstream.listen();
    ward = await startWard({ listener, upstreamPort: upstream.port, upstream: { connectionsMax: 1 } });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    upstream.reset();
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });

  it.each(Object.entries(ANSWERS))('is not shifted by %s', async (_name, answer) => {
    upstream.answer = ({ socket, head }) => {
      const target = head.split(' ')[1];
      const own = `${OK}Content-Length: ${target.length}\r\n\r\n${target}`;
      socket.write(target === '/bad' ? answer : own, 'latin1');
    };
    for (const method of ['GET', 'HEAD']) {
      const client = open();
      client.send(`${method} /bad HTTP/1.1\r\nHost: s.example\r\n\r\n`);
      const first = await client.response(method);
      expect(first?.body ?? '').not.toContain('evil');
      expect(first?.headers ?? {}).not.toHaveProperty('x-evil');
      // Another client gets the upstream connection next; the first one goes on, if its connection lives.
      const other = open();
      other.send(get('/other'));
      expect((await other.response())?.body).toBe('/other');
      client.send(get('/next'));
      const next = await client.response();
      if (next === null) expect(client.closed).toBe(true);
      else expect(next.body).toBe('/next');
    }
  });

  it('never serves what stands behind a refused request', async () => {
    const client = open();
    client.send(get('/%zz') + get('/smuggled'));
    await client.waitClosed();
    await sleep(CROSSING_MS);
    expect(targets()).toEqual([]);
  });

  if (listener === 'uws') {
    it.each([
      ['in one piece', `${OK}Content-Length: 2\r\n\r\nok`],
      ['in chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
      ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ])('reads nothing after a chunked body whose answer comes %s', async (_name, answer) => {
      upstream.answer = ({ socket }) => void socket.write(answer, 'latin1');
      const client = open();
      client.send(chunked(' 3\r\n'));
      await client.response('POST');
      client.send(get('/smuggled'));
      await sleep(CROSSING_MS);
      expect(targets()).toEqual(['/p']);
    });

    it('does not see a length behind an empty field name (residual risk)', async () => {
      const client = open();
      client.send(`GET /a HTTP/1.1\r\nHost: s.example\r\n: x\r\nContent-Length: ${get('/b').length}\r\n\r\n`);
      await client.response();
      client.send(get('/b'));
      await client.response();
      expect(targets()).toEqual(['/a', '/b']);
    });

    it('cuts the connection when a request comes before the answer to the last', async () => {
      const client = open();
      client.send(get('/a') + get('/b'));
      expect(await client.waitClosed()).toBe(true);
      expect(targets()).not.toContain('/b');
    });
  } else {
    it('serves pipelined requests one after the other, in their order', async () => {
      upstream.answer = ({ socket, head }) => {
        const target = head.split(' ')[1];
        const answer = `${OK}Content-Length: ${target.length}\r\n\r\n${target}`;
        setTimeout(() => socket.write(answer, 'latin1'), target === '/1' ? CROSSING_MS : 0);
      };
      const client = open();
      client.send(['/1', '/2', '/3'].map(get).join(''));
      const answers: (RawResponse | null)[] = [];
      for (let i = 0; i < 3; i++) answers.push(await client.response());
      expect(answers.map((answer) => answer?.body)).toEqual(['/1', '/2', '/3']);
      expect(targets()).toEqual(['/1', '/2', '/3']);
    });

    it('cuts a connection with more pipelined requests than the limit', async () => {
      upstream.answer = () => undefined;
      const client = open();
      client.send(get('/a').repeat(PIPELINED_REQUESTS_MAX + 1));
      await sleep(CROSSING_MS);
      expect(client.closed).toBe(false);
      client.send(get('/a'));
      expect(await client.waitClosed()).toBe(true);
    });

    it('cuts a handshake that could not wait for the answer before it', async () => {
      upstream.answer = () => undefined;
      const client = open();
      const handshake =
        'GET /ws HTTP/1.1\r\nHost: s.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
      client.send(get('/a') + handshake);
      expect(await client.waitClosed()).toBe(true);
      expect(targets()).not.toContain('/ws');
    });
  }
});
