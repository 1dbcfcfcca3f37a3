/** Some hundred slow clients at once, from one address: an ordinary client at another one does not notice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIB } from '../../src/core/limits.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { until } from '../support/until.ts';
import { clientLimits, LISTENERS, overloadOptions, startWard, type Ward } from '../support/ward.ts';

const HEAD = 'Host: s.example\r\n\r\n';
const SLOW = '127.0.0.2';
const ORDINARY = '127.0.0.3';
const PER_CLIENT = 200;
const ATTACKERS = 300;
const REQUESTS = 200;
const WAIT_MS = 60_000;
/** Of the listener with a client: long enough for all attackers to be there before the first is cut. */
const PATIENCE_MS = 3_000;
/** What 200 connections may hold: heads of 32 KiB, half-sent bodies and answers of a few hundred KiB, and garbage. */
const GROWTH_BYTES_MAX = 256 * MIB;

/** First bytes of an attacker, and what it sends every now and then. */
const WAYS: readonly (readonly [what: string, first: string, more: string])[] = [
  ['slow heads', 'GET / HTTP/1.1\r\nHost: s.example\r\n', 'X-A: b\r\n'],
  ['slow bodies', `POST / HTTP/1.1\r\nContent-Length: 100000\r\n${HEAD}`, 'x'],
  ['slow reads', `GET /big HTTP/1.1\r\n${HEAD}`, ''],
  ['connections without a word', '', ''],
];

describe.each(LISTENERS)('listener %s', (listener) => {
  let upstream: RawUpstream;
  let ward: Ward;
  const attackers: RawClient[] = [];

  beforeEach(async () => {
    upstream = await new RawUpstream().listen();
    upstream.answer = ({ socket, head }) => {
      const length = head.startsWith('GET /big') ? 4 * MIB : 2;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
      socket.write(Buffer.alloc(length, 'x'));
    };
    ward = await startWard({
      listener,
      upstreamPort: upstream.port,
      upstream: { connectionsMax: 256 },
      listenerOptions: { headersMs: PATIENCE_MS, writeMs: PATIENCE_MS },
      options: {
        clients: clientLimits({ connectionsPerClient: PER_CLIENT, bodyRateMin: 512, bodyWindowMs: 1_500 }),
        overload: overloadOptions({ inFlightPerClient: 64 }),
      },
    });
  });
  afterEach(async () => {
    for (const attacker of attackers.splice(0)) attacker.destroy();
    await ward.close();
    await upstream.close();
  });

  const attack = (what: string, first: string): RawClient => {
    const attacker = new RawClient(ward.port, SLOW);
    if (what === 'slow reads') attacker.socket.pause();
    attacker.send(first);
    return attacker;
  };

  it.each(WAYS)('survives %s', async (what, first, more) => {
    const before = process.memoryUsage().rss;
    for (let i = 0; i < ATTACKERS; i++) attackers.push(attack(what, first));
    const trickle = setInterval(() => {
      if (more !== '') for (const attacker of attackers) attacker.send(more);
    }, 200);
    // Refused as connections, or as requests when connections end faster than new ones are accepted.
    const refused = () => {
      const { clients, overload } = ward.proxy.figures;
      return clients.refusedPerClient + overload.refusedInFlight;
    };
    // Who is cut comes back, as attackers do.
    const again = setInterval(() => {
      attackers.forEach((attacker, place) => {
        if (attacker.closed) attackers[place] = attack(what, first);
      });
    }, 100);
    await until(() => refused() >= ATTACKERS - PER_CLIENT, 'refusals', WAIT_MS).finally(() =>
      clearInterval(again),
    );

    const statuses: (number | undefined)[] = [];
    const ordinary = new RawClient(ward.port, ORDINARY);
    let most = 0;
    for (let i = 0; i < REQUESTS; i++) {
      ordinary.send(`GET /a HTTP/1.1\r\n${HEAD}`);
      statuses.push((await ordinary.response())?.status);
      most = Math.max(most, ward.proxy.figures.clients.connections);
      await sleep(10);
    }
    ordinary.destroy();
    clearInterval(trickle);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(most).toBeLessThanOrEqual(PER_CLIENT + 1);
    expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_BYTES_MAX);
    if (what === 'slow bodies') await until(() => ward.proxy.figures.clients.slowBodies > 0, 'a slow body');
    if (what === 'slow reads') await until(() => ward.proxy.figures.clients.slowReads > 0, 'a slow read');
  });
});
