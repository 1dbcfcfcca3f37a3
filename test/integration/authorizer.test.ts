/** An external authoriser in the whole program: settings, two workers, rules, metrics, logs, TLS and start-up errors. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AUTHORIZER_FAILURES } from '../../src/core/limits.ts';
import { answering, AuthorizerServer, hang } from '../support/authorizer-server.ts';
import { Authority } from '../support/certificates.ts';
import { RunningWard, startService, stopService, ward } from './ward-process.ts';

const RULES = `language 1

policy "orders" {
  mode enforce
}

rule orders.attack "An attack" {
  severity error
  when request.path == "/attack"
  then block 403
}
`;

describe('ward run with an authoriser', () => {
  const server = new AuthorizerServer();
  let directory: string;
  let service: { server: Server; url: string };
  let served: string[] = [];
  let running: RunningWard | undefined;

  beforeAll(async () => {
    await server.listen();
    service = await startService((request, response) => {
      served.push(`${String(request.headers['x-user'])} ${String(request.headers.authorization)}`);
      response.end('ok');
    });
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ward-authorizer-'));
    writeFileSync(join(directory, 'orders.ward'), RULES);
    served = [];
    server.reset();
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    rmSync(directory, { recursive: true });
  });
  afterAll(async () => {
    await server.close();
    await stopService(service.server);
  });

  /** JSON is YAML. */
  function configure(authorizer: unknown, more: Readonly<Record<string, unknown>> = {}): void {
    const settings = {
      upstream: { url: service.url },
      rules: ['orders.ward'],
      workers: 2,
      authorizer,
      ...more,
    };
    writeFileSync(join(directory, 'ward.yaml'), JSON.stringify(settings));
  }
  const address = () => `http://127.0.0.1:${server.port}/check`;

  it('asks about each request, tells the service who it is, counts, and never logs what it was told', async () => {
    configure({
      url: address(),
      timeout: '10s',
      service_fields: ['x-user', 'authorization'],
      exempt_paths: ['/healthz'],
    });
    running = await RunningWard.start([], { cwd: directory });
    const { url } = running;
    server.reply = (request, response) => {
      const who = request.headers.authorization;
      if (who === 'Bearer good') response.setHeader('x-user', 'u-1');
      response.writeHead(who === 'Bearer good' ? 200 : 401, { 'www-authenticate': 'Bearer' }).end();
    };
    const call = async (path: string, authorization: string): Promise<Response> =>
      fetch(`${url}${path}`, { headers: { authorization, 'x-user': 'root' } });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (let i = 0; i < 8; i++) expect((await call('/orders/1', 'Bearer good')).status).toBe(200);
    const refused = await call('/orders/1', 'Bearer wrong-secret');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await call('/attack', 'Bearer good')).status).toBe(403);
    expect(server.asked.length).toBe(9);
    expect([...new Set(served)]).toEqual(['undefined undefined', 'u-1 undefined']);
    expect(await running.event('request.denied')).toMatchObject({
      denied: 'authorizer.refused',
      status: 401,
      policy: 'orders',
    });
    await running.metrics([
      /ward_authorizer_questions_total\{result="admitted"\} 8$/m,
      /ward_authorizer_questions_total\{result="refused"\} 1$/m,
      /ward_authorizer_seconds_total \d/m,
      /ward_authorizer_circuit_open 0$/m,
      /ward_refusals_total\{by="authorizer.refused"\} 1$/m,
    ]);
    expect(await running.stop()).toBe(0);
    expect(JSON.stringify(running.events) + running.stderr).not.toMatch(/wrong-secret|Bearer good/);
  });

  it('fails closed, and says when nobody is asked any more', async () => {
    configure({ url: address(), timeout: '100ms' }, { workers: 1 });
    running = await RunningWard.start([], { cwd: directory });
    server.reply = hang;
    for (let i = 0; i < AUTHORIZER_FAILURES; i++) {
      const { status, headers } = await fetch(`${running.url}/`);
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    }
    expect(await running.event('request.denied')).toMatchObject({ denied: 'authorizer.timeout' });
    expect(await running.event('authorizer.circuit_open')).toMatchObject({
      level: 'warn',
      reason: 'failures',
    });
    expect(served).toEqual([]);
    await running.metrics([/ward_authorizer_questions_total\{result="timeout"\} [5-9]/m]);
  });

  it('lets on what nobody judged, if told to, and notes it', async () => {
    configure({ url: address(), timeout: '10s', on_failure: 'allow' }, { logs: { access: true } });
    running = await RunningWard.start([], { cwd: directory });
    server.reply = answering(500);
    expect((await fetch(`${running.url}/`)).status).toBe(200);
    expect(await running.event('request.access')).toMatchObject({ unauthorized: 'error', status: 200 });
  });

  it('asks over TLS only who can show that it is the one', async () => {
    const authority = new Authority('Test root');
    const { cert, key } = authority.issue({ names: 'DNS:localhost' });
    writeFileSync(join(directory, 'ca.pem'), authority.ca);
    const tls = createTlsServer({ cert, key }, (_request, response) => void response.end());
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const { port } = tls.address() as AddressInfo;
    try {
      for (const [settings, status] of [
        [{ ca: 'ca.pem', server_name: 'localhost' }, 200],
        [{ ca: 'ca.pem', server_name: 'other.example' }, 503],
        [{ server_name: 'localhost' }, 503],
      ] as const) {
        configure({ url: `https://127.0.0.1:${port}`, timeout: '10s', tls: settings }, { workers: 1 });
        running = await RunningWard.start([], { cwd: directory });
        expect([settings, (await fetch(`${running.url}/`)).status]).toEqual([settings, status]);
        await running.stop();
      }
    } finally {
      authority.remove();
      tls.closeAllConnections();
      await new Promise((resolve) => tls.close(resolve));
    }
  });

  it.each<[string, unknown, string]>([
    ['settings without an address', { timeout: '1s' }, 'authorizer.url is missing'],
    [
      'an authority that cannot be read',
      { url: 'https://127.0.0.1:1', tls: { ca: 'missing.pem' } },
      'authorizer.tls.ca',
    ],
    ['a field of HTTP', { url: 'http://127.0.0.1:1', service_fields: ['host'] }, 'host cannot be passed on'],
  ])('does not start with %s', async (_name, authorizer, message) => {
    configure(authorizer);
    const args = ['run', '--listen', '127.0.0.1:0', '--admin', 'off'];
    const { code, stderr } = await ward(args, { cwd: directory });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
