/**
 * Calls of the service through Ward over real sockets: what is let out and where it arrives, with a DNS server that lies, and
 * services that must not be reached beside those that may.
 */
import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toLoggedExchange } from '../../src/app/exchange-log.ts';
import { EGRESS_WAYS_MAX } from '../../src/core/limits.ts';
import { DnsServer } from '../support/dns-server.ts';
import { absolute, type Egress, get, OUTSIDE, startEgress } from '../support/egress.ts';
import { fixedEngine } from '../support/fixed-engine.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';

const PERMITTED = [`${OUTSIDE}/32`];

let dns: DnsServer;
let dnsAddress: string;
let outside: RawUpstream;
let inside: RawUpstream;
let egress: Egress | undefined;

beforeEach(async () => {
  dns = new DnsServer(() => [OUTSIDE]);
  dnsAddress = await dns.listen();
  // Both on one port: only the address decides which of them is reached.
  for (;;) {
    inside = await new RawUpstream().listen(0);
    outside = new RawUpstream();
    try {
      await outside.listenAt(OUTSIDE, inside.port);
      return;
    } catch {
      await inside.close();
    }
  }
});
afterEach(async () => {
  await egress?.close();
  egress = undefined;
  await Promise.all([dns.close(), outside.close(), inside.close()]);
});

async function start(
  entries: readonly Readonly<Record<string, unknown>>[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<Egress> {
  const hosts = entries.map((entry) => ({ port: outside.port, ...entry }));
  const settings = { hosts, private_networks: PERMITTED, dns_servers: [dnsAddress], ...more };
  egress = await startEgress(settings);
  return egress;
}

describe('a listed host', () => {
  it.each([
    ['in absolute form, as clients of a proxy say it', () => absolute('api.example.com', '/v1/a?q=1')],
    ['in origin form', () => get('/v1/a?q=1', 'api.example.com')],
    ['with the port', () => absolute(`api.example.com:${outside.port}`, '/v1/a?q=1')],
    ['in capitals', () => absolute('API.Example.COM', '/v1/a?q=1')],
    ['with the dot at the end', () => absolute('api.example.com.', '/v1/a?q=1')],
  ])('is called %s', async (_, text) => {
    const { port } = await start([{ host: 'api.example.com' }]);
    expect((await exchange(port, text()))?.body).toBe('ok');
    expect(outside.requests[0]?.head).toMatch(/^GET \/v1\/a\?q=1 HTTP\/1\.1\r\n/);
    expect(dns.asked).toEqual(['api.example.com']);
  });

  it('is called by an ordinary client with a proxy, bodies both ways', async () => {
    const { port } = await start([{ host: 'api.example.com' }]);
    outside.answer = ({ socket, body }) => {
      socket.write(`HTTP/1.1 201 Created\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    };
    const text = await new Promise<string>((resolve, reject) => {
      const options = { port, host: '127.0.0.1', method: 'POST', path: 'http://api.example.com/x' };
      const call = httpRequest(options, (answer: IncomingMessage) => {
        let body = `${answer.statusCode} `;
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () => resolve(body));
      });
      call.setHeader('host', 'api.example.com');
      call.on('error', reject);
      call.end('hello'.repeat(1_000));
    });
    expect(text).toBe(`201 ${'hello'.repeat(1_000)}`);
  });

  it('gets the answer as it is, redirects too: the next call is judged again', async () => {
    const { port } = await start([{ host: 'api.example.com' }]);
    outside.answer = ({ socket }) => {
      socket.write(
        'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n',
      );
    };
    const answer = await exchange(port, absolute('api.example.com'));
    expect([answer?.status, answer?.headers['location']]).toEqual([302, 'http://169.254.169.254/latest']);
    expect((await exchange(port, absolute('169.254.169.254', '/latest')))?.status).toBe(403);
  });

  it('is told nothing of where the call comes from, and no field of the hop', async () => {
    const { port } = await start([{ host: 'api.example.com' }]);
    const fields =
      'X-Forwarded-For: 8.8.8.8\r\nForwarded: for=8.8.8.8\r\nX-Real-IP: 8.8.8.8\r\nProxy-Authorization: Basic eA==\r\n' +
      'Proxy-Connection: keep-alive\r\nAuthorization: Bearer secret\r\nX-Own: 1\r\n';
    await exchange(port, `GET http://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n${fields}\r\n`);
    const head = outside.requests[0]?.head.toLowerCase();
    expect(head).not.toMatch(/8\.8\.8\.8|forwarded|proxy-|x-real-ip|127\.0\.0\.1/);
    expect(head).toContain('authorization: bearer secret');
    expect(head).toContain('x-own: 1');
  });

  it('is called below a pattern, but not at it', async () => {
    const { port } = await start([{ host: '*.example.com' }]);
    expect((await exchange(port, absolute('a.b.example.com')))?.status).toBe(200);
    expect((await exchange(port, absolute('example.com')))?.status).toBe(403);
    expect((await exchange(port, absolute('badexample.com')))?.status).toBe(403);
  });
});

describe('a host that is not listed', () => {
  it.each([
    'evil.example',
    'api.example.com.evil.example',
    'xapi.example.com',
    'localhost',
    '127.0.0.1',
    OUTSIDE,
    '[::1]',
    '[::ffff:127.0.0.2]',
  ])('%s gets 403, and no name is asked for', async (host) => {
    const { port, records } = await start([{ host: 'api.example.com' }]);
    for (const text of [absolute(host), get('/', host), absolute(`${host}:${outside.port}`)]) {
      expect((await exchange(port, text))?.status).toBe(403);
    }
    expect(records.map(({ denial }) => denial)).toEqual(['egress.host', 'egress.host', 'egress.host']);
    expect(dns.asked).toEqual([]);
    expect(outside.connections + inside.connections).toBe(0);
  });

  it('nor is a port of a listed one that is not its own', async () => {
    const { port } = await start([{ host: 'api.example.com' }]);
    expect((await exchange(port, absolute('api.example.com:22')))?.status).toBe(403);
  });

  it.each([
    'api.example.com@127.0.0.1',
    '127.1',
    '2130706434',
    '0x7f000002',
    '0177.0.0.2',
    '127.0.0.2.',
    '127.0.0.2%00.example.com',
    'api.example.com%2f@evil',
    '[::127.0.0.2',
    '①②⑦.0.0.2',
    'api。example。com',
  ])('%s is no host at all', async (host) => {
    const { port } = await start([{ host: 'api.example.com' }, { host: OUTSIDE }]);
    const spelled = Buffer.from(host).toString('latin1');
    expect((await exchange(port, absolute(spelled)))?.status).toBe(400);
    expect((await exchange(port, get('/', spelled)))?.status).toBe(400);
    expect(outside.connections).toBe(0);
  });

  it('says one host in the target and another in the field: neither', async () => {
    const { port } = await start([{ host: 'api.example.com' }]);
    expect((await exchange(port, get('http://api.example.com/', 'evil.example')))?.status).toBe(400);
    expect((await exchange(port, get('http://evil.example/', 'api.example.com')))?.status).toBe(400);
  });

  it('gets no WebSocket, not even a listed one', async () => {
    const { port } = await start([{ host: 'api.example.com' }]);
    const fields =
      'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
    const text = `GET / HTTP/1.1\r\nHost: api.example.com\r\n${fields}\r\n`;
    expect((await exchange(port, text))?.status).toBe(400);
    expect(outside.connections).toBe(0);
  });
});

describe('an address that DNS gives', () => {
  it.each([
    ['127.0.0.1'],
    ['10.1.2.3'],
    ['192.168.0.1'],
    ['172.16.0.1'],
    ['169.254.169.254'],
    ['100.64.0.1'],
    ['0.0.0.0'],
    ['224.0.0.1'],
    ['168.63.129.16'],
    ['::1'],
    ['fe80::1'],
    ['fd00:ec2::254'],
    ['::ffff:127.0.0.1'],
    ['64:ff9b::7f00:1'],
    ['2002:7f00:1::'],
    [OUTSIDE, '127.0.0.1'],
    ['127.0.0.1', OUTSIDE],
    [OUTSIDE, '::1'],
  ])('%s %s is not called', async (...addresses) => {
    dns.answer = () => addresses.filter((text) => text !== undefined);
    const { port, records, way } = await start([{ host: 'api.example.com' }]);
    expect((await exchange(port, absolute('api.example.com')))?.status).toBe(403);
    const logged = toLoggedExchange(records[0]!).failure;
    expect(logged).toMatchObject({ kind: 'forbidden', code: 'W_EGRESS_FORBIDDEN' });
    expect(logged?.cause).toContain('which may not be called');
    expect(inside.connections + outside.connections).toBe(0);
    expect(way.figures.refusedAddresses).toBe(1);
  });

  it('is the one that was checked: an answer that changes is refused, and the first was asked for once', async () => {
    dns.answer = (_, time) => [time === 0 ? OUTSIDE : '127.0.0.1'];
    const { port } = await start([{ host: 'api.example.com' }]);
    expect((await exchange(port, absolute('api.example.com')))?.body).toBe('ok');
    expect(dns.asked).toEqual(['api.example.com']);
    outside.dropConnections();
    // Until Ward has noticed that the connection is gone, it may still be tried.
    const client = new RawClient(port);
    let status = 0;
    for (let tries = 0; tries < 50 && status !== 403; tries++) {
      client.send(absolute('api.example.com'));
      status = (await client.response())?.status ?? 0;
    }
    client.destroy();
    expect(status).toBe(403);
    expect(inside.connections).toBe(0);
  });

  it('none, or no DNS: 502', async () => {
    dns.answer = () => [];
    const { port, records } = await start([{ host: 'api.example.com' }]);
    expect((await exchange(port, absolute('api.example.com')))?.status).toBe(502);
    expect(records[0]?.failure?.kind).toBe('refused');
  });
});

describe('a listed address', () => {
  it('is called without DNS', async () => {
    const { port } = await start([{ host: OUTSIDE }]);
    expect((await exchange(port, absolute(OUTSIDE)))?.status).toBe(200);
    expect(dns.asked).toEqual([]);
  });

  it('that is private needs its network, or nothing starts', async () => {
    const start_ = (more: Record<string, unknown>) =>
      startEgress({ hosts: [{ host: '10.0.0.1' }, { host: '[::1]' }], ...more });
    await expect(start_({})).rejects.toThrow('egress.hosts[0]: 10.0.0.1 is not on the public internet');
    const wide = { private_networks: ['10.0.0.0/8', '::1/128'] };
    egress = await start_(wide);
    const metadata = { hosts: [{ host: '169.254.169.254' }], private_networks: ['169.254.0.0/16'] };
    await expect(startEgress(metadata)).rejects.toMatchObject({ code: 'W_CONFIG_INVALID' });
  });
});

describe('limits of a host', () => {
  it('requests a second', async () => {
    let nowMs = 1_000;
    const clock = { now: () => nowMs, monotonic: () => nowMs };
    const hosts = [{ host: 'a.example.com', port: outside.port, requests_per_second: 2 }];
    const settings = { hosts, private_networks: PERMITTED, dns_servers: [dnsAddress] };
    egress = await startEgress(settings, undefined, clock);
    const { port, records } = egress;
    const statuses = async (count: number): Promise<(number | undefined)[]> => {
      const all: (number | undefined)[] = [];
      for (let i = 0; i < count; i++) all.push((await exchange(port, absolute('a.example.com')))?.status);
      return all;
    };
    expect(await statuses(3)).toEqual([200, 200, 429]);
    expect(records[2]?.denial).toBe('egress.rate');
    nowMs += 500;
    expect(await statuses(2)).toEqual([200, 429]);
  });

  it('bytes of a body, whether announced or not', async () => {
    const { port, records } = await start([{ host: 'a.example.com', request_body_max: '10B' }]);
    const post = (framing: string, body: string): string =>
      `POST http://a.example.com/ HTTP/1.1\r\nHost: a.example.com\r\n${framing}\r\n\r\n${body}`;
    const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
    expect((await exchange(port, post('Content-Length: 10', '0123456789'), 'POST'))?.status).toBe(200);
    const tooLong = await exchange(port, post('Content-Length: 11', '0123456789a'), 'POST');
    expect([tooLong?.status, records[1]?.denial]).toEqual([413, 'egress.body']);
    const chunked = 'Transfer-Encoding: chunked';
    const fits = post(chunked, `${chunk('01234')}${chunk('56789')}0\r\n\r\n`);
    expect((await exchange(port, fits, 'POST'))?.status).toBe(200);
    const passes = post(chunked, `${chunk('0123456789')}${chunk('a')}0\r\n\r\n`);
    expect((await exchange(port, passes, 'POST'))?.status).toBe(413);
    // What is out of the last one never looks complete.
    expect(outside.requests.map(({ body }) => body)).toEqual(['0123456789', '0123456789']);
  });

  it('bytes of an answer: 502 while nothing is out, else the connection ends', async () => {
    const { port } = await start([{ host: 'a.example.com', answer_body_max: '10B' }]);
    outside.answer = ({ socket, head }) => {
      if (head.includes('/announced'))
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a');
      else
        socket.write(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n',
        );
    };
    expect((await exchange(port, absolute('a.example.com', '/announced')))?.status).toBe(502);
    const head = absolute('a.example.com', '/announced').replace('GET', 'HEAD');
    expect((await exchange(port, head, 'HEAD'))?.headers['content-length']).toBe('11');
    const client = new RawClient(port);
    client.send(absolute('a.example.com', '/streamed'));
    await client.until(() => client.closed);
    expect(client.closed).toBe(true);
    expect(client.received).not.toContain('56789a');
  });

  it('time until the head', async () => {
    const { port, records } = await start([{ host: 'a.example.com', headers_timeout: '1000ms' }]);
    outside.answer = () => undefined;
    expect((await exchange(port, absolute('a.example.com')))?.status).toBe(504);
    expect(records[0]?.failure?.kind).toBe('timeout');
  });

  it('requests in flight', async () => {
    const { port } = await start([{ host: 'a.example.com', in_flight_max: 1 }]);
    let release = (): void => undefined;
    outside.answer = ({ socket }) => {
      release = () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    };
    const first = new RawClient(port);
    first.send(absolute('a.example.com'));
    await first.until(() => outside.requests.length === 1);
    expect((await exchange(port, absolute('a.example.com')))?.status).toBe(503);
    release();
    expect((await first.response())?.status).toBe(200);
    first.destroy();
  });

  it(`at most ${EGRESS_WAYS_MAX} hosts below patterns: of more the unused ones go`, async () => {
    const { port } = await start([{ host: '*.example.com' }]);
    const client = new RawClient(port);
    for (let i = 0; i <= EGRESS_WAYS_MAX; i++) {
      client.send(absolute(`h${i}.example.com`));
      expect((await client.response())?.status).toBe(200);
    }
    client.destroy();
    await client.until(() => outside.openConnections <= EGRESS_WAYS_MAX);
    expect(outside.openConnections).toBeLessThanOrEqual(EGRESS_WAYS_MAX);
  }, 120_000);
});

it('rules see calls and answers: a body and an answer are refused by what they say', async () => {
  const engine = fixedEngine({ blockRequestText: '4111111111111111', blockResponseText: 'evil' });
  const hosts = [{ host: 'a.example.com', port: outside.port }];
  egress = await startEgress({ hosts, private_networks: PERMITTED, dns_servers: [dnsAddress] }, engine);
  const { port } = egress;
  const post = (body: string): string =>
    `POST http://a.example.com/ HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  expect((await exchange(port, post('card=4111111111111111'), 'POST'))?.status).toBe(403);
  expect(outside.requests).toHaveLength(0);
  expect((await exchange(port, post('card=none'), 'POST'))?.status).toBe(200);
  outside.answer = ({ socket }) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
  expect((await exchange(port, absolute('a.example.com')))?.status).toBe(502);
});

it('one host that fails is left alone, others are not', async () => {
  const dead = createHttpServer();
  await new Promise<void>((resolve) => dead.listen(0, OUTSIDE, resolve));
  const { port: deadPort } = dead.address() as AddressInfo;
  await closed(dead);
  const hosts = [
    { host: 'dead.example.com', port: deadPort },
    { host: 'a.example.com', port: outside.port },
  ];
  // Time stands still: what is open stays open however slow this machine is.
  const clock = { now: () => 1_000, monotonic: () => 1_000 };
  const settings = { hosts, private_networks: PERMITTED, dns_servers: [dnsAddress] };
  egress = await startEgress(settings, undefined, clock);
  const { port, way } = egress;
  const client = new RawClient(port);
  let status = 0;
  for (let tries = 0; tries < 30 && status !== 503; tries++) {
    client.send(absolute('dead.example.com'));
    status = (await client.response())?.status ?? 0;
  }
  expect(status).toBe(503);
  client.send(absolute('a.example.com'));
  expect((await client.response())?.status).toBe(200);
  client.destroy();
  expect(way.figures.circuitsOpen).toEqual([
    { host: 'dead.example.com', count: 1 },
    { host: 'a.example.com', count: 0 },
  ]);
});

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}
