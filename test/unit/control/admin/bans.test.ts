/** `/bans` over real HTTP: what it answers, what it refuses, and who may not ask. */
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAdminServer } from '../../../../src/control/admin-server.ts';
import type { AdminServer } from '../../../../src/control/admin-server.ts';
import { bansResource } from '../../../../src/control/admin/bans.ts';
import { healthResources } from '../../../../src/control/admin/health.ts';
import {
  ADMIN_BODY_BYTES_MAX,
  ADMIN_CONNECTIONS_MAX,
  BANS_LISTED_MAX,
  BAN_KIND_CHARS_MAX,
  BAN_MS_MAX,
  BAN_REASON_CHARS_MAX,
} from '../../../../src/core/limits.ts';
import { BanRegister } from '../../../../src/limiter/bans/ban-register.ts';
import { MovingClock } from '../../limiter/bans/moving-clock.ts';

let clock: MovingClock;
let register: BanRegister;
let server: AdminServer;

beforeEach(async () => {
  clock = new MovingClock();
  register = new BanRegister({ clock, isExempt: (_kind, key) => key === '10.0.0.1' });
  server = await startAdminServer('127.0.0.1', 0, [
    ...healthResources(() => ({ ready: true, state: 'running' })),
    bansResource(register),
  ]);
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** Fields as they are, `host` and `origin` included, which fetch would not send. */
function ask(
  method: string,
  path: string,
  wish: { readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, method, path, headers: wish.headers ?? {} },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      },
    );
    request.on('error', reject);
    request.end(wish.body);
  });
}

function post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask('POST', '/bans', { headers: { 'content-type': 'application/json', ...headers }, body: text });
}

describe('bans', () => {
  it('are set, listed and lifted', async () => {
    const set = await post({ key: '192.0.2.1', for: '10m', reason: 'OPS-1' });
    const ban = {
      kind: 'client.ip',
      key: '192.0.2.1',
      by: 'operator',
      reason: 'OPS-1',
      since: new Date(clock.now()).toISOString(),
      until: new Date(clock.now() + 600_000).toISOString(),
    };
    expect([set.status, set.body]).toEqual([201, { outcome: 'added', ban }]);
    expect((await ask('GET', '/bans')).body).toEqual({ bans: [ban], total: 1 });
    expect((await post({ key: '192.0.2.1', for: '5m' })).body).toMatchObject({ outcome: 'kept', ban });
    expect((await post({ key: '192.0.2.1', for: '1h' })).body).toMatchObject({ outcome: 'lengthened' });
    const lifted = await ask('DELETE', '/bans?key=192.0.2.1');
    expect([lifted.status, lifted.body]).toEqual([200, { lifted: 1 }]);
    expect((await ask('DELETE', '/bans?key=192.0.2.1')).status).toBe(404);
    expect((await ask('GET', '/bans')).body).toEqual({ bans: [], total: 0 });
  });

  it('of addresses have one key for each client', async () => {
    await post({ key: '::ffff:192.0.2.1', for: '10m' });
    await post({ key: '2001:DB8:0:0::1', for: '10m' });
    expect(register.list({ limit: 9 }).bans.map(({ key }) => key)).toEqual(['192.0.2.1', '2001:db8::1']);
    expect((await ask('DELETE', '/bans?key=%3A%3Affff%3A192.0.2.1')).status).toBe(200);
  });

  it('of other kinds take any text, and bytes as base64', async () => {
    await post({ kind: 'cookie["id"]', key: 'müller', for: '10m' });
    expect(register.find('cookie["id"]', 'm\xc3\xbcller')).toBeDefined();
    await post({
      kind: 'cookie["id"]',
      key_base64: Buffer.from('\xff\x1b[2J', 'latin1').toString('base64'),
      for: '10m',
    });
    const { bans } = (await ask('GET', `/bans?kind=${encodeURIComponent('cookie["id"]')}`)).body;
    expect(bans).toMatchObject([
      { key: 'müller' },
      { key: '\\xff\\x1b[2J', key_base64: Buffer.from('\xff\x1b[2J', 'latin1').toString('base64') },
    ]);
    const again = encodeURIComponent(Buffer.from('\xff\x1b[2J', 'latin1').toString('base64'));
    expect((await ask('DELETE', `/bans?kind=cookie%5B%22id%22%5D&key_base64=${again}`)).status).toBe(200);
  });

  it('are read page by page, and all lifted at once', async () => {
    for (let index = 0; index < 5; index++) register.add('client.ip', `192.0.2.${index}`, 60_000);
    const first = (await ask('GET', '/bans?limit=3')).body;
    const second = (await ask('GET', `/bans?limit=3&cursor=${String(first.cursor)}`)).body;
    expect([first.bans, second.bans].map((page) => (page as unknown[]).length)).toEqual([3, 2]);
    expect(second).not.toHaveProperty('cursor');
    expect((await ask('DELETE', '/bans?all=true')).body).toEqual({ lifted: 5 });
  });

  it('of exempt keys are refused with the reason', async () => {
    const refused = await post({ key: '10.0.0.1', for: '10m' });
    expect([refused.status, refused.headers['content-type']]).toEqual([409, 'application/problem+json']);
    expect(refused.body.detail).toContain('bans.exempt');
  });
});

describe('what is wrong', () => {
  it.each([
    ['no JSON', '{', '400'],
    ['no object', '[]', '400'],
    ['null', 'null', '400'],
    ['no key', { for: '10m' }, '`key`'],
    ['an empty key', { kind: 'x', key: '', for: '10m' }, 'empty'],
    ['two keys', { kind: 'x', key: 'a', key_base64: 'YQ==', for: '10m' }, 'key_base64'],
    ['no address', { key: 'nobody', for: '10m' }, 'address such as'],
    ['a network', { key: '192.0.2.0/24', for: '10m' }, 'list of type Cidr'],
    ['no time', { key: '192.0.2.1' }, '`for` is missing'],
    ['no time at all', { key: '192.0.2.1', for: '0s' }, '`for` must be'],
    ['too long a time', { key: '192.0.2.1', for: `${BAN_MS_MAX + 1}ms` }, '`for` must be'],
    ['a number for a time', { key: '192.0.2.1', for: 600 }, '`for` must be a string'],
    ['an unknown field', { key: '192.0.2.1', for: '10m', until: 'x' }, 'no others'],
    [
      'a long reason',
      { key: '192.0.2.1', for: '1m', reason: 'r'.repeat(BAN_REASON_CHARS_MAX + 1) },
      'characters',
    ],
    ['a long kind', { kind: 'k'.repeat(BAN_KIND_CHARS_MAX + 1), key: 'x', for: '1m' }, '`kind`'],
    ['a kind of controls', { kind: 'a\0b', key: 'x', for: '1m' }, '`kind`'],
    ['bad base64', { kind: 'x', key_base64: '~', for: '1m' }, 'base64'],
  ])('is said: %s', async (_name, body, expected) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(expected);
    expect(register.size).toBe(0);
  });

  it.each([
    ['GET', '/bans?limit=0'],
    ['GET', `/bans?limit=${BANS_LISTED_MAX + 1}`],
    ['GET', '/bans?cursor=-1'],
    ['GET', '/bans?kinds=client.ip'],
    ['GET', '/bans?all=true'],
    ['GET', '/bans?key=nobody'],
    ['DELETE', '/bans'],
    ['DELETE', '/bans?all=false'],
    ['DELETE', '/bans?all=true&kind=x'],
    ['DELETE', '/bans?key=192.0.2.1&key=192.0.2.2'],
  ])('is refused: %s %s', async (method, path) => {
    register.add('client.ip', '192.0.2.1', 60_000);
    expect((await ask(method, path)).status).toBe(400);
    expect(register.size).toBe(1);
  });

  it('is refused: a method or path that is not there', async () => {
    const refused = await ask('PUT', '/bans');
    expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD, POST, DELETE']);
    expect((await ask('POST', '/healthz')).headers.allow).toBe('GET, HEAD');
    expect((await ask('GET', '/ban')).body.known).toContain('/bans');
    expect((await ask('GET', '//[')).status).toBe(404);
    expect((await ask('HEAD', '/bans')).status).toBe(200);
  });

  it('is refused: more than ADMIN_BODY_BYTES_MAX, and the connection ends', async () => {
    const most = JSON.stringify({ kind: 'x', key: 'k', for: '1m' }).padEnd(ADMIN_BODY_BYTES_MAX);
    expect((await post(most)).status).toBe(201);
    const refused = await post(`${most} `);
    expect([refused.status, refused.headers.connection]).toEqual([413, 'close']);
  });
});

describe('a web page', () => {
  const ban = { key: '192.0.2.1', for: '10m' };

  it('cannot send what a form can', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      expect((await post(ban, { 'content-type': type })).status).toBe(415);
    }
    expect((await post(ban, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(201);
  });

  it('of another origin is refused, and no preflight is granted', async () => {
    const own = `127.0.0.1:${server.port}`;
    expect((await post(ban, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await post(ban, { origin: 'null' })).status).toBe(403);
    expect(
      (await ask('DELETE', '/bans?all=true', { headers: { 'sec-fetch-site': 'cross-site' } })).status,
    ).toBe(403);
    const preflight = await ask('OPTIONS', '/bans', {
      headers: { 'access-control-request-method': 'DELETE' },
    });
    expect(preflight.status).toBe(405);
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect((await post(ban, { host: own, origin: `http://${own}` })).status).toBe(201);
  });

  it('whose name was rebound to this address is refused, but for health', async () => {
    for (const host of ['evil.example', 'evil.example:9901', '127.0.0.1.evil.example', 'a b']) {
      expect((await ask('GET', '/bans', { headers: { host } })).status).toBe(421);
      expect((await ask('GET', '/status', { headers: { host } })).status).toBe(421);
    }
    expect((await ask('GET', '/healthz', { headers: { host: 'ward.internal:9901' } })).status).toBe(200);
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:9901', '10.1.2.3:9901']) {
      expect((await ask('GET', '/bans', { headers: { host } })).status).toBe(200);
    }
  });
});

it('holds ADMIN_CONNECTIONS_MAX connections, and whoever says nothing makes room for a probe', async () => {
  const sockets = Array.from({ length: ADMIN_CONNECTIONS_MAX }, () => connect(server.port, '127.0.0.1'));
  const closed: number[] = [];
  sockets.forEach((socket, index) => socket.on('error', () => {}).on('close', () => closed.push(index)));
  try {
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    for (const socket of sockets) socket.write('POST /bans HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ');
    expect(closed).toEqual([]);
    for (let probe = 0; probe < 3; probe++) expect((await ask('GET', '/healthz')).status).toBe(200);
    expect(closed).toContain(0);
    expect(closed.length).toBeLessThanOrEqual(3);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
