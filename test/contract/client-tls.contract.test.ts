/**
 * TLS towards clients on both listeners: certificates by name, certificates of clients, renewals under load, HTTPS alone.
 * Versions, suites and garbage are those of tls-weaknesses.contract.test.ts.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { RETIRED_DOOR_MS } from '../../src/core/limits.ts';
import type { RequestFacts } from '../../src/engine/api.ts';
import { CertificateCheck } from '../../src/identity/certificates/certificate-check.ts';
import type { ProxyOptions } from '../../src/proxy/proxy-settings.ts';
import { Authority, type Certificate, listenerTls } from '../support/certificates.ts';
import { allowAllEngine } from '../support/fixed-engine.ts';
import { exchange } from '../support/raw-client.ts';
import { OK_ANSWER, RawUpstream } from '../support/raw-upstream.ts';
import { sClient } from '../support/s-client.ts';
import { LISTENERS, startWard, type Ward, type WardSettings } from '../support/ward.ts';

const run = promisify(execFile);
const SPIFFE = 'spiffe://prod/ns/shop/sa/billing';

let servers: Authority;
let root: Authority;
let intermediate: Authority;
let stranger: Authority;
let folder: string;
let server: Certificate;
let other: Certificate;
let rsa: Certificate;

beforeAll(() => {
  servers = new Authority('servers');
  root = new Authority('clients');
  intermediate = new Authority('clients 2', root);
  stranger = new Authority('strangers');
  folder = mkdtempSync(join(tmpdir(), 'ward-clients-'));
  server = servers.issue({ names: 'DNS:localhost,DNS:s.example,IP:127.0.0.1' });
  other = servers.issue({ names: 'DNS:other.example,DNS:*.wild.example' });
  rsa = servers.issue({ names: 'DNS:other.example,DNS:*.wild.example', rsa: true });
});
afterAll(() => {
  for (const authority of [servers, root, intermediate, stranger]) authority.remove();
  rmSync(folder, { recursive: true });
});

/** What a client of openssl's making is told, by curl: the status, or the exit code of a failed handshake. */
async function curl(port: number, certificate?: Certificate, more: readonly string[] = []): Promise<string> {
  const identity =
    certificate === undefined ? [] : ['--cert', certificate.certFile, '--key', certificate.keyFile];
  const url = `https://localhost:${port}/a`;
  const base = [
    '-sS',
    '-o',
    join(folder, 'body'),
    '-w',
    '%{http_code}',
    '--max-time',
    '10',
    '--cacert',
    servers.caFile,
  ];
  try {
    const { stdout } = await run('curl', [...base, ...identity, ...more, url]);
    return stdout;
  } catch (error) {
    return `refused (${(error as { code: number }).code})`;
  }
}

describe.each(LISTENERS)('TLS on %s', (listener) => {
  let service: RawUpstream;
  let ward: Ward;
  let facts: (RequestFacts | undefined)[] = [];

  const start = async (settings: Partial<WardSettings> = {}): Promise<void> => {
    service = await new RawUpstream().listen();
    facts = [];
    const engine = {
      version: 'watched',
      begin: (...[head, known]: Parameters<typeof allowAllEngine.begin>) => {
        facts.push(known);
        return allowAllEngine.begin(head, known);
      },
    };
    const tls = listenerTls([{ names: [], certificate: server }]);
    ward = await startWard({
      listener,
      upstreamPort: service.port,
      listenerOptions: { tls },
      engine,
      ...settings,
    });
  };
  const startMutual = async (
    check: Partial<ConstructorParameters<typeof CertificateCheck>[0]> = {},
    options: Partial<ProxyOptions> = {},
  ): Promise<void> => {
    const complete = {
      mode: 'require',
      authorities: root.ca,
      revocationLists: [],
      staleLists: 'refuse',
      allow: [],
    } as const;
    const certificates = new CertificateCheck({ ...complete, ...check }, systemClock);
    const tls = listenerTls([{ names: [], certificate: server }], root);
    await start({ listenerOptions: { tls }, ports: { certificates }, options });
  };
  afterEach(async () => {
    await ward.close();
    await service.close();
  });

  const names = async (servername: string): Promise<string> => {
    const socket = connect({
      port: ward.port,
      host: '127.0.0.1',
      servername,
      ca: servers.ca,
      checkServerIdentity: () => undefined,
    });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const { subjectaltname } = socket.getPeerCertificate();
    socket.destroy();
    return subjectaltname ?? '';
  };

  it('shows each name its certificate', async () => {
    const tls = listenerTls([
      { names: [], certificate: server },
      { names: ['other.example', '*.wild.example'], certificate: listener === 'uws' ? rsa : other },
    ]);
    await start({ listenerOptions: { tls } });
    expect(await names('s.example')).toContain('s.example');
    expect(await names('unknown.example')).toContain('s.example');
    expect(await names('other.example')).toContain('other.example');
    expect(await names('a.wild.example')).toContain('wild.example');
    expect(await curl(ward.port)).toBe('200');
    const resolved = ['--connect-to', `other.example:${ward.port}:127.0.0.1:${ward.port}`];
    const { stdout } = await run('curl', [
      '-sS',
      '--cacert',
      servers.caFile,
      '-w',
      '%{http_code}',
      '-o',
      '/dev/null',
      ...resolved,
      `https://other.example:${ward.port}/b`,
    ]);
    expect(stdout).toBe('200');
    expect(facts.at(-1)?.tls?.serverName).toBe('other.example');
    if (listener === 'node') expect(facts.at(-1)?.tls?.version).toBe('TLSv1.3');
  });

  it('admits certificates in order, with their intermediates, again and again, and tells the service', async () => {
    await startMutual();
    const good = root.issue({ subject: '/CN=good', names: `URI:${SPIFFE}`, extendedKeyUsage: 'clientAuth' });
    expect(await curl(ward.port, good)).toBe('200');
    expect(facts.at(-1)?.tls?.certificate).toMatchObject({ subject: 'CN=good', spiffe: SPIFFE });
    expect(service.requests.at(-1)?.head.toLowerCase()).toMatch(
      /x-forwarded-client-cert: hash=[0-9a-f]{64};subject="cn=good";uri=spiffe:/,
    );
    expect(await curl(ward.port, intermediate.issue({ subject: '/CN=far' }))).toBe('200');
    expect(facts.at(-1)?.tls?.certificate?.issuer).toBe('CN=clients 2');
    const session = join(folder, 'session');
    const identity = ['-cert', good.certFile, '-key', good.keyFile, '-CAfile', servers.caFile, '-ign_eof'];
    const get = 'GET /again HTTP/1.1\r\nHost: s.example\r\nConnection: close\r\n\r\n';
    for (const version of ['-tls1_2', '-tls1_3']) {
      expect(
        await sClient(ward.port, [...identity, version, '-sess_out', session], { input: get }),
      ).toContain('200 OK');
      expect(await sClient(ward.port, [...identity, version, '-sess_in', session], { input: get })).toContain(
        '200 OK',
      );
    }
    expect(facts.every((known) => known?.tls?.certificate !== undefined)).toBe(true);
  });

  it('refuses all others', async () => {
    const revoked = root.issue({ subject: '/CN=revoked' });
    root.revoke(revoked);
    await startMutual({
      revocationLists: [root.revocationList()],
      allow: [{ extendedKeyUsage: ['clientAuth'], spiffe: ['spiffe://prod/ns/*/sa/billing'] }],
    });
    const wish = { names: `URI:${SPIFFE}`, extendedKeyUsage: 'clientAuth' };
    expect(await curl(ward.port, root.issue(wish))).toBe('200');
    const answered: [string, Certificate | undefined][] = [
      ['none', undefined],
      ['revoked', revoked],
      ['of another type', root.issue({ ...wish, names: 'URI:spiffe://prod/ns/shop/sa/web' })],
      ['without the usage', root.issue({ names: `URI:${SPIFFE}` })],
      ['of an authority without a list', intermediate.issue(wish)],
    ];
    for (const [what, certificate] of answered) expect(await curl(ward.port, certificate), what).toBe('403');
    expect(ward.records.map(({ denial }) => denial)).toEqual([
      undefined,
      'tls.certificate_missing',
      'tls.certificate_revoked',
      'tls.certificate_type',
      'tls.certificate_type',
      'tls.certificate_unlisted',
    ]);
    const selfSigned = new Authority('self');
    const cut: [string, Certificate][] = [
      ['expired', root.issue({ ...wish, days: -1 })],
      ['not yet valid', root.issue({ ...wish, inDays: 1 })],
      ['of another authority', stranger.issue(wish)],
      ['of the wrong usage', root.issue({ ...wish, extendedKeyUsage: 'serverAuth' })],
      [
        'self-signed',
        {
          ...selfSigned.issue({}),
          certFile: selfSigned.caFile,
          keyFile: selfSigned.caFile.replace('.pem', '.key'),
        },
      ],
    ];
    for (const [what, certificate] of cut)
      expect(await curl(ward.port, certificate), what).toMatch(/^refused/);
    selfSigned.remove();
    expect(service.requests).toHaveLength(1);
    expect(facts).toHaveLength(1);
  });

  it('asks for none at exempt paths, and passes on no word of a client about certificates', async () => {
    const entry = { https: undefined, certificates: { exemptPaths: ['/a'], forward: true } };
    await startMutual({}, { entry });
    expect(await curl(ward.port, undefined, ['-H', 'X-Forwarded-Client-Cert: Hash=0'])).toBe('200');
    expect(service.requests.at(-1)?.head.toLowerCase()).not.toContain('x-forwarded-client-cert');
    expect(facts.at(-1)?.tls?.certificate).toBeUndefined();
    expect(
      await curl(ward.port, undefined, ['--path-as-is', '--url', `https://localhost:${ward.port}/b`]),
    ).toContain('403');
  });

  it('renews certificates a hundred times under load without a failed handshake', async () => {
    await start();
    service.answer = ({ socket }) => void socket.write(OK_ANSWER);
    const turns = [server, servers.issue({ names: 'DNS:localhost,DNS:s.example,IP:127.0.0.1' })];
    let running = true;
    const failures: string[] = [];
    let done = 0;
    const tls: ConnectionOptions = { ca: servers.ca, servername: 's.example' };
    const client = async (): Promise<void> => {
      while (running) {
        await new Promise<void>((resolve) => {
          const sent = httpsRequest(
            {
              ...tls,
              host: '127.0.0.1',
              port: ward.port,
              path: '/a',
              headers: { host: 's.example' },
              agent: false,
            },
            (answer) => {
              if (answer.statusCode !== 200) failures.push(String(answer.statusCode));
              answer.resume().on('close', resolve);
            },
          );
          sent.on('error', (error) => {
            failures.push(error.message);
            resolve();
          });
          sent.end();
        });
        done += 1;
      }
    };
    const clients = Array.from({ length: 4 }, client);
    for (let renewal = 0; renewal < 100; renewal++) {
      const before = done;
      await ward.proxy.renewTls(listenerTls([{ names: [], certificate: turns[renewal % 2] as Certificate }]));
      while (done < before + 4 && failures.length === 0)
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
    running = false;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(done).toBeGreaterThanOrEqual(400);
    const socket = connect({ ...tls, port: ward.port, host: '127.0.0.1' });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    expect(socket.getPeerX509Certificate()?.fingerprint256).toBe(
      new (await import('node:crypto')).X509Certificate((turns[1] as Certificate).cert).fingerprint256,
    );
    socket.destroy();
  });

  it('serves connections from before a renewal to their end, which comes with the next answer', async () => {
    await start();
    const tls = { ca: servers.ca, port: ward.port, host: '127.0.0.1', servername: 's.example' };
    const before = connect(tls);
    await once(before, 'secureConnect');
    const renewed = servers.issue({ names: 'DNS:s.example' });
    await ward.proxy.renewTls(listenerTls([{ names: [], certificate: renewed }]));
    before.write('GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n');
    const [answer] = (await once(before, 'data')) as [Buffer];
    expect(answer.toString()).toContain('200 OK');
    before.destroy();
    // The app of the connections from before is closed by now.
    await sleep(RETIRED_DOOR_MS + 500);
    const after = connect(tls);
    await once(after, 'secureConnect');
    expect(after.getPeerX509Certificate()?.toString()).toBe(renewed.cert);
    after.destroy();
    expect(ward.records.map(({ status }) => status)).toEqual([200]);
  });

  it('keeps the old certificates when the new ones cannot be used', async () => {
    await start();
    const broken = { ...other, keyFile: server.keyFile, key: 'x', certFile: '/nowhere', cert: 'y' };
    await expect(
      ward.proxy.renewTls(listenerTls([{ names: [], certificate: broken }])),
    ).rejects.toMatchObject({ code: 'W_TLS_INVALID' });
    expect(await curl(ward.port)).toBe('200');
  });

  it('sends clients of plain HTTP to HTTPS, and says so to browsers for the future', async () => {
    const https = {
      plain: 'redirect',
      behindProxy: false,
      port: 443,
      exemptPaths: ['/healthz'],
      enforce: true,
      hsts: 'max-age=600',
    } as const;
    await start({ options: { entry: { https, certificates: { exemptPaths: [], forward: false } } } });
    const port = await ward.proxy.listenPlain('127.0.0.1', 0);
    const plain = async (target: string, more = ''): Promise<Awaited<ReturnType<typeof exchange>>> =>
      exchange(port, `GET ${target} HTTP/1.1\r\nHost: s.example:8080\r\n${more}\r\n`);
    const redirected = await plain('/a?q=%0d%0aX:1');
    expect([redirected?.status, redirected?.headers['location']]).toEqual([
      308,
      'https://s.example/a?q=%0d%0aX:1',
    ]);
    expect(redirected?.headers['strict-transport-security']).toBeUndefined();
    expect((await plain('/healthz'))?.status).toBe(200);
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    expect((await plain('/ws', upgrade))?.status).toBe(403);
    const { stdout } = await run('curl', [
      '-sSi',
      '--cacert',
      servers.caFile,
      `https://localhost:${ward.port}/a`,
    ]);
    expect(stdout.toLowerCase()).toContain('strict-transport-security: max-age=600');
    expect(service.requests).toHaveLength(2);
  });

  it('believes a trusted proxy, and no other, that a request came by HTTPS', async () => {
    const https = {
      plain: 'refuse',
      behindProxy: true,
      port: 443,
      exemptPaths: [],
      enforce: true,
      hsts: undefined,
    } as const;
    const entry = { https, certificates: { exemptPaths: [], forward: false } };
    service = await new RawUpstream().listen();
    const ask = async (field: string): Promise<number | undefined> =>
      (await exchange(ward.port, `GET /a HTTP/1.1\r\nHost: s.example\r\n${field}\r\n`))?.status;
    ward = await startWard({
      listener,
      upstreamPort: service.port,
      trusted: ['127.0.0.0/8'],
      options: { entry },
    });
    expect(await ask('X-Forwarded-Proto: https\r\n')).toBe(200);
    expect(await ask('X-Forwarded-Proto: https, http\r\n')).toBe(403);
    expect(await ask('Forwarded: for=192.0.2.1;proto=https, for=192.0.2.2;proto=http\r\n')).toBe(403);
    expect(await ask('')).toBe(200);
    await ward.close();
    ward = await startWard({ listener, upstreamPort: service.port, options: { entry } });
    expect(await ask('X-Forwarded-Proto: https\r\n')).toBe(403);
  });
});

it('the listener node says that it serves one kind of key', async () => {
  const tls = listenerTls([
    { names: [], certificate: server },
    { names: ['other.example'], certificate: rsa },
  ]);
  const starting = startWard({ listener: 'node', upstreamPort: 1, listenerOptions: { tls } });
  await expect(starting).rejects.toThrow('has a key of another kind (rsa) than tls.cert (ec)');
});
