// The breaker seen through real requests: a service that fails in each way, is left alone, probed and found well again.
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BREAKER_SLOW_WINDOW } from '../../src/core/limits.ts';
import type { BreakerOptions, BreakerState } from '../../src/proxy/upstream/circuit-breaker.ts';
import { exchange, RawClient, type RawResponse } from '../support/raw-client.ts';
import { OK_ANSWER, RawUpstream } from '../support/raw-upstream.ts';
import { until } from '../support/until.ts';
import { breakerOptions, LISTENERS, startWard, type Ward, type WardSettings } from '../support/ward.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n';
const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: s.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const FAILURES = 3;
const PROBES = 3;

describe.each(LISTENERS)('circuit breaker on %s', (listener) => {
  let service: RawUpstream;
  let ward: Ward;
  const start = async (breaker: Partial<BreakerOptions> = {}, more: Partial<WardSettings> = {}) => {
    ward = await startWard({
      listener,
      upstreamPort: service.port,
      upstream: { headersMs: 150, connectMs: 500 },
      ...more,
      options: {
        breaker: breakerOptions({
          enabled: true,
          failures: FAILURES,
          openMs: 1_000,
          openMsMax: 1_000,
          probes: PROBES,
          ...breaker,
        }),
        ...more.options,
      },
    });
  };
  const ask = (request = GET): Promise<RawResponse | null> => exchange(ward.port, request);
  const state = (): BreakerState => ward.proxy.figures.upstream.breaker;
  const statesTold = (): string[] =>
    ward.changes.flatMap((one) => (one.kind === 'breaker' ? [one.change.state] : []));

  /** Asks until the breaker is open; gives the statuses seen on the way. */
  const fail = async (request = GET): Promise<number[]> => {
    const statuses: number[] = [];
    while (state() === 'closed' && statuses.length < 2 * FAILURES)
      statuses.push((await ask(request))?.status ?? 0);
    return statuses;
  };
  const recover = async (): Promise<void> => {
    await until(() => state() === 'half_open', 'half open');
    for (let i = 0; i < 2; i++) expect((await ask())?.status).toBe(200);
    expect(state()).toBe('closed');
    expect(statesTold()).toEqual(['open', 'half_open', 'closed']);
  };

  beforeEach(async () => {
    service = await new RawUpstream().listen();
  });
  afterEach(async () => {
    await ward.close();
    await service.close();
  });

  it('leaves a service that refuses connections alone, and WebSockets with it', async () => {
    await start();
    const { port } = service;
    await service.close();
    expect(await fail()).toEqual([502, 502, 502]);
    service = await new RawUpstream().listen(port);
    for (const request of [GET, UPGRADE]) {
      const refused = await ask(request);
      expect(refused?.status).toBe(503);
      expect(refused?.headers['retry-after']).toBe('1');
      expect(ward.records.at(-1)).toMatchObject({ outcome: 'failed', failure: { kind: 'circuit_open' } });
    }
    expect(service.connections).toBe(0);
    expect(ward.proxy.figures.upstream).toMatchObject({
      breaker: 'open',
      breakerOpenings: 1,
      breakerRejected: 2,
    });
    await recover();
  });

  it('lets no more through at half open than its probes, however many come', async () => {
    await start();
    service.answer = ({ socket }) => socket.destroy();
    await fail();
    service.reset();
    const held: Socket[] = [];
    service.answer = ({ socket }) => void held.push(socket);
    await until(() => state() === 'half_open', 'half open');
    const before = ward.records.length;
    const crowd = Array.from({ length: 30 }, () => ask());
    await until(
      () => held.length === PROBES && ward.records.length === before + 30 - PROBES,
      'all probes and refusals',
    );
    expect(service.requests).toHaveLength(PROBES);
    service.answer = ({ socket }) => void socket.write(OK_ANSWER);
    for (const socket of held) socket.write(OK_ANSWER);
    const statuses = (await Promise.all(crowd)).map((response) => response?.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(PROBES);
    expect(statuses.filter((status) => status === 503)).toHaveLength(30 - PROBES);
    expect(state()).toBe('closed');
    expect((await Promise.all(Array.from({ length: 30 }, () => ask()))).map((one) => one?.status)).toEqual(
      new Array(30).fill(200),
    );
  });

  it('opens again when the probes fail', async () => {
    await start();
    service.answer = ({ socket }) => socket.destroy();
    await fail();
    await until(() => state() === 'half_open', 'half open');
    expect([(await ask())?.status, (await ask())?.status, (await ask())?.status]).toEqual([502, 502, 503]);
    expect(statesTold()).toEqual(['open', 'half_open', 'open']);
    service.reset();
    await until(() => state() === 'half_open', 'half open');
    for (let i = 0; i < 2; i++) expect((await ask())?.status).toBe(200);
    expect(state()).toBe('closed');
  });

  it('opens for a black hole that accepts and never answers', async () => {
    await start();
    service.answer = () => undefined;
    expect(await fail()).toEqual([504, 504, 504]);
    service.reset();
    expect((await ask())?.status).toBe(503);
    await recover();
  });

  it('opens for a service that breaks off within the head', async () => {
    await start();
    service.answer = ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\nX-Half');
    expect(await fail()).toEqual([502, 502, 502]);
    service.reset();
    await recover();
  });

  it('opens for handshakes that fail, and is closed by ones that succeed or are refused by the service', async () => {
    await start();
    service.answer = ({ socket }) => socket.destroy();
    expect(await fail(UPGRADE)).toEqual([502, 502, 502]);
    service.reset();
    service.answer = ({ socket }) => void socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    await until(() => state() === 'half_open', 'half open');
    for (let i = 0; i < 2; i++) expect((await ask(UPGRADE))?.status).toBe(403);
    expect(state()).toBe('closed');
    expect(ward.proxy.figures.upstream.inFlight).toBe(0);
  });

  it('counts the statuses it is told to', async () => {
    await start({ statuses: [503] });
    const answer = (status: number) => {
      service.answer = ({ socket }) =>
        void socket.write(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    };
    answer(500);
    for (let i = 0; i < 3 * FAILURES; i++) expect((await ask())?.status).toBe(500);
    answer(503);
    expect(await fail()).toEqual([503, 503, 503]);
    const before = service.requests.length;
    expect((await ask())?.status).toBe(503);
    expect(service.requests).toHaveLength(before);
  });

  it('opens for a service that has become slow, when told what slow is', async () => {
    await start({ latencyMs: 50 }, { upstream: { headersMs: 10_000 } });
    service.answer = ({ socket }) =>
      void setTimeout(() => {
        if (!socket.destroyed) socket.write(OK_ANSWER);
      }, 80);
    await Promise.all(Array.from({ length: BREAKER_SLOW_WINDOW }, () => ask()));
    expect(ward.changes.map(({ change }) => change)).toMatchObject([{ state: 'open', reason: 'latency' }]);
    service.reset();
    await recover();
  });

  it('takes no client who leaves, and no upload that is not complete, for a failure', async () => {
    await start({}, { upstream: { headersMs: 10_000 } });
    service.answer = () => undefined;
    for (let i = 0; i < 2 * FAILURES; i++) {
      const client = new RawClient(ward.port);
      const before = service.requests.length;
      client.send(GET);
      await until(() => service.requests.length > before, 'the request');
      client.destroy();
      await until(() => ward.records.length > i, 'the end of the exchange');
    }
    expect(ward.records.every(({ outcome }) => outcome === 'client_gone')).toBe(true);
    // A service that loses patience with a slow upload.
    service.onHead = (_head, socket) => void setTimeout(() => socket.destroy(), 20);
    for (let i = 0; i < 2 * FAILURES; i++) {
      const client = new RawClient(ward.port);
      client.send('POST /p HTTP/1.1\r\nHost: s.example\r\nContent-Length: 100000\r\n\r\nabc');
      expect((await client.response('POST'))?.status).toBe(502);
      client.destroy();
    }
    service.reset();
    expect(state()).toBe('closed');
    expect((await ask())?.status).toBe(200);
    await until(() => ward.proxy.figures.upstream.inFlight === 0, 'nothing in flight');
  });

  it('caps what is in flight to the service, WebSockets included', async () => {
    await start({ enabled: false }, { options: { upstreamInFlightMax: 2 }, upstream: { headersMs: 10_000 } });
    const held: Socket[] = [];
    service.answer = ({ socket }) => void held.push(socket);
    const first = [ask(), ask()];
    await until(() => held.length === 2, 'both requests');
    for (const request of [GET, UPGRADE]) {
      const refused = await ask(request);
      expect([refused?.status, refused?.headers['retry-after']]).toEqual([503, '1']);
      expect(ward.records.at(-1)?.failure?.kind).toBe('busy');
    }
    for (const socket of held) socket.write(OK_ANSWER);
    expect((await Promise.all(first)).map((one) => one?.status)).toEqual([200, 200]);
    service.reset();
    expect((await ask())?.status).toBe(200);
    expect(ward.proxy.figures.upstream).toMatchObject({ inFlight: 0, overfull: 2 });
  });
});
