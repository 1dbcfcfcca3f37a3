/**
 * What one connection of HTTP/2 may cost, driven over loopback by frames no honest client sends. Each attack is bounded; each
 * test also sees that the worker serves others afterwards, and that what honest clients do in bursts goes on.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  COOKIE_COUNT_MAX,
  HEAD_BYTES_MAX,
  HEADER_COUNT_MAX,
  HTTP2_CONNECTION_MEGABYTES_MAX,
  HTTP2_CONTROL_FRAMES_BURST,
  HTTP2_FIELD_TABLE_BYTES_MAX,
  HTTP2_INVALID_FRAMES_MAX,
  HTTP2_OVERHEAD_BYTES_BURST,
  HTTP2_REJECTED_STREAMS_MAX,
  HTTP2_RESETS_BURST,
  HTTP2_RESETS_PER_S,
  HTTP2_SETTINGS_MAX,
  HTTP2_STREAMS_MAX,
  HTTP2_STREAM_WINDOW_BYTES,
  KIB,
  MIB,
} from '../../src/core/limits.ts';
import type { Http2End } from '../../src/proxy/listener.ts';
import { http2Stage } from '../support/http2-stage.ts';
import { exchange } from '../support/raw-client.ts';
import {
  ACK,
  block,
  CODE,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  number32,
  type RawHttp2,
  requestLines,
} from '../support/raw-http2.ts';
import { until } from '../support/until.ts';
import { overloadOptions } from '../support/ward.ts';

const WAIT_MS = 20_000;
const GET = block(requestLines('GET', '/a'));

const stage = http2Stage();
const { upstream } = stage;

/** The connection ended as it should, for one of the reasons, and the worker is as it was. */
async function isCut(client: RawHttp2, ...whys: readonly Http2End[]): Promise<void> {
  expect(await client.waitClosed(WAIT_MS)).toBe(true);
  // A client whose bytes nobody reads any more may get a reset of TCP in place of the last frame.
  const codes = whys.includes('protocol') ? [CODE.calm, CODE.protocol, CODE.internal] : [CODE.calm];
  expect([...codes, undefined]).toContain(client.goawayCode);
  const ends = (): readonly (readonly [string, number])[] =>
    Object.entries(stage.ward.proxy.figures.clients.http2Ends).filter(([, count]) => count > 0);
  await until(() => ends().length > 0, 'a reason for the end');
  expect(ends()).toEqual([[expect.toBeOneOf([...whys]), 1]]);
  upstream.reset();
  await until(
    () => stage.ward.proxy.active === 0 && stage.ward.proxy.figures.clients.connections === 0,
    'the worker without clients',
  );
  expect((await exchange(stage.ward.port, 'GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n'))?.status).toBe(200);
}

/** Sends the same again and again, as fast as it is taken, until the connection ends or it was sent so often. */
async function flood(
  client: RawHttp2,
  times: number,
  make: (at: number) => Uint8Array,
  per = 50,
): Promise<void> {
  for (let at = 0; at < times && !client.closed; at += per) {
    const bytes = Buffer.concat(Array.from({ length: Math.min(per, times - at) }, (_, i) => make(at + i)));
    if (!client.socket.destroyed && !client.socket.write(bytes))
      await Promise.race([once(client.socket, 'drain'), once(client.socket, 'close'), sleep(1_000)]);
    else await sleep(0);
  }
}

const head = (stream: number, flags = END_HEADERS | END_STREAM): Buffer =>
  frame(FRAME.headers, flags, stream, GET);
const reset = (stream: number): Buffer => frame(FRAME.reset, 0, stream, number32(CODE.cancel));

describe('streams that are reset', () => {
  it.each([
    ['one by one', 1],
    ['many in a packet', 90],
  ])('%s end the connection when there are too many, and few reach the service', async (_what, per) => {
    await stage.start();
    upstream.answer = () => undefined;
    const client = await stage.open();
    const began = performance.now();
    await flood(client, 5_000, (at) => Buffer.concat([head(2 * at + 1), reset(2 * at + 1)]), per);
    const reached = upstream.received.split('GET /a').length - 1;
    await isCut(client, 'resets');
    // A busy machine takes its time, and what is allowed grows with it.
    const allowed = HTTP2_RESETS_BURST + (HTTP2_RESETS_PER_S * (performance.now() - began)) / 1_000;
    expect(reached).toBeLessThan(allowed + 100);
    expect(stage.ward.records.length).toBeLessThan(allowed + 100);
  });

  it('count as well when the client makes the server do it', async () => {
    await stage.start();
    const client = await stage.open();
    const nothing = (stream: number): Buffer => frame(FRAME.windowUpdate, 0, stream, number32(0));
    await flood(client, 5_000, (at) => Buffer.concat([head(2 * at + 1), nothing(2 * at + 1)]), 90);
    await isCut(client, 'resets', 'protocol');
  });

  it('are a page that is left, as long as they are no more than that', async () => {
    await stage.start();
    upstream.answer = () => undefined;
    const client = await stage.open();
    const streams = Array.from({ length: HTTP2_STREAMS_MAX }, () =>
      client.request(requestLines('GET', '/a')),
    );
    for (const stream of streams) client.reset(stream);
    upstream.reset();
    // Newer Node refuses streams until it has put away those that were reset.
    const again = (): Promise<string> => client.outcome(client.request(requestLines('GET', '/a')));
    let answer = await again();
    for (let i = 0; i < 50 && answer === `reset ${CODE.calm}`; i++) answer = await again();
    expect(answer).toBe('200');
  });

  it('are requests given up, which the client answers for as in HTTP/1.1', async () => {
    await stage.start({ options: { overload: overloadOptions({ enabled: true, resetsPerClient: 20 }) } });
    upstream.answer = () => undefined;
    const client = await stage.open();
    for (let i = 0; i < 60; i++) {
      const stream = client.request(requestLines('GET', '/a'));
      await client.until(() => upstream.requests.length > i || client.ended(stream), 1_000);
      client.reset(stream);
    }
    expect(await client.outcome(client.request(requestLines('GET', '/a')))).toBe('429');
  });
});

describe('frames that carry nothing', () => {
  it.each<[string, Http2End, number, (at: number) => Buffer]>([
    [
      'PING',
      'control_frames',
      4 * HTTP2_CONTROL_FRAMES_BURST,
      () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
    ],
    ['SETTINGS', 'control_frames', 4 * HTTP2_CONTROL_FRAMES_BURST, () => frame(FRAME.settings, 0, 0)],
    ['acknowledgements of PING', 'protocol', 10, () => frame(FRAME.ping, ACK, 0, Buffer.alloc(8))],
    ['empty DATA', 'protocol', 4 * HTTP2_INVALID_FRAMES_MAX, () => frame(FRAME.data, 0, 1)],
  ])('%s', async (_what, why, times, make) => {
    await stage.start();
    const client = await stage.open();
    client.request(requestLines('POST', '/a'), false);
    await flood(client, times, make);
    await isCut(client, why);
  });

  // Node and nghttp2 take these without a word (newer ones count PRIORITY); the sweep of each second finds them.
  it.each<[string, (at: number) => Buffer, ...Http2End[]]>([
    ['PRIORITY', () => frame(FRAME.priority, 0, 1, Buffer.from([0, 0, 0, 0, 1])), 'protocol'],
    ['WINDOW_UPDATE', () => frame(FRAME.windowUpdate, 0, 0, number32(1))],
    ['unknown', () => frame(0xbe, 0, 0, Buffer.alloc(16 * KIB))],
    ['padding', () => frame(FRAME.data, 0x8, 1, Buffer.concat([Buffer.from([250]), Buffer.alloc(251)]))],
  ])('%s', async (_what, make, ...orBy) => {
    await stage.start();
    const client = await stage.open();
    client.request(requestLines('POST', '/a'), false);
    const times = Math.ceil((4 * HTTP2_OVERHEAD_BYTES_BURST) / make(0).length);
    await flood(client, times, make, Math.max(1, Math.floor((64 * KIB) / make(0).length)));
    await isCut(client, 'overhead', ...orBy);
  });

  it('are no offence in the numbers of honest clients', async () => {
    await stage.start();
    const client = await stage.open();
    for (let i = 0; i < 100; i++)
      client.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8)), frame(FRAME.settings, 0, 0));
    await client.until(() => client.of(FRAME.ping).length === 100);
    expect(await client.outcome(client.request(requestLines('GET', '/a')))).toBe('200');
  });
});

describe('heads', () => {
  it('of too many CONTINUATION frames end the connection', async () => {
    await stage.start();
    const client = await stage.open();
    client.send(frame(FRAME.headers, END_STREAM, 1, GET));
    await flood(client, 2_000, () => frame(FRAME.continuation, 0, 1, block(['x', 'y'])));
    expect(upstream.requests).toEqual([]);
    await isCut(client, 'protocol');
  });

  it('that are never complete are waited for no longer than for others', async () => {
    await stage.start({ listenerOptions: { headersMs: 300, keepAliveMs: 200 } });
    const client = await stage.open();
    client.send(frame(FRAME.headers, END_STREAM, 1, GET));
    expect(await client.waitClosed(WAIT_MS)).toBe(true);
  });

  it('that a table makes large are refused, and end the connection in numbers', async () => {
    await stage.start();
    const client = await stage.open();
    // One entry as large as the table, and then one byte for each time it is meant.
    const name = 'x'.repeat(HTTP2_FIELD_TABLE_BYTES_MAX - 200);
    const entry = block([name, 'y']);
    entry[0] = 0x40;
    const indexed = Buffer.alloc(16_000, 0xbe);
    client.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 1, Buffer.concat([GET, entry])));
    await client.until(() => client.ended(1));
    client.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 3, Buffer.concat([GET, indexed])));
    expect(await client.outcome(3)).toBe(`reset ${CODE.calm}`);
    expect(upstream.requests).toHaveLength(0);
    await flood(
      client,
      600,
      (at) => frame(FRAME.headers, END_HEADERS | END_STREAM, 2 * at + 5, Buffer.concat([GET, indexed])),
      10,
    );
    await isCut(client, 'overhead');
  });

  it('are bounded by bytes and by lines', async () => {
    await stage.start();
    const lines = (count: number, value: string): string[] =>
      requestLines('GET', '/a', Array.from({ length: count }, () => ['cookie', value]).flat());
    const outcome = async (count: number, value: string): Promise<string> => {
      const client = await stage.open();
      const bytes = block(lines(count, value));
      const stream = client.newStream();
      for (let at = 0; at < bytes.length; at += 16_000) {
        const isLast = at + 16_000 >= bytes.length;
        const flags = (at === 0 ? END_STREAM : 0) | (isLast ? END_HEADERS : 0);
        client.send(
          frame(
            at === 0 ? FRAME.headers : FRAME.continuation,
            flags,
            stream,
            bytes.subarray(at, at + 16_000),
          ),
        );
      }
      return client.outcome(stream);
    };
    expect(await outcome(COOKIE_COUNT_MAX, 'a=1')).toBe('200');
    expect(await outcome(HEADER_COUNT_MAX + COOKIE_COUNT_MAX + 10, 'a=1')).toBe(`reset ${CODE.calm}`);
    expect(await outcome(10, 'a'.repeat(HEAD_BYTES_MAX / 9))).toBe('431');
    expect(await outcome(10, 'a'.repeat(HEAD_BYTES_MAX / 4))).toBe(`reset ${CODE.calm}`);
  });
});

describe('settings', () => {
  it('of one frame are bounded', async () => {
    await stage.start();
    const one = Buffer.concat([Buffer.from([0, 3]), number32(100)]);
    const client = await stage.open(Buffer.concat(Array.from({ length: HTTP2_SETTINGS_MAX + 1 }, () => one)));
    expect(await client.waitClosed(WAIT_MS)).toBe(true);
    expect(client.of(FRAME.headers)).toEqual([]);
  });

  it('tell clients the limits', async () => {
    await stage.start();
    const client = await stage.open();
    await client.until(() => client.of(FRAME.settings).length > 0);
    const { payload } = client.of(FRAME.settings)[0];
    const told = new Map<number, number>();
    for (let at = 0; at < payload.length; at += 6)
      told.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    expect(told.get(1) ?? 4_096).toBe(HTTP2_FIELD_TABLE_BYTES_MAX);
    expect(told.get(3)).toBe(HTTP2_STREAMS_MAX);
    expect(told.get(4) ?? 65_535).toBe(HTTP2_STREAM_WINDOW_BYTES);
    expect(told.get(6)).toBeGreaterThan(HEAD_BYTES_MAX);
    expect(told.get(8) ?? 0).toBe(0);
  });
});

describe('streams', () => {
  it('beyond those allowed are refused, and in numbers end the connection', async () => {
    await stage.start();
    upstream.answer = () => undefined;
    const client = await stage.open();
    for (let i = 0; i < HTTP2_STREAMS_MAX + HTTP2_REJECTED_STREAMS_MAX + 100; i++)
      client.request(requestLines('GET', '/a'));
    await client.waitClosed(WAIT_MS);
    expect(upstream.received.split('GET /a').length - 1).toBeLessThanOrEqual(HTTP2_STREAMS_MAX);
    await isCut(client, 'protocol');
  });

  it('count each as a request of their client', async () => {
    await stage.start({ options: { overload: overloadOptions({ enabled: true, inFlightPerClient: 5 }) } });
    upstream.answer = () => undefined;
    const client = await stage.open();
    const streams = Array.from({ length: 8 }, () => client.request(requestLines('GET', '/a')));
    await client.until(() => streams.filter((one) => client.status(one) === 429).length === 3);
    expect(streams.map((one) => client.status(one)).filter((status) => status === 429)).toHaveLength(3);
  });

  it('share what one connection may hold', async () => {
    await stage.start({ upstream: { connectionsMax: 1 } });
    upstream.onHead = (_head, socket) => void socket.pause();
    upstream.answer = () => undefined;
    const client = await stage.open();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < HTTP2_STREAMS_MAX; i++) {
      const stream = client.request(requestLines('POST', '/a'), false);
      for (let sent = 0; sent < HTTP2_STREAM_WINDOW_BYTES - 16_000; sent += 16_000)
        client.data(stream, Buffer.alloc(16_000));
    }
    await until(() => stage.ward.proxy.active > 0, 'requests under way');
    await sleep(200);
    // The test's own copies count as well; without a bound it would be what 100 clients care to send.
    expect(process.memoryUsage().rss - before).toBeLessThan(10 * HTTP2_CONNECTION_MEGABYTES_MAX * MIB);
    expect(client.closed || stage.ward.proxy.active <= HTTP2_STREAMS_MAX).toBe(true);
  });
});
