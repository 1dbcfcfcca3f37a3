/**
 * An external authoriser that is slow, asked by too many, or dead, over real sockets on both listeners; and WebSockets, which
 * it judges by their handshake. Times are only bounded from below or by polling.
 */
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { AUTHORIZER_FAILURES, AUTHORIZER_OPEN_MS, AUTHORIZER_OPEN_MS_MAX } from '../../src/core/limits.ts';
import { authorizedWard, PATIENT_MS } from '../support/authorized-ward.ts';
import { admit, answering, AuthorizerServer, hang } from '../support/authorizer-server.ts';
import { allowAllEngine } from '../support/fixed-engine.ts';
import { until } from '../support/until.ts';
import { LISTENERS } from '../support/ward.ts';

const TIMEOUT_MS = 150;

describe.each(LISTENERS)('an external authoriser in trouble, on %s', (listener) => {
  const stage = authorizedWard(listener, allowAllEngine);
  const { upstream, server, start, open, ask, served, denials, figures } = stage;

  it('is given up at its deadline, and is not asked for a while once it failed a few times', async () => {
    await start({}, { totalMs: TIMEOUT_MS });
    server.reply = hang;
    const startMs = performance.now();
    for (let i = 0; i < AUTHORIZER_FAILURES; i++) expect((await ask('/', [], 'a=1')).status).toBe(503);
    expect(performance.now() - startMs).toBeGreaterThan(AUTHORIZER_FAILURES * (TIMEOUT_MS - 2));
    expect(denials()).toEqual(Array(AUTHORIZER_FAILURES).fill('authorizer.timeout'));
    expect(stage.ward.changes).toMatchObject([{ kind: 'authorizer', change: { state: 'open' } }]);
    const [opened] = stage.ward.changes.flatMap((told) => (told.kind === 'authorizer' ? [told.change] : []));
    expect(opened?.openMs).toBeGreaterThan(0);
    expect(opened?.openMs).toBeLessThanOrEqual(AUTHORIZER_OPEN_MS);
    const before = server.asked.length;
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(answers.every(({ status }) => status === 503)).toBe(true);
    const open = stage.ward.records.filter(({ denial }) => denial === 'authorizer.circuit_open').length;
    // All but the probes, if the time of being open has passed meanwhile.
    expect(open).toBeGreaterThan(40);
    expect(server.asked.length - before).toBeLessThanOrEqual(50 - open);
    server.reply = admit;
    const end = performance.now() + AUTHORIZER_OPEN_MS_MAX + PATIENT_MS;
    while ((await ask()).status !== 200) expect(performance.now()).toBeLessThan(end);
  });

  it('is asked by so many at once, and the rest does not wait', async () => {
    await start({}, { connectionsMax: 2, queueMax: 3 });
    server.reply = hang;
    const waiting = Array.from({ length: 5 }, () => open());
    await until(() => figures()?.underWay === 5 && server.asked.length === 2, 'two ask and three wait');
    expect((await ask()).status).toBe(503);
    expect(denials()).toEqual(['authorizer.busy']);
    expect(server.connections).toBe(2);
    for (const client of waiting) client.destroy();
    await until(() => figures()?.underWay === 0 && server.abandoned === 2, 'all were given up');
    expect(figures()).toMatchObject({ cancelled: 5, failed: { busy: 1 } });
    expect(stage.ward.records.filter(({ outcome }) => outcome === 'client_gone').length).toBe(5);
    // Clients who leave say nothing of the authoriser.
    server.reply = admit;
    expect((await ask()).status).toBe(200);
  });

  it('dies and comes back', async () => {
    const mortal = new AuthorizerServer();
    await mortal.listen();
    const { port } = mortal;
    await start({}, { port });
    expect((await ask()).status).toBe(200);
    await mortal.close();
    expect((await ask()).status).toBe(503);
    const reborn = new AuthorizerServer();
    await reborn.listen(port);
    const end = performance.now() + PATIENT_MS;
    while ((await ask()).status !== 200) expect(performance.now()).toBeLessThan(end);
    await reborn.close();
  });

  it('decides about WebSockets at their handshake', async () => {
    await start();
    const answerOf = (headers: Record<string, string> = {}): Promise<[number, string | undefined]> =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${stage.ward.port}/live`, { headers });
        socket.on('unexpected-response', (request, response) => {
          request.destroy();
          resolve([response.statusCode ?? 0, response.headers['www-authenticate']]);
        });
        socket.on('error', reject);
      });
    server.reply = answering(401, { 'WWW-Authenticate': 'Bearer' });
    expect(await answerOf({ authorization: 'Bearer x' })).toEqual([401, 'Bearer']);
    expect(server.asked[0]).toMatchObject({ method: 'GET', target: '/live' });
    const names = server.asked[0].fields.map(([name]) => name);
    expect(names).not.toContain('upgrade');
    expect(names.filter((name) => name.startsWith('sec-websocket'))).toEqual([]);
    server.reply = answering(500);
    expect((await answerOf())[0]).toBe(503);
    expect(upstream.requests).toEqual([]);
    // The service of these tests opens none: its own answer comes back.
    server.reply = answering(200, { 'X-User': 'u-1' });
    expect((await answerOf({ 'x-user': 'root' }))[0]).toBe(502);
    expect(served().filter((line) => line.startsWith('x-user'))).toEqual(['x-user: u-1']);
  });
});
