/**
 * Clients of HTTP/2 that are slow with what they send or read, stream by stream, and those under way when the listener ends:
 * what they hold is given back, and others are served.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MIB } from '../../src/core/limits.ts';
import { http2Stage } from '../support/http2-stage.ts';
import { exchange } from '../support/raw-client.ts';
import { CODE, FRAME, frame, number32, requestLines } from '../support/raw-http2.ts';
import { until } from '../support/until.ts';
import { clientLimits } from '../support/ward.ts';

const WAIT_MS = 20_000;

const stage = http2Stage();
const { upstream } = stage;

describe('slow clients', () => {
  const BIG_BYTES = 4 * MIB;
  const answerBig = (): void => {
    upstream.answer = ({ socket, head: asked }) => {
      const length = asked.startsWith('GET /big') ? BIG_BYTES : 2;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
      socket.write(Buffer.alloc(length, 'x'));
    };
  };

  it('that open no window lose the stream, not the connection', async () => {
    await stage.start({ listenerOptions: { writeMs: 400 } });
    answerBig();
    const client = await stage.open();
    const stream = client.request(requestLines('GET', '/big'));
    await client.until(() => client.resetCode(stream) !== undefined, WAIT_MS);
    expect(client.resetCode(stream)).toBe(CODE.cancel);
    // The windows of connection and stream are as large, so the answer after it has to wait for room.
    client.send(frame(FRAME.windowUpdate, 0, 0, number32(100_000)));
    expect(await client.outcome(client.request(requestLines('GET', '/a')))).toBe('200');
    expect(stage.ward.proxy.figures.clients.slowReads).toBe(1);
    expect(stage.ward.proxy.figures.upstream).toMatchObject({ inFlight: 0 });
    expect(stage.ward.records[0]).toMatchObject({ outcome: 'client_gone' });
  });

  it('that take nothing off the line lose the connection', async () => {
    await stage.start({ listenerOptions: { writeMs: 400 } });
    upstream.answer = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${8 * BIG_BYTES}\r\n\r\n`);
      socket.write(Buffer.alloc(8 * BIG_BYTES, 'x'));
    };
    // Windows as large as can be: what stops the answer is the line.
    const client = await stage.open(Buffer.concat([Buffer.from([0, 4]), number32(0x7fffffff)]));
    client.send(frame(FRAME.windowUpdate, 0, 0, number32(0x7fff0000)));
    client.request(requestLines('GET', '/a'));
    await client.until(() => client.of(FRAME.data).length > 0);
    client.socket.pause();
    await until(() => stage.ward.proxy.figures.clients.connections === 0, 'the end of the connection');
    expect(stage.ward.proxy.active).toBe(0);
    expect(stage.ward.proxy.figures.upstream).toMatchObject({ inFlight: 0 });
    expect(stage.ward.proxy.figures.clients.slowReads).toBe(1);
  });

  it('that are gone unseen, for nghttp2 had ended the connection, do not keep it', async () => {
    await stage.start({ listenerOptions: { writeMs: 400 } });
    upstream.answer = () => undefined;
    const client = await stage.open();
    client.request(requestLines('GET', '/a'));
    await client.until(() => upstream.requests.length === 1, WAIT_MS);
    // Of a stream that never was: an error of the connection (RFC 9113 §5.1).
    client.send(frame(FRAME.data, 0, 99, Buffer.alloc(1)));
    await client.until(() => client.goawayCode !== undefined);
    client.destroy();
    upstream.requests[0].socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await until(
      () => stage.ward.proxy.figures.clients.connections === 0 && stage.ward.proxy.active === 0,
      'the end of connection and request',
    );
  });

  it('that open it bit by bit are waited for', async () => {
    await stage.start({ listenerOptions: { writeMs: 1_000 } });
    answerBig();
    const client = await stage.open();
    const stream = client.request(requestLines('GET', '/big'));
    for (let i = 0; i < 20; i++) {
      client.send(
        frame(FRAME.windowUpdate, 0, 0, number32(70_000)),
        frame(FRAME.windowUpdate, 0, stream, number32(70_000)),
      );
      await sleep(100);
    }
    expect([client.resetCode(stream), client.goawayCode, client.closed]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect(stage.ward.proxy.figures.clients.slowReads).toBe(0);
  });

  it('leave connections to the service for those who read', async () => {
    await stage.start({ upstream: { connectionsMax: 8 } });
    answerBig();
    const slow = await stage.open();
    for (let i = 0; i < 12; i++) {
      slow.request(requestLines('GET', '/big'));
      await sleep(20);
    }
    const client = await stage.open();
    for (let i = 0; i < 10; i++)
      expect(await client.outcome(client.request(requestLines('GET', '/a')))).toBe('200');
    expect(stage.ward.proxy.figures.clients.slowReads).toBeGreaterThanOrEqual(4);
    expect(slow.closed).toBe(false);
  });

  it('that send their body too slowly get 408, each stream by itself', async () => {
    await stage.start({ options: { clients: clientLimits({ bodyRateMin: 1_000, bodyWindowMs: 900 }) } });
    const client = await stage.open();
    const stream = client.request(requestLines('POST', '/a'), false);
    const trickle = setInterval(() => client.data(stream, 'x'), 50);
    await client.until(() => client.ended(stream), WAIT_MS);
    clearInterval(trickle);
    expect(client.status(stream)).toBe(408);
    expect(upstream.requests).toEqual([]);
    expect(await client.outcome(client.request(requestLines('GET', '/a')))).toBe('200');
  });

  it('that do not end their request in time get 408', async () => {
    await stage.start({ listenerOptions: { headersMs: 300, requestMs: 400 } });
    const client = await stage.open();
    const stream = client.request(requestLines('POST', '/a'), false);
    client.data(stream, 'x');
    await client.until(() => client.ended(stream), WAIT_MS);
    expect(client.status(stream)).toBe(408);
    await until(() => stage.ward.proxy.active === 0, 'the end of the request');
    expect(upstream.requests).toEqual([]);
  });

  it.each([
    ['nothing', 0],
    ['a PING now and then', 50],
  ])('that leave their connection unused are told to go, also with %s', async (_what, pingMs) => {
    await stage.start({ listenerOptions: { keepAliveMs: 300, headersMs: 300 } });
    const client = await stage.open();
    expect(await client.outcome(client.request(requestLines('GET', '/a')))).toBe('200');
    const pings =
      pingMs === 0
        ? undefined
        : setInterval(() => client.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8))), pingMs);
    expect(await client.waitClosed(WAIT_MS)).toBe(true);
    clearInterval(pings);
    expect(client.goawayCode).toBe(CODE.none);
  });

  it('that send half a preface, or none, are not waited for', async () => {
    await stage.start({ listenerOptions: { headersMs: 300 } });
    expect((await exchange(stage.ward.port, 'PRI * HTTP/2'))?.status).toBe(408);
    expect((await exchange(stage.ward.port, ''))?.status).toBe(408);
  });
});

describe('the end', () => {
  it('of the listener finishes what is under way and refuses the rest', async () => {
    await stage.start();
    upstream.answer = () => undefined;
    const client = await stage.open();
    const stream = client.request(requestLines('GET', '/a'));
    await client.until(() => upstream.requests.length === 1);
    const drained = stage.ward.proxy.drain(10_000);
    await client.until(() => client.goawayCode !== undefined);
    expect(client.goawayCode).toBe(CODE.none);
    const late = client.request(requestLines('GET', '/late'));
    await client.until(() => client.ended(late), 500);
    upstream.requests[0].socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(await client.outcome(stream)).toBe('200');
    expect(client.body(stream)).toBe('ok');
    await drained;
    expect(await client.waitClosed(WAIT_MS)).toBe(true);
    expect(upstream.requests).toHaveLength(1);
  });
});
