/**
 * The external authoriser over real sockets, on both listeners: what it is asked, what its answers do, and what happens when
 * it is wrong or hostile. Times are only bounded from below or by polling.
 */
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/core/clock.ts';
import { AUTHORIZER_HEAD_BYTES_MAX, AUTHORIZER_UNREAD_BYTES_MAX } from '../../src/core/limits.ts';
import { authorizedWard, PATIENT_MS } from '../support/authorized-ward.ts';
import { admit, answering, type AuthorizerServer } from '../support/authorizer-server.ts';
import { RecordedGates } from '../support/recorded-gates.ts';
import { engineFor } from '../support/transaction-of.ts';
import { until } from '../support/until.ts';
import { LISTENERS } from '../support/ward.ts';

const RULES = `
limiter few { key client.ip  allow 2 per 1h  then block 429 }
rule t.head "Refused by its head" { severity error when request.path == "/attack" then block 403 }
rule t.body "Refused by its body" { severity error when any args contains "attack" then block 403 }
rule t.limit "Limited" { severity warning when request.path == "/limited" then limit few }
`;

const engine = engineFor(RULES);

const PAGE = '<p>Please log in.</p>';

describe.each(LISTENERS)('an external authoriser on %s', (listener) => {
  const stage = authorizedWard(listener, engine);
  const { upstream, server, raw, start, open, ask, served, denials, figures } = stage;

  it('is asked before the service, is told what is listed and what Ward knows, and nothing else', async () => {
    await start({ path: '/check' });
    const lines = [
      'Authorization: Bearer abc',
      'Cookie: a=1',
      'X-Other: x',
      'X-User: root',
      'X-Forwarded-Uri: /elsewhere',
      'X-Forwarded-For: 10.0.0.1',
    ];
    expect((await ask('/orders/%37?q=1', lines, 'name=hello')).status).toBe(200);
    expect(server.asked).toEqual([
      {
        method: 'POST',
        target: '/check/orders/7?q=1',
        fields: expect.anything() as unknown,
      },
    ]);
    const told = new Map(server.asked[0].fields);
    expect([...told.keys()].sort()).toEqual(
      [
        'authorization',
        'connection',
        'content-length',
        'cookie',
        'host',
        'x-forwarded-for',
        'x-forwarded-host',
        'x-forwarded-method',
        'x-forwarded-proto',
        'x-forwarded-uri',
        'x-request-id',
      ].sort(),
    );
    expect(Object.fromEntries(told)).toMatchObject({
      host: 's.example',
      authorization: 'Bearer abc',
      cookie: 'a=1',
      'content-length': '0',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-method': 'POST',
      'x-forwarded-uri': '/orders/7?q=1',
      'x-request-id': 'test-1',
    });
    expect(upstream.requests[0].body).toBe('name=hello');
    expect(figures()).toMatchObject({ admitted: 1, refused: 0, cancelled: 0, underWay: 0 });
  });

  it('may be asked at one address by GET, as nginx does', async () => {
    await start({ path: '/auth', target: 'fixed' });
    expect((await ask('/orders?q=1', [], 'a=1')).status).toBe(200);
    expect(server.asked[0]).toMatchObject({ method: 'GET', target: '/auth' });
    const told = Object.fromEntries(server.asked[0].fields);
    expect(told).toMatchObject({ 'x-forwarded-method': 'POST', 'x-forwarded-uri': '/orders?q=1' });
  });

  it('sees every line of a field, as the service does', async () => {
    await start({ requestFields: ['x-role-wanted'] });
    await ask('/', ['X-Role-Wanted: user', 'X-Role-Wanted: admin']);
    const seen = server.asked[0].fields.filter(([name]) => name === 'x-role-wanted');
    expect(seen.map(([, value]) => value)).toEqual(['user', 'admin']);
  });

  it('tells the service what it found out, which nobody else can', async () => {
    await start();
    const forged = ['X-User: root', 'X-Role: admin', 'X-Role: admin'];
    server.reply = answering(200, { 'X-User': 'u-1', 'X-Internal': 'secret', 'Set-Cookie': ['s=1', 't=2'] });
    const { status, headers } = await ask('/', forged);
    expect(served().filter((line) => /^x-(?:user|role|internal)/.test(line))).toEqual(['x-user: u-1']);
    expect([status, headers['set-cookie'], headers['x-internal']]).toEqual([200, 's=1, t=2', undefined]);
  });

  it.each([201, 204, 299])('takes %i for a yes', async (status) => {
    await start();
    server.reply = answering(status);
    expect((await ask()).status).toBe(200);
  });

  it('passes a refusal on, with its listed fields and its page', async () => {
    await start();
    server.reply = answering(
      401,
      {
        'WWW-Authenticate': 'Basic realm="x"',
        'X-Internal': 'secret',
        'Content-Type': 'text/html',
        'Cache-Control': 'public, max-age=600',
      },
      PAGE,
    );
    const refused = await ask();
    expect([refused.status, refused.body]).toEqual([401, PAGE]);
    expect(refused.headers).toMatchObject({
      'www-authenticate': 'Basic realm="x"',
      'content-type': 'text/html',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(refused.headers['x-internal']).toBeUndefined();
    server.reply = answering(302, { Location: 'https://id.example/login', 'Set-Cookie': 'csrf=1' });
    const redirected = await ask();
    expect(redirected).toMatchObject({
      status: 302,
      headers: { location: 'https://id.example/login', 'set-cookie': 'csrf=1' },
    });
    server.reply = answering(403);
    const plain = await ask('/', ['Accept: text/plain']);
    expect([plain.status, plain.body]).toEqual([403, expect.stringContaining('403 Forbidden')]);
    const head = await ask('/', [], undefined, 'HEAD');
    expect([head.status, server.asked.at(-1)?.method]).toEqual([403, 'HEAD']);
    expect(denials()).toEqual(Array(4).fill('authorizer.refused'));
    expect(stage.ward.records.map(({ outcome }) => outcome)).toEqual(Array(4).fill('refused'));
    expect(upstream.requests).toEqual([]);
  });

  it.each([
    ['too large', answering(403, { 'Content-Type': 'text/html' }, 'x'.repeat(1_025))],
    ['coded', answering(403, { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' }, 'x')],
    [
      'broken off',
      ((_request, response) => {
        response.writeHead(403, { 'Content-Length': '100' }).write('x');
        setTimeout(() => response.destroy(), 20);
      }) satisfies AuthorizerServer['reply'],
    ],
  ])('keeps to a refusal whose page is %s, whatever follows failures', async (_name, reply) => {
    await start({ onFailure: 'allow' });
    server.reply = reply;
    const refused = await ask('/', ['Accept: text/plain']);
    expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('403 Forbidden')]);
    expect(denials()).toEqual(['authorizer.refused']);
    expect(upstream.requests).toEqual([]);
  });

  it('keeps to a refusal whose page never ends', async () => {
    await start({ onFailure: 'allow' }, { totalMs: 2_000 });
    server.reply = (_request, response) => void response.writeHead(403).write('x');
    expect((await ask()).status).toBe(403);
    server.reply = (_request, response) => {
      response.writeHead(200).write('x'.repeat(AUTHORIZER_UNREAD_BYTES_MAX + 1_000));
    };
    // An admission is one with its head.
    expect((await ask()).status).toBe(200);
    await until(() => figures()?.underWay === 0, 'the endless body was given up');
  });

  it('is not asked about what the rules refuse by its head, nor on exempt paths', async () => {
    await start();
    server.reply = answering(403);
    expect((await ask('/attack')).status).toBe(403);
    expect(server.asked).toEqual([]);
    expect(stage.ward.records[0].report?.verdict.by).toBe('t.head');
    for (const path of ['/healthz', '/public/a?x=1']) expect((await ask(path)).status).toBe(200);
    expect(stage.ward.records.slice(1).map(({ note }) => note?.exempt)).toEqual([
      ['authorizer'],
      ['authorizer'],
    ]);
    for (const path of ['/HEALTHZ', '/healthz/', '/public/..%5ca'])
      expect((await ask(path)).status).not.toBe(200);
    expect(server.asked.map(({ target }) => target).slice(0, 2)).toEqual(['/HEALTHZ', '/healthz/']);
  });

  it('counts for limits, so that it cannot be asked without end', async () => {
    const clock = new ManualClock();
    const gates = new RecordedGates(clock);
    await start({}, {}, { engine: engineFor(RULES, {}, { gates, clock }) });
    server.reply = answering(401);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask('/limited')).status);
    expect(statuses).toEqual([401, 401, 429]);
    // The same where the store of limits takes its time.
    gates.later = true;
    const client = open('/limited', [], 'a=1');
    await until(() => gates.waiting === 1, 'the store was asked');
    await gates.release();
    expect((await client.response('POST', PATIENT_MS))?.status).toBe(429);
    const other = open('/other', [], 'a=1');
    expect((await other.response('POST', PATIENT_MS))?.status).toBe(401);
    expect(server.asked.length).toBe(3);
    expect(stage.ward.records[0].report?.limits).toMatchObject([{ name: 'few', granted: true }]);
  });

  it('holds the body back until it has answered, and inspects it then', async () => {
    await start();
    let answer = (): void => undefined;
    server.reply = (_request, response) => (answer = () => void response.end());
    const long = `q=${'x'.repeat(200_000)}`;
    const good = open('/', [], long);
    await until(() => server.asked.length === 1, 'asked');
    expect(upstream.received).toBe('');
    answer();
    expect((await good.response('POST', PATIENT_MS))?.status).toBe(200);
    expect(upstream.requests[0].body).toBe(long);
    server.reply = admit;
    expect((await ask('/', [], 'q=attack')).status).toBe(403);
    expect(stage.ward.records.at(-1)?.report?.verdict.by).toBe('t.body');
    expect(upstream.requests.length).toBe(1);
  });

  it('refuses without having read the body', async () => {
    await start();
    server.reply = answering(403);
    const client = open('/', ['Transfer-Encoding: chunked'], undefined, 'PUT');
    client.send('5\r\nhello\r\n');
    expect((await client.response('PUT', PATIENT_MS))?.status).toBe(403);
    expect(upstream.received).toBe('');
  });

  it.each([
    ['says that it failed', answering(500, { Location: '/x' }), 'error'],
    ['is not found by its proxy', answering(503), 'error'],
    ['speaks of a copy nobody has', answering(304), 'broken'],
    [
      'hangs up',
      ((_request, response) => void response.destroy()) satisfies AuthorizerServer['reply'],
      'broken',
    ],
  ])('fails closed when it %s', async (_name, reply, why) => {
    await start();
    server.reply = reply;
    const { status, headers } = await ask('/', [], 'a=1');
    expect([status, headers['retry-after'], headers['location']]).toEqual([503, '1', undefined]);
    expect(denials()).toEqual([`authorizer.${why}`]);
    expect(upstream.requests).toEqual([]);
    expect(figures()?.failed).toEqual({ [why]: 1 });
  });

  it('fails with the status that is set, or lets on if told to', async () => {
    await start({ failureStatus: 403 });
    server.reply = answering(500);
    const { status, headers } = await ask();
    expect([status, headers['retry-after']]).toEqual([403, undefined]);
    await stage.ward.close();
    await start({ onFailure: 'allow' });
    expect((await ask('/', ['X-User: root'])).status).toBe(200);
    expect(stage.ward.records[0].note).toEqual({ unauthorized: 'error' });
    // Nobody vouches for what a client says of itself.
    expect(served().some((line) => line.startsWith('x-user'))).toBe(false);
    // It cannot be reached: nobody listens there.
    await stage.ward.close();
    await start({ onFailure: 'allow' }, { port: 1 });
    expect((await ask()).status).toBe(200);
    expect(stage.ward.records[0].note).toEqual({ unauthorized: 'unreachable' });
  });

  it.each<[string, string, string]>([
    ['no HTTP', 'hello\r\n\r\n', 'broken'],
    ['a field name that is none', 'HTTP/1.1 200 OK\r\nX User: root\r\nContent-Length: 0\r\n\r\n', 'broken'],
    [
      'a bare line feed in a value',
      'HTTP/1.1 200 OK\r\nX-User: a\rX-Role: admin\r\nContent-Length: 0\r\n\r\n',
      'broken',
    ],
    ['a NUL in a value', 'HTTP/1.1 200 OK\r\nX-User: a\0b\r\nContent-Length: 0\r\n\r\n', 'broken'],
    ['a control byte in a value', 'HTTP/1.1 200 OK\r\nX-User: a\x01b\r\nContent-Length: 0\r\n\r\n', 'broken'],
    [
      'a head without end',
      `HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(AUTHORIZER_HEAD_BYTES_MAX)}\r\nContent-Length: 0\r\n\r\n`,
      'broken',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello', 'broken'],
    ['another protocol', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'broken'],
  ])('fails closed when it answers %s', async (_name, bytes, why) => {
    await start({}, { port: raw.port });
    raw.answer = ({ socket }) => void socket.end(bytes, 'latin1');
    expect((await ask()).status).toBe(503);
    expect(denials()).toEqual([`authorizer.${why}`]);
    expect(upstream.requests).toEqual([]);
  });

  it('writes nothing of an answer that could change another message', async () => {
    const everything = [
      'x-user',
      'connection',
      'content-length',
      'transfer-encoding',
      'upgrade',
      'trailer',
      'keep-alive',
      'x-user',
    ];
    // Even if they were listed, which the configuration refuses.
    await start({ refusalFields: ['location'], serviceFields: ['x-user'] }, { port: raw.port });
    raw.answer = ({ socket }) =>
      void socket.write(
        `HTTP/1.1 200 OK\r\n${everything
          .filter((name) => name !== 'content-length' && name !== 'transfer-encoding')
          .map((name) => `${name}: close, x-role`)
          .join('\r\n')}\r\nContent-Length: 3\r\n\r\nabc`,
      );
    expect((await ask('/', [], 'a=1')).status).toBe(200);
    const lines = served();
    expect(lines.filter((line) => line.startsWith('x-user'))).toEqual([
      'x-user: close, x-role',
      'x-user: close, x-role',
    ]);
    expect(lines.filter((line) => /^(?:upgrade|trailer|transfer-encoding)/.test(line))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('content-length'))).toEqual(['content-length: 3']);
    expect(upstream.requests[0].body).toBe('a=1');
    raw.answer = ({ socket }) =>
      void socket.write(
        'HTTP/1.1 302 Found\r\nLocation: /a\\r\\nSet-Cookie: b\r\nContent-Length: 2\r\nConnection: x\r\n\r\nok',
      );
    const redirected = await ask();
    expect(redirected).toMatchObject({
      status: 302,
      body: 'ok',
      headers: { location: '/a\\r\\nSet-Cookie: b' },
    });
    expect(redirected.headers['set-cookie']).toBeUndefined();
  });
});
