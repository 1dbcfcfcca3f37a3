/**
 * The way to a service behind TLS or a unix socket, with real certificates and real handshakes, from a configuration's
 * settings to the client's status and the logged event. One listener is enough: nothing here depends on it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createPlainServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toLoggedExchange } from '../../src/app/exchange-log.ts';
import { toProxyOptions } from '../../src/app/proxy-options.ts';
import { readTlsClients } from '../../src/app/tls-client-material.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Authority, type Certificate } from '../support/certificates.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { OK_ANSWER, RawUpstream } from '../support/raw-upstream.ts';
import { startWard, type Ward } from '../support/ward.ts';

const NAME = 'service.test';
const get = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

let ours: Authority;
let theirs: Authority;
let good: Certificate;
let server: Server | undefined;
let ward: Ward | undefined;
/** What each handshake announced; false for no name. */
const announced: (string | false)[] = [];

beforeAll(() => {
  ours = new Authority('Ours');
  theirs = new Authority('Theirs');
  good = ours.issue({ names: `DNS:${NAME},DNS:localhost` });
});
afterAll(() => {
  ours.remove();
  theirs.remove();
});
afterEach(async () => {
  await ward?.close();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  ward = undefined;
  announced.length = 0;
});

function answer(socket: TLSSocket): void {
  announced.push((socket as TLSSocket & { servername: string | false }).servername);
  socket.on('error', () => undefined);
  socket.on('data', () => socket.write(OK_ANSWER));
}

async function listen(one: Server): Promise<number> {
  server = one;
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return (one.address() as AddressInfo).port;
}

/** A service with that certificate and a Ward in front of it, configured as an operator would. */
async function start(certificate: Certificate, host: string, tls: Record<string, string>): Promise<Ward> {
  const port = await listen(createServer(certificate, answer));
  return startConfigured(`https://${host}:${port}`, tls);
}

async function startConfigured(
  url: string,
  tls: Record<string, string> = {},
  more: Record<string, string> = {},
): Promise<Ward> {
  const environment = {
    WARD_UPSTREAM_URL: url,
    WARD_UPSTREAM_CONNECT_TIMEOUT: '300ms',
    ...more,
    ...Object.fromEntries(Object.entries(tls).map(([name, text]) => [`WARD_UPSTREAM_TLS_${name}`, text])),
  };
  const place = { file: undefined, flags: new Map(), workingDirectory: tmpdir() };
  const { config } = loadConfig({ ...place, environment });
  const identity = { setting: 'upstream.tls', name: 'upstream', config: config.upstream.tls };
  const { material } = readTlsClients([{ ...identity, passphrase: undefined }], Date.now());
  const { upstream } = toProxyOptions(config, undefined, material[0]);
  ward = await startWard({ listener: 'uws', upstreamPort: 0, options: { upstream } });
  return ward;
}

/** Status for the client; code and cause for the operator. */
async function failureOf({ port, records }: Ward): Promise<unknown[]> {
  const response = await exchange(port, get('public.example'));
  expect(response?.body).not.toMatch(/cert|tls|upstream/i);
  const failure = toLoggedExchange(records[0]).failure;
  return [response?.status, failure?.code, /\((\w+)\)$/.exec(failure?.cause ?? '')?.[1]];
}

describe('an https service', () => {
  it('is reached when its certificate is of the configured authority and carries the name of the URL', async () => {
    const { port } = await start(good, 'localhost', { CA: ours.caFile });
    expect((await exchange(port, get('public.example')))?.body).toBe('ok');
    expect(announced).toEqual(['localhost']);
  });

  it('is asked for by the configured name, whatever Host the client sends, on one connection', async () => {
    const { port } = await start(good, 'localhost', { CA: ours.caFile, SERVER_NAME: NAME });
    const client = new RawClient(port);
    for (const host of ['public.example', 'evil.example', '127.0.0.1', 'localhost']) {
      client.send(get(host));
      expect((await client.response())?.body).toBe('ok');
    }
    client.destroy();
    expect(announced).toEqual([NAME]);
  });

  it('is checked by its address where the URL has no name, and then no name is announced', async () => {
    const certificate = ours.issue({ names: 'IP:127.0.0.1' });
    const { port } = await start(certificate, '127.0.0.1', { CA: ours.caFile });
    expect((await exchange(port, get('public.example')))?.body).toBe('ok');
    expect(announced).toEqual([false]);
  });

  it.each<[string, () => Certificate, string, Record<string, string>, string]>([
    [
      'of another authority',
      () => theirs.issue({ names: 'DNS:localhost' }),
      'localhost',
      {},
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'that has expired',
      () => ours.issue({ names: 'DNS:localhost', days: -1 }),
      'localhost',
      {},
      'CERT_HAS_EXPIRED',
    ],
    [
      'for another name',
      () => ours.issue({ names: 'DNS:other.test' }),
      'localhost',
      {},
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'for the name the client asked for',
      () => ours.issue({ names: 'DNS:public.example' }),
      'localhost',
      {},
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'without the configured name',
      () => ours.issue({ names: 'DNS:localhost' }),
      'localhost',
      { SERVER_NAME: NAME },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    ['without its address', () => good, '127.0.0.1', {}, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('is refused with a certificate %s', async (_what, certificate, host, tls, cause) => {
    const one = await start(certificate(), host, { CA: ours.caFile, ...tls });
    expect(await failureOf(one)).toEqual([502, 'W_UPSTREAM_BROKEN', cause]);
  });

  it('is not trusted without its authority', async () => {
    const one = await start(good, 'localhost', {});
    expect(await failureOf(one)).toEqual([502, 'W_UPSTREAM_BROKEN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']);
  });

  it('gets no plain text when it does not speak TLS', async () => {
    let received = '';
    const plain = createPlainServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      });
    });
    const one = await startConfigured(`https://localhost:${await listen(plain)}`, { CA: ours.caFile });
    expect((await failureOf(one)).slice(0, 2)).toEqual([502, 'W_UPSTREAM_BROKEN']);
    expect(received).not.toContain('HTTP/1.1');
  });

  it('has no longer than the connect timeout for its handshake', async () => {
    const silent = createPlainServer((socket) => void socket.on('error', () => undefined).resume());
    const one = await startConfigured(`https://localhost:${await listen(silent)}`, { CA: ours.caFile });
    expect(await failureOf(one)).toEqual([504, 'W_UPSTREAM_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT']);
  });
});

describe('an https service that asks for a certificate', () => {
  let authority: Authority;
  /** Subjects shown, one for each connection; '' for none. */
  const shown: string[] = [];

  beforeAll(() => {
    authority = new Authority('Callers');
  });
  afterAll(() => authority.remove());
  afterEach(() => void (shown.length = 0));

  async function startDemanding(
    tls: Record<string, string>,
    more: Record<string, string> = {},
  ): Promise<Ward> {
    const demands = { requestCert: true, rejectUnauthorized: true, ca: authority.ca };
    const sockets = new WebSocketServer({ noServer: true });
    const service = createHttpsServer({ ...good, ...demands }, (_, response) => response.end('ok'));
    service.on('upgrade', (request, socket, first) =>
      sockets.handleUpgrade(request, socket, first, (open) =>
        open.on('message', (text: Buffer) => open.send(text.toString())),
      ),
    );
    service.on('secureConnection', (socket) => {
      shown.push(socket.getPeerX509Certificate()?.subject ?? '');
    });
    const port = await listen(service);
    const patient = { WARD_UPSTREAM_CONNECT_TIMEOUT: '10s', ...more };
    return startConfigured(`https://localhost:${port}`, { CA: ours.caFile, ...tls }, patient);
  }

  it('gets that of Ward, for requests and WebSockets', async () => {
    const { certFile, keyFile } = authority.issue({ subject: '/CN=ward', extendedKeyUsage: 'clientAuth' });
    const { port } = await startDemanding({ CERT: certFile, KEY: keyFile });
    expect((await exchange(port, get('public.example')))?.body).toBe('ok');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    const echoed = new Promise((resolve) => socket.on('message', (text: Buffer) => resolve(text.toString())));
    socket.on('open', () => socket.send('hello'));
    expect(await echoed).toBe('hello');
    socket.terminate();
    expect(shown).toEqual(['CN=ward', 'CN=ward']);
  });

  it('ends the handshake without one: 502, and nothing of it for the client', async () => {
    const one = await startDemanding({});
    expect((await failureOf(one)).slice(0, 2)).toEqual([502, 'W_UPSTREAM_BROKEN']);
  });

  it('gets the next one on the next connection after a renewal, while no request fails', async () => {
    const first = authority.issue({ subject: '/CN=first' });
    const { port, proxy } = await startDemanding({ CERT: first.certFile, KEY: first.keyFile });
    const requests = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) expect((await exchange(port, get('a.example')))?.body).toBe('ok');
    };
    await requests(3);
    expect(shown).toEqual(['CN=first']);
    const { cert, key } = authority.issue({ subject: '/CN=second' });
    const underWay = Promise.all([requests(10), requests(10)]);
    proxy.renewUpstreamTls({ ca: ours.ca, cert, key });
    await underWay;
    await requests(1);
    expect(shown.at(-1)).toBe('CN=second');
    const since = shown.length;
    await requests(3);
    expect(shown).toHaveLength(since);
  });

  it('gets the next one also where all connections are busy and requests wait for them', async () => {
    const first = authority.issue({ subject: '/CN=first' });
    const only = { CERT: first.certFile, KEY: first.keyFile };
    const { port, proxy } = await startDemanding(only, { WARD_UPSTREAM_CONNECTIONS: '1' });
    const { cert, key } = authority.issue({ subject: '/CN=second' });
    const waiting = Array.from({ length: 20 }, () => exchange(port, get('a.example')));
    await expect.poll(() => shown.length, { timeout: 10_000 }).toBe(1);
    proxy.renewUpstreamTls({ ca: ours.ca, cert, key });
    for (const answer of await Promise.all(waiting)) expect(answer?.body).toBe('ok');
    expect((await exchange(port, get('a.example')))?.body).toBe('ok');
    expect(shown).toEqual(['CN=first', 'CN=second']);
  });
});

describe('a service behind a unix socket', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ward-unix-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('gets requests and bodies as over TCP, with the Host of the client', async () => {
    const path = join(directory, 'service.sock');
    const service = await new RawUpstream().listen(path);
    const { port } = await startConfigured(`unix:${path}`);
    const post = 'POST /p?q=1 HTTP/1.1\r\nHost: s.example\r\nContent-Length: 5\r\n\r\nhello';
    expect((await exchange(port, post, 'POST'))?.body).toBe('ok');
    expect(service.requests[0]).toMatchObject({ body: 'hello' });
    expect(service.requests[0].head).toMatch(/^POST \/p\?q=1 HTTP\/1\.1\r\nhost: s\.example\r\n/);
    await service.close();
  });

  it('that is not there is refused', async () => {
    const one = await startConfigured(`unix:${join(directory, 'nothing.sock')}`);
    const response = await exchange(one.port, get('s.example'));
    expect(response?.status).toBe(502);
    expect(toLoggedExchange(one.records[0]).failure).toMatchObject({
      kind: 'refused',
      code: 'W_UPSTREAM_REFUSED',
    });
  });
});
