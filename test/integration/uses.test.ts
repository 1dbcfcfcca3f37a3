/**
 * The seven uses of docs/uses.md, as they stand there: each policy checks, is laid out and does what its examples say, each
 * configuration starts, and each line of a table is tried on the real program. A line without a probe fails, and so does a
 * probe without a line.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as plainRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { request as tlsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Certificate } from '../support/certificates.ts';
import { JwksServer } from '../support/jwks-server.ts';
import { claims, segment, signingKey, token } from '../support/tokens.ts';
import { RunningWard, ROOT, startService, stopService, ward } from './ward-process.ts';

interface Use {
  readonly title: string;
  readonly settings: string;
  readonly policy: string;
  /** Request and answer of each line of its table. */
  readonly lines: readonly (readonly [string, string])[];
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** What a client sends; `none` is what it gets if there is no answer. */
interface Call extends RequestOptions {
  readonly body?: string;
}

const page = readFileSync(join(ROOT, 'docs/uses.md'), 'utf8');
const USES: readonly Use[] = page
  .split(/^## (?=\d)/m)
  .slice(1)
  .map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    settings: /```yaml\n(.*?)```/s.exec(section)?.[1] ?? '',
    policy: /```ward\n(.*?)```/s.exec(section)?.[1] ?? '',
    lines: [...section.matchAll(/^\| (.*) \| (.*) \|$/gm)]
      .map((match) => [match[1] as string, match[2] as string] as const)
      .filter(([request]) => request !== 'request'),
  }));

it('shows seven uses', () => {
  expect(USES.map(({ title }) => title.slice(0, 2))).toEqual(['1.', '2.', '3.', '4.', '5.', '6.', '7.']);
});

/** What the service got last. */
let served: IncomingHttpHeaders | undefined;
let servedCount = 0;
let service: { server: Server; url: string };
const authority = new Authority('Clients');
const stranger = new Authority('Somebody else');
const issuer = new JwksServer();
const key = signingKey('ES256');

beforeAll(async () => {
  service = await startService((request, response) => {
    served = request.headers;
    servedCount += 1;
    request.resume().on('end', () => response.end('ok'));
  });
  issuer.keys = [key];
  await issuer.listen();
});
afterAll(async () => {
  authority.remove();
  stranger.remove();
  await stopService(service.server);
  await issuer.close();
});

/** The status and fields; 'none' if there was no answer. */
function call(port: number, { body = '', ...options }: Call, secure = false): Promise<Answer | 'none'> {
  const send = secure ? tlsRequest : plainRequest;
  const headers = { host: 'app.example', ...(options.headers as Record<string, string>) };
  return new Promise((resolve) => {
    const request = send(
      { host: '127.0.0.1', port, agent: false, rejectUnauthorized: false, ...options, headers },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
      },
    );
    request.on('error', () => resolve('none'));
    request.end(body);
  });
}

const get = (path: string, headers: Record<string, string> = {}): Call => ({ path, headers });
const post = (path: string, headers: Record<string, string> = {}, body = ''): Call => ({
  method: 'POST',
  path,
  headers: body === '' ? headers : { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
  body,
});

type Probe = (running: RunningWard) => Promise<Answer | 'none'>;

const plain =
  (options: Call): Probe =>
  ({ port }) =>
    call(port, options);
const secure =
  (options: Call): Probe =>
  ({ port }) =>
    call(port, options, true);
/** To the listener for plain HTTP beside the other. */
const inTheClear =
  (options: Call): Probe =>
  ({ events }) => {
    const started = events.find(({ event }) => event === 'ward.started');
    return call(Number(String(started?.plain_listen).split(':').at(-1)), options);
  };

const SPIFFE = 'URI:spiffe://prod/ns';
const made = new Map<string, Certificate>();
function certificate(names: string, usage = 'clientAuth', by = authority): Certificate {
  const name = `${names} ${usage} ${String(by === authority)}`;
  const known = made.get(name) ?? by.issue({ names, extendedKeyUsage: usage });
  made.set(name, known);
  return known;
}
const as = (names: string, options: Call, usage?: string, by?: Authority): Probe => {
  return (running) => {
    const { cert, key: ownKey } = certificate(names, usage, by);
    return secure({ ...options, cert, key: ownKey })(running);
  };
};
const web = `${SPIFFE}/shop/sa/web`;
const billing = `${SPIFFE}/shop/sa/billing`;

const SECOND = Math.floor(Date.now() / 1_000);
const bearing = (options: Call, more: Readonly<Record<string, unknown>>): Probe => {
  const said = claims({ iss: 'https://id.example', aud: 'orders', exp: SECOND + 3_600, ...more });
  const headers = { ...(options.headers as object), authorization: `Bearer ${token(key, said)}` };
  return plain({ ...options, headers });
};
const unsigned = `${segment({ alg: 'none' })}.${segment(claims({ iss: 'https://id.example', aud: 'orders' }))}.AAAA`;

const from = (address: string, options: Call, sent = address): Probe => {
  return plain({ ...options, headers: { ...(options.headers as object), 'x-forwarded-for': sent } });
};
const drill = { 'x-drill': 'orders-down' };

/** By the first column of the tables. */
const PROBES: Readonly<Record<string, Readonly<Record<string, Probe>>>> = {
  '1': {
    '`GET https://app.example/orders`': secure(get('/orders')),
    'the same by plain HTTP': plain(get('/orders')),
    'the same by TLS 1.1': secure({
      ...get('/orders'),
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0', // else this client would not even try
    }),
  },
  '2': {
    '`GET http://app.example/orders?page=2`': inTheClear(get('/orders?page=2')),
    '`POST http://app.example/orders`': inTheClear(post('/orders', {}, 'a=1')),
    'a WebSocket in the clear': inTheClear(
      get('/live', {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }),
    ),
    '`GET http://app.example/healthz`': inTheClear(get('/healthz')),
    '`GET https://app.example/orders`': secure(get('/orders')),
  },
  '3': {
    'web: `POST /charges`': as(web, post('/charges')),
    'billing: `GET /charges/7`': as(billing, get('/charges/7')),
    'billing: `POST /charges`': as(billing, post('/charges')),
    'web: `DELETE /charges/7`': as(web, { method: 'DELETE', path: '/charges/7' }),
    'a service of another namespace: `GET /charges/7`': as(`${SPIFFE}/mail/sa/web`, get('/charges/7')),
    'a certificate for servers alone: `GET /charges/7`': as(web, get('/charges/7'), 'serverAuth'),
    'a certificate of another authority: `GET /charges/7`': as(
      web,
      get('/charges/7'),
      'clientAuth',
      stranger,
    ),
    'no certificate: `GET /charges/7`': secure(get('/charges/7')),
    'no certificate: `GET /healthz`': secure(get('/healthz')),
  },
  '4': {
    '`GET /orders/7` without a token': plain(get('/orders/7')),
    '`GET /orders/7` with scope `orders:read`': bearing(get('/orders/7', { 'x-user-id': 'root' }), {
      scope: 'orders:read',
    }),
    '`POST /orders` with scope `orders:read`': bearing(post('/orders'), {
      scope: 'orders:read',
      role: 'customer',
    }),
    '`POST /orders` of a customer with scope `orders:write`': bearing(post('/orders'), {
      scope: 'orders:write',
      role: 'customer',
    }),
    '`GET /orders/7` with a token that has expired': bearing(get('/orders/7'), {
      scope: 'orders:read',
      exp: SECOND - 3_600,
    }),
    '`GET /orders/7` with a token for another service': bearing(get('/orders/7'), {
      scope: 'orders:read',
      aud: 'mail',
    }),
    '`GET /orders/7` with a token nobody signed (`alg: none`)': plain(
      get('/orders/7', { authorization: `Bearer ${unsigned}` }),
    ),
    '`GET /healthz` without a token': plain(get('/healthz')),
  },
  '5': {
    '198.51.100.1: `GET /orders`': from('198.51.100.1', get('/orders')),
    '198.51.100.1: `GET /admin/users`': from('198.51.100.1', get('/admin/users')),
    '198.51.100.1: `GET /ADMIN/users`': from('198.51.100.1', get('/ADMIN/users')),
    '198.51.100.1: `GET /x/..%2fadmin/users`': from('198.51.100.1', get('/x/..%2fadmin/users')),
    '10.20.3.4: `POST /admin/users`': from('10.20.3.4', post('/admin/users')),
    '203.0.113.7: `GET /admin/reports/2026-10`': from('203.0.113.7', get('/admin/reports/2026-10')),
    '203.0.113.7: `GET /admin/users`': from('203.0.113.7', get('/admin/users')),
    '198.51.100.1, which says it is 10.20.3.4: `POST /admin/users`': from(
      '198.51.100.1',
      post('/admin/users'),
      '10.20.3.4, 198.51.100.1',
    ),
  },
  '6': {
    '`GET /orders/7`': plain(get('/orders/7')),
    '`GET /orders/7` with `x-drill: orders-down`': plain(get('/orders/7', drill)),
    '`GET /healthz` with `x-drill: orders-down`': plain(get('/healthz', drill)),
    'a thousand times `GET /orders/7` of the team `checkout`': async ({ port }) => {
      // In rows of fifty: none waits longer than its row.
      const answers: (Answer | 'none')[] = [];
      for (let row = 0; row < 20; row++) {
        const asked = Array.from({ length: 50 }, () =>
          call(port, get('/orders/7', { 'x-team': 'checkout' })),
        );
        answers.push(...(await Promise.all(asked)));
      }
      return answers.find((answer) => answer === 'none' || answer.status !== 200) ?? (answers[0] as Answer);
    },
  },
  '7': {
    '`GET /search?q=blue+shoes`': plain(get('/search?q=blue+shoes')),
    "`GET /search?q=1'+union+select+password+from+users--`": plain(
      get("/search?q=1'+union+select+password+from+users--"),
    ),
    '`GET /search?q=<script>alert(1)</script>`': plain(get('/search?q=%3Cscript%3Ealert(1)%3C/script%3E')),
    '`POST /comments` with `text=;cat /etc/passwd`': plain(post('/comments', {}, 'text=;cat+/etc/passwd')),
    '`GET /file?name=../../etc/passwd`': plain(get('/file?name=../../etc/passwd')),
    '`GET /cart?coupon=free`': plain(get('/cart?coupon=free')),
    "`POST /comments` with `text=It's a union of select stores`": plain(
      post('/comments', {}, "text=It's+a+union+of+select+stores"),
    ),
  },
};

/** What an answer of the tables says besides its status. */
const ASIDES: Readonly<Record<string, (answer: Answer) => void>> = {
  'and the app is told `x-forwarded-proto: https`': () => expect(served?.['x-forwarded-proto']).toBe('https'),
  '`location: https://app.example/orders?page=2`': ({ headers }) =>
    expect(headers.location).toMatch(/^https:\/\/app\.example(?::\d+)?\/orders\?page=2$/),
  'and nothing of it reaches the app': () => expect(servedCount).toBe(0),
  'and the service is not asked': () => expect(servedCount).toBe(0),
  '`strict-transport-security: max-age=31536000`': ({ headers }) =>
    expect(headers['strict-transport-security']).toBe('max-age=31536000'),
  'and the service is told in `x-forwarded-client-cert`': () =>
    expect(served?.['x-forwarded-client-cert']).toContain('URI=spiffe://prod/ns/shop/sa/web'),
  '`www-authenticate: Bearer …`': ({ headers }) => expect(headers['www-authenticate']).toMatch(/^Bearer /),
  'and the service gets `x-user-id` and no token': () =>
    expect([served?.['x-user-id'], served?.authorization]).toEqual(['u-1', undefined]),
  '`x-ward-fault: abort`': ({ headers }) => expect(headers['x-ward-fault']).toBe('abort'),
  'some of them 300 ms late': () => undefined, // looked at in the metrics below
};

describe.each(USES.map((use) => [use.title, use] as const))('%s', (_title, use) => {
  let directory: string;
  let running: RunningWard;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ward-use-'));
    mkdirSync(join(directory, 'tls'));
    const own = authority.issue({ names: 'DNS:app.example' });
    writeFileSync(join(directory, 'tls/cert.pem'), own.cert);
    writeFileSync(join(directory, 'tls/key.pem'), own.key);
    writeFileSync(join(directory, 'tls/clients.pem'), authority.ca);
    writeFileSync(join(directory, 'rules.ward'), use.policy);
    // The addresses of the page are those of this machine.
    const settings = use.settings
      .replace('http://127.0.0.1:3000', service.url)
      .replace('https://id.example/keys', issuer.url)
      .replace('plain_listen: :8080', 'plain_listen: 127.0.0.1:0');
    writeFileSync(join(directory, 'ward.yaml'), settings);
    running = await RunningWard.start(['--workers', '1'], { cwd: directory });
  });
  afterAll(async () => {
    await running.stop();
    rmSync(directory, { recursive: true });
  });

  it('has a policy that checks without a word, is laid out, and whose examples hold', async () => {
    const commands = [
      [['check', 'rules.ward'], /: 0 errors, 0 warnings$/],
      [['fmt', '--check', 'rules.ward'], / 0 would change$/],
      [['test', 'rules.ward'], /, 0 failed$/],
    ] as const;
    await Promise.all(
      commands.map(async ([command, said]) => {
        const { code, stdout, stderr } = await ward(command, { cwd: directory });
        const told = `${stdout}${stderr}`.trim();
        expect([command, code, told]).toEqual([command, 0, expect.stringMatching(said)]);
      }),
    );
  });

  const probes = PROBES[use.title[0] as string] ?? {};

  it('has a probe for each line, and a line for each probe', () => {
    expect(use.lines.map(([request]) => request)).toEqual(Object.keys(probes));
  });

  it.each(use.lines)('%s: %s', async (request, expected) => {
    served = undefined;
    servedCount = 0;
    const answer = await (probes[request] as Probe)(running);
    const [first, ...asides] = expected.split(', ');
    if (first?.startsWith('none') === true) {
      expect([answer, servedCount]).toEqual(['none', 0]);
      return;
    }
    if (answer === 'none') throw new Error('no answer');
    expect(answer.status).toBe(Number(first));
    // A refusal never reached the service.
    if (answer.status >= 300) expect(servedCount).toBe(0);
    for (const aside of asides) {
      const look = ASIDES[aside];
      if (look === undefined) throw new Error(`nothing looks at: ${aside}`);
      look(answer);
    }
  });

  if (use.title.startsWith('6')) {
    it('delayed some of the requests, and counted them', async () => {
      await running.metrics([
        /ward_faults_total\{kind="delay"\} \d\d/m,
        /ward_faults_total\{kind="abort"\} 1$/m,
      ]);
    });
  }
});
