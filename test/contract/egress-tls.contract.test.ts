/**
 * TLS that Ward begins for the service's calls: the service says http, the host is called with https, verified, and shown
 * Ward's certificate. Over real sockets, with names that a DNS server of the test gives.
 */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { DnsServer } from '../support/dns-server.ts';
import { absolute, type Egress, get, OUTSIDE, startEgress } from '../support/egress.ts';
import { exchange } from '../support/raw-client.ts';

let authority: Authority;
let callers: Authority;
let dns: DnsServer;
let server: Server;
let egress: Egress | undefined;
const shown: { name: string | false; subject: string | undefined }[] = [];

beforeAll(() => {
  authority = new Authority('hosts');
  callers = new Authority('callers');
});
afterAll(() => {
  authority.remove();
  callers.remove();
});
beforeEach(() => {
  dns = new DnsServer(() => [OUTSIDE]);
});
afterEach(async () => {
  shown.length = 0;
  await egress?.close();
  egress = undefined;
  await Promise.all([dns.close(), new Promise((resolve) => server.close(resolve))]);
});

async function start(entry: Readonly<Record<string, unknown>>): Promise<Egress> {
  const settings = { hosts: [entry], private_networks: [`${OUTSIDE}/32`], dns_servers: [await dns.listen()] };
  egress = await startEgress(settings);
  return egress;
}

async function serve(names: string, demands: Readonly<Record<string, unknown>> = {}): Promise<number> {
  server = createServer({ ...authority.issue({ names }), ...demands }, (request, response) => {
    const socket = request.socket as TLSSocket & { servername: string | false };
    shown.push({ name: socket.servername, subject: socket.getPeerX509Certificate()?.subject });
    response.end(`${request.method} ${request.url} ${request.headers.host}`);
  });
  await new Promise<void>((resolve) => server.listen(0, OUTSIDE, resolve));
  return (server.address() as AddressInfo).port;
}

it('speaks https where the service says http, with the name of the host', async () => {
  const port = await serve('DNS:api.example.com');
  const one = await start({ host: 'api.example.com', port, tls: { ca: authority.caFile } });
  expect((await exchange(one.port, absolute('api.example.com', '/a')))?.body).toBe('GET /a api.example.com');
  expect((await exchange(one.port, get('https://api.example.com/a', 'api.example.com')))?.status).toBe(200);
  expect(shown[0]?.name).toBe('api.example.com');
});

it('shows the certificate of Ward, and the renewed one after a renewal', async () => {
  const demands = { requestCert: true, rejectUnauthorized: true, ca: callers.ca };
  const port = await serve('DNS:api.example.com', demands);
  const first = callers.issue({ subject: '/CN=orders', extendedKeyUsage: 'clientAuth' });
  const tls = { ca: authority.caFile, cert: first.certFile, key: first.keyFile };
  const one = await start({ host: '*.example.com', port, tls });
  expect((await exchange(one.port, absolute('api.example.com')))?.status).toBe(200);
  const { cert, key } = callers.issue({ subject: '/CN=renewed' });
  one.way.renewTls([{ ca: authority.ca, cert, key }]);
  expect((await exchange(one.port, absolute('api.example.com')))?.status).toBe(200);
  expect(shown.map(({ subject }) => subject)).toEqual(['CN=orders', 'CN=renewed']);
});

it.each<[string, string, Readonly<Record<string, unknown>>]>([
  ['of another name', 'DNS:other.example.com', {}],
  ['of nobody known', 'DNS:api.example.com', { ca: undefined }],
])('ends at a certificate %s: 502', async (_, names, tls) => {
  const port = await serve(names);
  const one = await start({ host: 'api.example.com', port, tls: { ca: authority.caFile, ...tls } });
  expect((await exchange(one.port, absolute('api.example.com')))?.status).toBe(502);
  expect(shown).toEqual([]);
});

it('is verified whatever the environment of Node says', async () => {
  const port = await serve('DNS:other.example.com');
  const one = await start({ host: 'api.example.com', port, tls: { ca: authority.caFile } });
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    expect((await exchange(one.port, absolute('api.example.com')))?.status).toBe(502);
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  }
});

it('that the service asks for is not left out in silence', async () => {
  await serve('DNS:api.example.com');
  const { port, records } = await start({ host: 'api.example.com' });
  expect((await exchange(port, get('https://api.example.com/', 'api.example.com')))?.status).toBe(403);
  expect(records[0]?.denial).toBe('egress.scheme');
});
