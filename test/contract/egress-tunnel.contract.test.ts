/** Tunnels of the service over real sockets and real TLS: to hosts that allow them, for the name that was asked for. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, createServer, type Server, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EGRESS_HELLO_BYTES_MAX, EGRESS_TUNNELS_MAX } from '../../src/core/limits.ts';
import { Authority, type Certificate } from '../support/certificates.ts';
import { DnsServer } from '../support/dns-server.ts';
import { type Egress, startEgress } from '../support/egress.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWard } from '../support/ward.ts';

const run = promisify(execFile);
const NAME = 'api.example.com';

let authority: Authority;
let certificate: Certificate;
let server: Server;
let serverPort: number;
let dns: DnsServer;
let egress: Egress | undefined;
/** Connections of the host, and what it was sent in the clear of the tunnel. */
let connections = 0;
let onRequest: (socket: TLSSocket) => void;
const clients: Socket[] = [];

beforeAll(() => {
  authority = new Authority('hosts');
  certificate = authority.issue({ names: `DNS:${NAME},DNS:other.example.com,IP:127.0.0.1` });
});
afterAll(() => authority.remove());

beforeEach(async () => {
  connections = 0;
  onRequest = (socket) => void socket.on('data', (chunk: Buffer) => socket.write(chunk));
  server = createServer(certificate, (socket) => {
    socket.on('error', () => undefined);
    onRequest(socket);
  });
  server.on('connection', () => (connections += 1));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  serverPort = (server.address() as AddressInfo).port;
  dns = new DnsServer(() => ['127.0.0.1']);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await egress?.close();
  egress = undefined;
  await Promise.all([dns.close(), new Promise((resolve) => server.close(resolve))]);
});

async function start(
  entry: Readonly<Record<string, unknown>> = {},
  permitted = ['127.0.0.0/8'],
): Promise<Egress> {
  const hosts = [{ host: NAME, port: serverPort, tunnel: true, ...entry }];
  egress = await startEgress({ hosts, private_networks: permitted, dns_servers: [await dns.listen()] });
  return egress;
}

/** The status of a CONNECT, and the socket it was said on. */
async function ask(port: number, target: string): Promise<{ status: number; socket: Socket }> {
  const socket = connect(port, '127.0.0.1');
  clients.push(socket);
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  let text = '';
  while (!text.includes('\r\n\r\n')) {
    const [chunk] = (await Promise.race([
      once(socket, 'data'),
      once(socket, 'close').then(() => [null]),
    ])) as [Buffer | null];
    if (chunk === null) break;
    text += chunk.toString('latin1');
  }
  return { status: Number(text.split(' ')[1]), socket };
}

async function secure(socket: Socket, servername = NAME): Promise<TLSSocket> {
  const inner = connectTls({ socket, servername, ca: authority.ca, checkServerIdentity: () => undefined });
  inner.on('error', () => undefined);
  await once(inner, 'secureConnect');
  return inner;
}

const closed = (socket: Socket): Promise<unknown> =>
  socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));

async function recorded(one: Egress): Promise<Egress['records'][number]> {
  await expect.poll(() => one.records.length, { timeout: 10_000 }).toBeGreaterThan(0);
  return one.records[0]!;
}

describe('a tunnel', () => {
  it('carries TLS to a host that allows it, and is told of with its bytes', async () => {
    const one = await start();
    const { status, socket } = await ask(one.port, `${NAME}:${serverPort}`);
    expect(status).toBe(200);
    const inner = await secure(socket);
    inner.write('hello');
    const [echo] = (await once(inner, 'data')) as [Buffer];
    expect(echo.toString()).toBe('hello');
    inner.end();
    const record = await recorded(one);
    expect(record).toMatchObject({ outcome: 'forwarded', status: 200, method: 'CONNECT' });
    expect(record.head?.host).toBe(`${NAME}:${serverPort}`);
    expect(record.requestBytes).toBeGreaterThan(100);
    expect(record.responseBytes).toBeGreaterThan(100);
  });

  it('is what curl asks for, and an ordinary call too', async () => {
    onRequest = (socket) =>
      void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ncurl'));
    const one = await start({ tls: { ca: authority.caFile } });
    const proxy = `http://127.0.0.1:${one.port}`;
    const curl = async (...args: string[]): Promise<string> =>
      (await run('curl', ['-sS', '--noproxy', '', ...args], { env: { PATH: process.env['PATH'] } })).stdout;
    const tunnelled = ['--proxy', proxy, '--cacert', authority.caFile, `https://${NAME}:${serverPort}/`];
    expect(await curl(...tunnelled)).toBe('curl');
    expect(await curl('--proxy', proxy, `http://${NAME}/`)).toBe('curl');
    expect(await curl('--connect-to', `::127.0.0.1:${one.port}`, `http://${NAME}/`)).toBe('curl');
    const http2 = ['--http2-prior-knowledge', '--connect-to', `::127.0.0.1:${one.port}`];
    expect(await curl(...http2, `http://${NAME}/`)).toBe('curl');
    expect(await curl(...http2, '-o', '/dev/null', '-w', '%{http_code}', 'http://evil.example/')).toBe('403');
    expect(one.records.map(({ method, status }) => `${method} ${status}`).sort()).toEqual([
      'CONNECT 200',
      'GET 200',
      'GET 200',
      'GET 200',
      'GET 403',
    ]);
  });

  it('loses nothing of what the host said before it left', async () => {
    const body = Buffer.alloc(3_000_000, 'x');
    onRequest = (socket) => void socket.once('data', () => socket.end(body));
    const one = await start();
    const inner = await secure((await ask(one.port, `${NAME}:${serverPort}`)).socket);
    let got = 0;
    inner.on('data', (chunk: Buffer) => (got += chunk.length));
    inner.write('give');
    await once(inner, 'end');
    expect(got).toBe(body.length);
  });

  it.each<[string, (port: number) => string]>([
    ['a host that is not listed', (port) => `evil.example:${port}`],
    ['another port', () => `${NAME}:22`],
    ['no port', () => NAME],
    ['an address in its stead', (port) => `127.0.0.1:${port}`],
    ['user information', (port) => `${NAME}@127.0.0.1:${port}`],
    ['a number', (port) => `2130706433:${port}`],
  ])('is refused to %s', async (_, target) => {
    const one = await start();
    expect((await ask(one.port, target(serverPort))).status).toBe(403);
    expect((await recorded(one)).denial).toBe('egress.tunnel');
    expect(connections).toBe(0);
  });

  it('is refused to hosts that do not allow it, whose calls Ward makes', async () => {
    const one = await start({ tunnel: false });
    expect((await ask(one.port, `${NAME}:${serverPort}`)).status).toBe(403);
  });

  it('is refused where DNS leads to what may not be called', async () => {
    dns.answer = () => ['127.0.0.1'];
    const one = await start({}, ['127.0.0.2/32']);
    expect((await ask(one.port, `${NAME}:${serverPort}`)).status).toBe(403);
    expect((await recorded(one)).failure?.kind).toBe('forbidden');
    expect(connections).toBe(0);
  });

  it('is 502 to a host that is gone', async () => {
    await new Promise((resolve) => server.close(resolve));
    const one = await start();
    expect((await ask(one.port, `${NAME}:${serverPort}`)).status).toBe(502);
    server = createServer(certificate);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  it.each<[string, (socket: Socket) => void]>([
    ['another name', (socket) => void secure(socket, 'other.example.com').catch(() => undefined)],
    ['no name', (socket) => void connectTls({ socket, ca: authority.ca }).on('error', () => undefined)],
    ['plain HTTP', (socket) => void socket.write('GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n')],
    [
      'a first message without end',
      (socket) => {
        const record = Buffer.concat([Buffer.from([22, 3, 1, 0x3f, 0xff]), Buffer.alloc(0x3fff, 1)]);
        record.set([1, 0xff, 0xff, 0xff], 5);
        for (let sent = 0; sent <= EGRESS_HELLO_BYTES_MAX; sent += record.length) socket.write(record);
      },
    ],
  ])('ends at %s, and the host hears nothing of it', async (_, speak) => {
    let heard = 0;
    server.on(
      'connection',
      (socket: Socket) => void socket.on('data', (chunk: Buffer) => (heard += chunk.length)),
    );
    const one = await start();
    const { socket } = await ask(one.port, `${NAME}:${serverPort}`);
    speak(socket);
    await closed(socket);
    expect((await recorded(one)).denial).toBe('egress.sni');
    expect(heard).toBe(0);
  });

  it('ends when it says nothing', async () => {
    const one = await start({ connect_timeout: '300ms' });
    const { socket } = await ask(one.port, `${NAME}:${serverPort}`);
    await closed(socket);
    expect(await recorded(one)).toMatchObject({ requestBytes: 0 });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['bytes of the service', { request_body_max: '4KiB' }, 'egress.tunnel_bytes'],
    ['bytes of the host', { answer_body_max: '4KiB' }, 'egress.tunnel_bytes'],
    ['time without any', { idle_timeout: '300ms' }, 'egress.tunnel_time'],
    ['time at all', { total_timeout: '500ms' }, 'egress.tunnel_time'],
  ])('ends at its limit of %s', async (what, entry, denial) => {
    const one = await start(entry);
    const { socket } = await ask(one.port, `${NAME}:${serverPort}`);
    const secured = secure(socket);
    if (what.startsWith('bytes')) (await secured).write(Buffer.alloc(8_192));
    // Where time is short the tunnel may end before TLS is up.
    else secured.catch(() => undefined);
    await closed(socket);
    expect(await recorded(one)).toMatchObject({ denial, outcome: 'cut' });
  });

  it('counts for the rate of its entry', async () => {
    const one = await start({ requests_per_second: 1 });
    expect((await ask(one.port, `${NAME}:${serverPort}`)).status).toBe(200);
    expect((await ask(one.port, `${NAME}:${serverPort}`)).status).toBe(429);
  });

  it(`is one of ${EGRESS_TUNNELS_MAX} at once`, async () => {
    const one = await start({ in_flight_max: 2 * EGRESS_TUNNELS_MAX, connect_timeout: '60s' });
    for (let i = 0; i < EGRESS_TUNNELS_MAX; i++) {
      expect((await ask(one.port, `${NAME}:${serverPort}`)).status).toBe(200);
    }
    expect((await ask(one.port, `${NAME}:${serverPort}`)).status).toBe(503);
  }, 120_000);

  it('is let end when Ward stops, and cut at the deadline', async () => {
    const one = await start();
    const { socket } = await ask(one.port, `${NAME}:${serverPort}`);
    const inner = await secure(socket);
    const drained = one.way.proxy.drain(500);
    inner.write('still here');
    const [echo] = (await once(inner, 'data')) as [Buffer];
    expect(echo.toString()).toBe('still here');
    await drained;
    await closed(socket);
  });

  it('is nothing the other listener knows', async () => {
    const { port, proxy } = await startWard({ listener: 'node', upstreamPort: serverPort });
    const client = new RawClient(port);
    client.send(`CONNECT ${NAME}:${serverPort} HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`);
    expect((await client.response())?.status).toBe(400);
    client.destroy();
    await proxy.drain(0);
  });

  it('leaves plain calls to a host for tunnels alone refused', async () => {
    const one = await start();
    const client = new RawClient(one.port);
    client.send(`GET http://${NAME}/ HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`);
    expect((await client.response())?.status).toBe(403);
    client.destroy();
    expect(one.records[0]?.denial).toBe('egress.scheme');
  });
});
