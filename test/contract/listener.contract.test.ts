/** What every listener does for an exchange: framing, backpressure, aborts, bodyless answers. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { allowAllEngine, fixedEngine } from '../support/fixed-engine.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n';

describe.each(LISTENERS)('listener %s', (listener) => {
  let upstream: RawUpstream;
  let ward: Ward;

  beforeAll(async () => {
    upstream = await new RawUpstream().listen();
    ward = await startWard({ listener, upstreamPort: upstream.port });
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });
  afterEach(() => {
    upstream.reset();
    ward.engine = allowAllEngine;
    ward.records.length = 0;
  });

  it('passes a request on and its answer back', async () => {
    const response = await exchange(ward.port, GET);
    expect(response?.status).toBe(200);
    expect(response?.body).toBe('ok');
    expect(upstream.requests[0].head.split('\r\n')[0]).toBe('GET /a HTTP/1.1');
    expect(ward.records.map((record) => record.outcome)).toEqual(['forwarded']);
  });

  it('serves several requests on one connection', async () => {
    const client = new RawClient(ward.port);
    for (let i = 0; i < 3; i++) {
      client.send(GET);
      expect((await client.response())?.body).toBe('ok');
    }
    client.destroy();
    expect(upstream.requests).toHaveLength(3);
  });

  it('answers HEAD with the length and no body, and keeps the connection', async () => {
    upstream.answer = ({ socket, head }) =>
      void socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${head.startsWith('HEAD') ? '' : 'hello'}`,
      );
    const client = new RawClient(ward.port);
    client.send(GET.replace('GET', 'HEAD'));
    const response = await client.response('HEAD');
    expect(response?.headers['content-length']).toBe('5');
    client.send(GET);
    expect((await client.response())?.body).toBe('hello');
    client.destroy();
  });

  it.each([204, 304])('answers %i without a body', async (status) => {
    upstream.answer = ({ socket }) => void socket.write(`HTTP/1.1 ${status} X\r\nETag: "a"\r\n\r\n`);
    const client = new RawClient(ward.port);
    for (let i = 0; i < 2; i++) {
      client.send(GET);
      const response = await client.response();
      expect(response?.status).toBe(status);
      expect(response?.headers['etag']).toBe('"a"');
      expect(response?.headers['content-length']).toBeUndefined();
      expect(response?.headers['transfer-encoding']).toBeUndefined();
    }
    client.destroy();
  });

  it('passes chunked answers and answers ended by the connection', async () => {
    upstream.answer = ({ socket }) =>
      void socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
      );
    expect((await exchange(ward.port, GET))?.body).toBe('abcde');
    upstream.answer = ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
    expect((await exchange(ward.port, GET))?.body).toBe('until the end');
  });

  it('passes bodies of both framings', async () => {
    const post = 'POST /p HTTP/1.1\r\nHost: s.example\r\n';
    expect((await exchange(ward.port, `${post}Content-Length: 5\r\n\r\nhello`))?.status).toBe(200);
    const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
    expect((await exchange(ward.port, chunked))?.status).toBe(200);
    expect((await exchange(ward.port, `${post}Content-Length: 0\r\n\r\n`))?.status).toBe(200);
    expect((await exchange(ward.port, `${post}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`))?.status).toBe(
      200,
    );
    expect(upstream.requests.map(({ body }) => body)).toEqual(['hello', 'abc', '', '']);
  });

  it('ends the connection after a chunked request', async () => {
    const client = new RawClient(ward.port);
    client.send(
      'POST /p HTTP/1.1\r\nHost: s.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    );
    const response = await client.response('POST');
    expect(response?.status).toBe(200);
    if (listener === 'uws') {
      expect(response?.headers['connection']).toBe('close');
      client.send(GET);
      expect(await client.response('GET', 300)).toBeNull();
      expect(upstream.requests).toHaveLength(1);
    }
    client.destroy();
  });

  it('moves large bodies both ways without changing them', async () => {
    const body = Buffer.alloc(3_000_000, 'abcdefghij0123456789').toString('latin1');
    upstream.answer = ({ socket, body: got }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${got.length}\r\n\r\n`);
      socket.write(got, 'latin1');
    };
    const request = `POST /p HTTP/1.1\r\nHost: s.example\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const response = await exchange(ward.port, request, 'POST');
    expect(response?.body === body).toBe(true);
    ward.engine = fixedEngine({ inspectRequest: true, inspectResponse: true });
    expect((await exchange(ward.port, request, 'POST'))?.body === body).toBe(true);
    ward.engine = fixedEngine({ inspectRequest: true, inspectResponse: true, asynchronous: true });
    expect((await exchange(ward.port, request, 'POST'))?.body === body).toBe(true);
  });

  // A connection left paused would be silent until the library's idle timeout of about 10 s cut it.
  it.each([
    [false, 0],
    [false, 500_000],
    [true, 0],
    [true, 300_000],
    [true, 899_000],
  ])(
    'serves the connection on after refused uploads (engine waits: %s, refused at byte %i)',
    async (asynchronous, at) => {
      ward.engine = fixedEngine({ blockRequestText: 'evil', asynchronous });
      const client = new RawClient(ward.port);
      for (let i = 0; i < 3; i++) {
        const body = `${'a'.repeat(at)}evil${'b'.repeat(900_000 - at)}`;
        client.send(`POST /p HTTP/1.1\r\nHost: s.example\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        expect((await client.response('POST'))?.status).toBe(403);
        client.send(GET);
        expect((await client.response())?.body).toBe('ok');
      }
      client.destroy();
    },
  );

  it('destroys the upstream request when the client goes away', async () => {
    upstream.answer = () => undefined;
    const gone = new Promise<void>((resolve) => {
      upstream.onHead = (_head, socket) => void socket.on('close', () => resolve());
    });
    const client = new RawClient(ward.port);
    client.send(GET);
    await client.until(() => upstream.requests.length === 1, 300);
    client.destroy();
    await gone;
    expect(ward.records.at(-1)?.outcome).toBe('client_gone');
  });
});
