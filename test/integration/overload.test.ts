// Floods against a proxy with too little room: who knows Ward for long does not notice, and health checks pass.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.ts';
import { CLIENT_STANDING_ESTABLISHED, CLIENT_TURN_MS } from '../../src/core/limits.ts';
import type { Engine } from '../../src/engine/api.ts';
import type { OverloadOptions } from '../../src/proxy/overload/overload-guard.ts';
import { allowAllEngine } from '../support/fixed-engine.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { OK_ANSWER, RawUpstream } from '../support/raw-upstream.ts';
import { LISTENERS, overloadOptions, startWard, type Ward } from '../support/ward.ts';

const REGULAR = '198.51.100.1';
const FLOODERS = 40;
/** Requests of the regular client and health checks during a flood. */
const CHECKED = 100;

const request = (client: string, path = '/a', more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: s.example\r\nX-Forwarded-For: ${client}\r\n${more}\r\n`;

/** Runs on, and can be put forward. */
class JumpingClock implements Clock {
  #aheadMs = 0;

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  monotonic(): number {
    return performance.now() + this.#aheadMs;
  }

  jump(ms: number): void {
    this.#aheadMs += ms;
  }
}

/** Keeps the event loop busy for so long with each request, as costly rules would. */
function costlyEngine(ms: number): Engine {
  return {
    version: 'costly',
    begin: (head) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
      return allowAllEngine.begin(head);
    },
  };
}

describe.each(LISTENERS)('overload on %s', (listener) => {
  let service: RawUpstream;
  let ward: Ward;
  let clock: JumpingClock;

  const start = async (overload: Partial<OverloadOptions>) => {
    clock = new JumpingClock();
    ward = await startWard({
      listener,
      upstreamPort: service.port,
      trusted: ['127.0.0.1/32'],
      clock,
      options: { overload: overloadOptions({ enabled: true, ...overload }) },
    });
  };
  /** Makes the regular client and the health checker known: a good answer in each of some turns. */
  const establish = async () => {
    for (let turn = 0; turn < CLIENT_STANDING_ESTABLISHED; turn++) {
      expect((await exchange(ward.port, request(REGULAR)))?.status).toBe(200);
      clock.jump(CLIENT_TURN_MS);
    }
  };
  /**
   * A new client for each request, as fast as answers come, until told to stop. In waves all ask at once: where they do
   * not, a fast machine takes one request a turn and its loop is never late.
   */
  const flood = (inWaves = false): { statuses: Map<number, number>; stop: () => Promise<void> } => {
    const statuses = new Map<number, number>();
    let running = true;
    let next = 0;
    let clients: RawClient[] = [];
    const ask = async (place: number): Promise<void> => {
      const known = clients[place];
      const client = known === undefined || known.closed ? new RawClient(ward.port) : known;
      clients[place] = client;
      next += 1;
      client.send(request(`203.0.${(next >> 8) & 255}.${next & 255}`));
      const status = (await client.response())?.status ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    };
    const places = Array.from({ length: FLOODERS }, (_, place) => place);
    const singly = places.map(async (place) => {
      while (running && !inWaves) await ask(place);
    });
    const together = async (): Promise<void> => {
      while (running && inWaves) await Promise.all(places.map(ask));
    };
    const all = [...singly, together()];
    return {
      statuses,
      stop: async () => {
        running = false;
        await Promise.all(all);
        for (const client of clients) client.destroy();
        clients = [];
      },
    };
  };
  const shed = () => ward.records.filter(({ outcome }) => outcome === 'shed');
  const regularAndHealth = async () => {
    const seen = { regular: [] as number[], health: [] as number[] };
    let [regular, health] = [new RawClient(ward.port), new RawClient(ward.port)];
    for (let i = 0; i < CHECKED; i++) {
      if (regular.closed) regular = new RawClient(ward.port);
      if (health.closed) health = new RawClient(ward.port);
      regular.send(request(REGULAR));
      health.send(request(`192.0.2.${i}`, '/healthz'));
      seen.regular.push((await regular.response())?.status ?? 0);
      seen.health.push((await health.response())?.status ?? 0);
    }
    regular.destroy();
    health.destroy();
    return seen;
  };

  beforeEach(async () => {
    service = await new RawUpstream().listen();
  });
  afterEach(async () => {
    await ward.close();
    await service.close();
  });

  it('keeps a known client and health checks served while a flood waits for a slow service', async () => {
    await start({ inFlightMax: 24, retryAfterS: 3 });
    await establish();
    service.answer = ({ socket }) => void setTimeout(() => socket.write(OK_ANSWER), 25);
    const attack = flood();
    while (shed().length === 0) await sleep(5);
    const { regular, health } = await regularAndHealth();
    await attack.stop();
    expect(regular.filter((status) => status === 200).length).toBeGreaterThanOrEqual(0.99 * CHECKED);
    expect(health).toEqual(new Array(CHECKED).fill(200));
    expect(attack.statuses.get(503)).toBeGreaterThan(CHECKED);
    expect(attack.statuses.get(200)).toBeGreaterThan(0);
    const [first] = shed();
    expect(first).toMatchObject({ status: 503, shed: { reason: 'overload' }, report: undefined });
    expect(ward.proxy.figures.overload.shed).toBe(shed().length);
    expect(ward.changes[0]).toMatchObject({ kind: 'overload', change: { shedding: true } });
  });

  it('keeps them served while a flood keeps the event loop busy', async () => {
    await start({ loopDelayMs: 25 });
    await establish();
    ward.engine = costlyEngine(2);
    const attack = flood(true);
    while (shed().length === 0) await sleep(5);
    const { regular, health } = await regularAndHealth();
    await attack.stop();
    expect(regular.filter((status) => status === 200).length).toBeGreaterThanOrEqual(0.99 * CHECKED);
    expect(health).toEqual(new Array(CHECKED).fill(200));
    expect(shed().length).toBeGreaterThan(0);
    while (ward.proxy.figures.overload.pressure > 0) await sleep(20);
    expect((await exchange(ward.port, request('203.0.113.9')))?.status).toBe(200);
    expect(ward.changes.at(-1)).toMatchObject({ kind: 'overload', change: { shedding: false } });
  });

  it('sheds nobody in a busy process that keeps up', async () => {
    await start({});
    const crowd = flood();
    while ((crowd.statuses.get(200) ?? 0) < 2_000) await sleep(10);
    await crowd.stop();
    expect([...crowd.statuses.keys()]).toEqual([200]);
  });

  it('leaves the connection open where it can, and tells when to come back', async () => {
    await start({ inFlightMax: 2, retryAfterS: 3 });
    const held: (() => void)[] = [];
    service.answer = ({ socket }) => void held.push(() => socket.write(OK_ANSWER));
    const busy = [0, 1].map((i) => exchange(ward.port, request(`192.0.2.${i}`)));
    while (held.length + shed().length < 2) await sleep(5);
    const client = new RawClient(ward.port);
    client.send(request('203.0.113.1'));
    for (;;) {
      const response = await client.response();
      if (response?.status === 503) {
        expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(3);
        expect(Number(response.headers['retry-after'])).toBeLessThanOrEqual(6);
        expect(response.headers['connection']).not.toBe('close');
        break;
      }
      throw new Error(`expected 503, got ${response?.status}`);
    }
    client.send(
      'POST /p HTTP/1.1\r\nHost: s.example\r\nX-Forwarded-For: 203.0.113.1\r\nContent-Length: 5\r\n\r\nhello',
    );
    const second = await client.response('POST');
    expect([second?.status, second?.headers['connection']]).toEqual([503, 'close']);
    for (const answer of held) answer();
    service.reset();
    for (const one of busy) await one;
    client.destroy();
  });

  it('gives one client so many requests at once, WebSockets among them, and others theirs', async () => {
    await start({ inFlightPerClient: 3 });
    const held: (() => void)[] = [];
    service.answer = ({ socket }) => void held.push(() => socket.write(OK_ANSWER));
    const first = [0, 1, 2].map(() => exchange(ward.port, request(REGULAR)));
    while (held.length < 3) await sleep(5);
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    for (const text of [request(REGULAR), request(REGULAR, '/ws', upgrade)]) {
      const refused = await exchange(ward.port, text);
      expect([refused?.status, refused?.headers['retry-after']]).toEqual([429, '1']);
      expect(ward.records.at(-1)).toMatchObject({ outcome: 'shed', shed: { reason: 'client_in_flight' } });
    }
    expect(shed().map((record) => record.shed?.isFirst)).toEqual([true, false]);
    const other = exchange(ward.port, request('198.51.100.2'));
    while (held.length < 4) await sleep(5);
    for (const answer of held) answer();
    expect((await Promise.all([...first, other])).map((one) => one?.status)).toEqual([200, 200, 200, 200]);
    service.reset();
    expect((await exchange(ward.port, request(REGULAR)))?.status).toBe(200);
  });

  it('refuses a client who gives up request after request', async () => {
    await start({ resetsPerClient: 10 });
    service.answer = () => undefined;
    const giveUp = async () => {
      const before = service.requests.length;
      const client = new RawClient(ward.port);
      client.send(request(REGULAR));
      while (service.requests.length === before) await sleep(1);
      client.destroy();
    };
    for (let i = 0; i < 11; i++) await giveUp();
    while (ward.records.length < 11) await sleep(5);
    const refused = await exchange(ward.port, request(REGULAR));
    expect([refused?.status, refused?.headers['connection']]).toEqual([429, 'close']);
    expect(ward.records.at(-1)?.shed?.reason).toBe('client_resets');
    service.reset();
    expect((await exchange(ward.port, request('198.51.100.2')))?.status).toBe(200);
    clock.jump(2 * CLIENT_TURN_MS);
    expect((await exchange(ward.port, request(REGULAR)))?.status).toBe(200);
  });
});
