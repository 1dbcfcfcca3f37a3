/** Exchanges whose limits are kept by a store that answers later, on both listeners. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManualClock } from '../../src/core/clock.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { RecordedGates } from '../support/recorded-gates.ts';
import { engineFor } from '../support/transaction-of.ts';
import { until } from '../support/until.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

const RULES = `
limiter c { key request.headers["x-client"]  allow 2 per 10s  using fixed_window  then block 429 }
limiter u { key one(args["user"])  allow 1 per 10s  then block 429 }
limiter f { key request.headers["x-client"]  allow 1 per 10s  count response.status == 401  then block 429 }
rule dos.c "x" { severity warning when request.method != "PUT" then limit c }
rule auth.u "x" { severity warning when request.method == POST then limit u }
rule auth.f "x" { severity warning when request.path == "/ws" then limit f }
rule t.q "x" { severity critical when any args == "evil" then block 403 }`;

let clients = 0;

const get = (client: string, target = '/a') =>
  `GET ${target} HTTP/1.1\r\nHost: s.example\r\nX-Client: ${client}\r\n\r\n`;
const post = (client: string, body: string, length = body.length) =>
  `POST /p HTTP/1.1\r\nHost: s.example\r\nX-Client: ${client}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${length}\r\n\r\n${body}`;
const upgrade = (client: string) =>
  `GET /ws HTTP/1.1\r\nHost: s.example\r\nX-Client: ${client}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

describe.each(LISTENERS)('limits of a store that answers later on %s', (listener) => {
  const upstream = new RawUpstream();
  let ward: Ward;
  let gates: RecordedGates;
  let client: string;

  const waitFor = (done: () => boolean) => until(done, 'the state of the exchange');
  /** Lets the store answer whatever it is asked from now on. */
  const answering = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    const end = work.finally(() => (over = true));
    while (!over) {
      await gates.release();
      await sleep(2);
    }
    return end;
  };

  beforeAll(async () => {
    await upstream.listen();
    ward = await startWard({ listener, upstreamPort: upstream.port });
  });
  beforeEach(() => {
    upstream.reset();
    ward.records.length = 0;
    const clock = new ManualClock();
    gates = new RecordedGates(clock);
    gates.later = true;
    ward.engine = engineFor(RULES, {}, { gates, clock });
    client = `c${++clients}`;
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });

  it('reach the service once the store said yes, and not before', async () => {
    const raw = new RawClient(ward.port);
    raw.send(get(client));
    await waitFor(() => gates.waiting === 1);
    expect(upstream.received).toBe('');
    await gates.release();
    expect((await raw.response())?.status).toBe(200);
    raw.destroy();
    expect(upstream.requests).toHaveLength(1);
  });

  it('are refused once the store said no, body or not', async () => {
    for (const request of [get(client), get(client), get(client), post(client, 'user=a')]) {
      upstream.reset();
      const response = await answering(exchange(ward.port, request));
      if (gates.trips.length <= 2) expect(response?.status).toBe(200);
      else {
        expect(response?.status).toBe(429);
        expect(Number(response?.headers['retry-after'])).toBeGreaterThan(0);
        expect(upstream.received).toBe('');
      }
    }
    expect(ward.records.map(({ outcome }) => outcome)).toEqual([
      'forwarded',
      'forwarded',
      'blocked',
      'blocked',
    ]);
  });

  it('keep the body that came with the head, whole and in order', async () => {
    const body = `user=${client}&text=${'abcdefghij'.repeat(20_000)}`;
    const raw = new RawClient(ward.port);
    raw.send(post(client, body));
    await waitFor(() => gates.waiting === 1);
    await sleep(20);
    expect(upstream.received).toBe('');
    expect((await answering(raw.response('POST')))?.status).toBe(200);
    raw.destroy();
    expect(upstream.requests[0].body === body).toBe(true);
  });

  it('inspect the body once it is let in', async () => {
    const response = await answering(exchange(ward.port, post(client, 'q=evil'), 'POST'));
    expect(response?.status).toBe(403);
    expect(upstream.received).toBe('');
  });

  it('hold the last byte until the limits of the body are known', async () => {
    const first = await answering(exchange(ward.port, post(client, `user=${client}`), 'POST'));
    expect(first?.status).toBe(200);
    upstream.reset();
    const second = await answering(exchange(ward.port, post(client, `user=${client}`), 'POST'));
    expect(second?.status).toBe(429);
    expect(upstream.requests).toEqual([]);
  });

  it('let a client go that leaves while the store is asked', async () => {
    for (const request of [
      get(`${client}a`),
      post(`${client}b`, 'user=x'),
      post(`${client}c`, 'user=x', 50),
    ]) {
      const raw = new RawClient(ward.port);
      raw.send(request);
      await waitFor(() => gates.waiting === 1);
      raw.destroy();
      // A connection that is not read while the store is asked tells of its end only then.
      if (request.includes('Length: 50')) await sleep(20);
      else await waitFor(() => ward.records.length > 0);
      await gates.release();
      await waitFor(() => ward.records.length > 0);
      expect(ward.records.pop()?.outcome).toBe('client_gone');
    }
    expect(upstream.received).toBe('');
    expect((await answering(exchange(ward.port, get(`${client}-other`))))?.status).toBe(200);
  });

  const PIPELINED = () =>
    get(`${client}a`, '/1') + post(`${client}b`, `user=${client}`) + get(`${client}c`, '/3');
  if (listener === 'node') {
    it('answer pipelined requests in order', async () => {
      const raw = new RawClient(ward.port);
      upstream.answer = ({ head, socket }) => {
        const path = head.split(' ')[1];
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
      };
      raw.send(PIPELINED());
      const bodies: (string | undefined)[] = [];
      for (let i = 0; i < 3; i++) bodies.push((await answering(raw.response()))?.body);
      raw.destroy();
      expect(bodies).toEqual(['/1', '/p', '/3']);
    });
  } else {
    it('cut a connection whose next request does not wait', async () => {
      const raw = new RawClient(ward.port);
      raw.send(PIPELINED());
      expect(await raw.until(() => raw.closed)).toBe(true);
      await waitFor(() => ward.records.length > 0);
      await gates.release();
      expect(upstream.received).toBe('');
      expect(ward.records.map(({ outcome }) => outcome)).toEqual(['client_gone']);
    });
  }

  it('count the handshakes that the service refused', async () => {
    upstream.answer = ({ socket }) => void socket.write('HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n');
    const statuses: (number | undefined)[] = [];
    for (let i = 0; i < 2; i++)
      statuses.push((await answering(exchange(ward.port, upgrade(client))))?.status);
    expect(statuses).toEqual([401, 429]);
    expect(gates.refunds).toEqual([]);
  });

  it('let a client go that leaves during its handshake', async () => {
    const raw = new RawClient(ward.port);
    raw.send(upgrade(client));
    await waitFor(() => gates.waiting === 1);
    raw.destroy();
    await sleep(20);
    await gates.release();
    await waitFor(() => ward.records.length > 0);
    expect(ward.records).toHaveLength(1);
    expect(gates.refunds).toHaveLength(1);
  });
});
