/**
 * Fault drills over real sockets, on both listeners: what is delayed, what is aborted, and what never is. Times are only
 * bounded from below: a delay that ends early is wrong, one that ends late is a busy machine.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { compilePolicyForTests } from '../../src/control/rule-set.ts';
import { checkText } from '../support/check-rules.ts';
import { RawClient, type RawResponse } from '../support/raw-client.ts';
import { OK_ANSWER, RawUpstream } from '../support/raw-upstream.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

const DELAY_MS = 120;
/** Timers of Node may fire a millisecond early. */
const AT_LEAST_MS = DELAY_MS - 2;
const FOREVER = '60s';

const RULES = `
rule t.slow "Slow" {
  severity notice
  when request.headers["x-drill"] |> lower contains "slow"
  then fault delay ${DELAY_MS}ms
}
rule t.stuck "Stuck" { severity notice when request.headers["x-drill"] contains "stuck" then fault delay ${FOREVER} }
rule t.broken "Broken" {
  severity notice
  when request.headers["x-drill"] contains "broken"
  then fault abort 504
}
rule t.head "Refused by its head" { severity error when request.path == "/refused" then block 403 }
rule t.body "Refused by its body" { severity error when any args contains "attack" then block 403 }
`;

const rules = checkText(RULES);
if (rules.policy === null) throw new Error(JSON.stringify(rules.diagnostics.map(({ message }) => message)));
const engine = compilePolicyForTests(rules.policy);

describe.each(LISTENERS)('fault drills on %s', (listener) => {
  const upstream = new RawUpstream();
  let ward: Ward;
  const clients: RawClient[] = [];

  beforeAll(() => upstream.listen());
  beforeEach(() => upstream.reset());
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await ward.close();
  });
  afterAll(() => upstream.close());

  async function start(isEnabled = true): Promise<void> {
    const faults = isEnabled ? { exemptPaths: ['/healthz'] } : undefined;
    ward = await startWard({ listener, upstreamPort: upstream.port, engine, options: { faults } });
  }

  function open(drill: string, target = '/', body = ''): RawClient {
    const client = new RawClient(ward.port);
    clients.push(client);
    const framing =
      body === ''
        ? ''
        : `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`;
    client.send(
      `${body === '' ? 'GET' : 'POST'} ${target} HTTP/1.1\r\nHost: s.example\r\nX-Drill: ${drill}\r\n${framing}\r\n${body}`,
    );
    return client;
  }

  async function ask(drill: string, target = '/', body = ''): Promise<RawResponse> {
    const response = await open(drill, target, body).response();
    if (response === null) throw new Error('no answer');
    return response;
  }

  it.each([
    ['without a body', ''],
    ['with a body', 'q=hello'],
    ['with a body in pieces', `q=${'x'.repeat(400_000)}`],
  ])('delay a request %s, and lose nothing of it', async (_name, body) => {
    await start();
    let askedAt = 0;
    upstream.answer = ({ socket }) => {
      askedAt = performance.now();
      socket.write(OK_ANSWER);
    };
    const began = performance.now();
    const response = await ask('slow', '/', body);
    expect(response).toMatchObject({ status: 200, body: 'ok' });
    expect(response.headers['x-ward-fault']).toBeUndefined();
    expect(askedAt - began).toBeGreaterThanOrEqual(AT_LEAST_MS);
    expect(upstream.requests.map((request) => request.body)).toEqual([body]);
    const [record] = ward.records;
    expect(record).toMatchObject({ outcome: 'forwarded', fault: { delayMs: DELAY_MS, isSkipped: false } });
    expect(record.durationMs).toBeGreaterThanOrEqual(AT_LEAST_MS);
    // The delay is none of the service's slowness: overload control must not learn it.
    expect(record.upstreamMs).toBeLessThan(record.durationMs - AT_LEAST_MS + 2);
  });

  it.each([
    ['without a body', ''],
    ['with a body', 'q=hello'],
  ])('abort a request %s: the service is never asked', async (_name, body) => {
    await start();
    const response = await ask('broken', '/', body);
    expect(response.status).toBe(504);
    expect(response.headers['x-ward-fault']).toBe('abort');
    expect(upstream.connections).toBe(0);
    expect(ward.records).toMatchObject([{ outcome: 'fault', status: 504, fault: { abortStatus: 504 } }]);
  });

  it('abort after the delay where both are asked for', async () => {
    await start();
    const began = performance.now();
    expect((await ask('slow, broken')).status).toBe(504);
    expect(performance.now() - began).toBeGreaterThanOrEqual(AT_LEAST_MS);
    expect(upstream.connections).toBe(0);
    expect(ward.records).toMatchObject([{ outcome: 'fault', fault: { delayMs: DELAY_MS } }]);
  });

  it('serve the next request of a connection as ever', async () => {
    await start();
    const client = open('broken');
    expect((await client.response())?.status).toBe(504);
    client.send('GET /next HTTP/1.1\r\nHost: s.example\r\n\r\n');
    expect((await client.response())?.status).toBe(200);
    expect(ward.records.map(({ outcome }) => outcome)).toEqual(['fault', 'forwarded']);
    expect(ward.records[1].fault).toBeUndefined();
  });

  it('do nothing unless they are turned on', async () => {
    await start(false);
    const response = await ask('stuck, broken');
    expect(response.status).toBe(200);
    expect(ward.records[0].fault).toBeUndefined();
    expect(ward.records[0].report?.matches.map(({ rule }) => rule).sort()).toEqual(['t.broken', 't.stuck']);
  });

  it('leave health checks alone', async () => {
    await start();
    expect((await ask('stuck, broken', '/healthz?deep=1')).status).toBe(200);
    expect(ward.records[0].fault).toBeUndefined();
  });

  it.each([
    ['its head', '/refused', ''],
    ['its body', '/', 'q=attack'],
  ])('leave alone what a rule refuses by %s', async (_name, target, body) => {
    await start();
    const response = await ask('stuck, broken', target, body);
    expect(response.status).toBe(403);
    expect(response.headers['x-ward-fault']).toBeUndefined();
    expect(ward.records[0]).toMatchObject({ outcome: 'blocked', fault: undefined });
  });

  it('wait no longer once the client is gone', async () => {
    await start();
    const client = open('stuck');
    await expect.poll(() => ward.proxy.active).toBe(1);
    client.destroy();
    await expect.poll(() => ward.records.map(({ outcome }) => outcome)).toEqual(['client_gone']);
    expect(ward.proxy.active).toBe(0);
    expect(upstream.connections).toBe(0);
  });

  it('wait no longer once Ward drains: the requests are served', async () => {
    await start();
    const client = open('stuck');
    await expect.poll(() => ward.proxy.active).toBe(1);
    const drained = ward.proxy.drain(10_000);
    expect((await client.response())?.status).toBe(200);
    await drained;
    expect(ward.records[0].outcome).toBe('forwarded');
  });

  describe('of WebSockets', () => {
    const answerOf = (drill: string): Promise<{ status: number; marker: unknown }> =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${ward.port}/`, { headers: { 'x-drill': drill } });
        socket.on('unexpected-response', (request, response) => {
          request.destroy();
          resolve({ status: response.statusCode ?? 0, marker: response.headers['x-ward-fault'] });
        });
        socket.on('error', reject);
      });

    it('delay the handshake', async () => {
      await start();
      const began = performance.now();
      // The service of these tests opens none: its own answer comes back.
      expect(await answerOf('slow')).toEqual({ status: 502, marker: undefined });
      expect(performance.now() - began).toBeGreaterThanOrEqual(AT_LEAST_MS);
      expect(upstream.requests.length).toBe(1);
      expect(ward.records).toMatchObject([{ fault: { delayMs: DELAY_MS } }]);
    });

    it('abort the handshake', async () => {
      await start();
      expect(await answerOf('broken')).toEqual({ status: 504, marker: 'abort' });
      expect(upstream.connections).toBe(0);
      expect(ward.records).toMatchObject([{ outcome: 'fault', status: 504 }]);
    });

    it('wait no longer once the client is gone', async () => {
      await start();
      const socket = new WebSocket(`ws://127.0.0.1:${ward.port}/`, { headers: { 'x-drill': 'stuck' } });
      socket.on('error', () => undefined);
      await expect.poll(() => ward.proxy.active).toBe(1);
      socket.terminate();
      await expect.poll(() => ward.records.map(({ outcome }) => outcome)).toEqual(['client_gone']);
      expect(upstream.connections).toBe(0);
    });
  });
});
