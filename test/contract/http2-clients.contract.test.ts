/** HTTP/2 of the strict listener with clients of others' making: curl, nghttp, h2load, node; under TLS and in plain text. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { CertificateCheck } from '../../src/identity/certificates/certificate-check.ts';
import { Authority, type Certificate, listenerTls } from '../support/certificates.ts';
import { fixedEngine } from '../support/fixed-engine.ts';
import { RawHttp2, requestLines } from '../support/raw-http2.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { startWard, type Ward, type WardSettings } from '../support/ward.ts';

const run = promisify(execFile);

let authority: Authority;
let root: Authority;
let server: Certificate;
let other: Certificate;
let service: RawUpstream;
let ward: Ward;

beforeAll(() => {
  authority = new Authority('servers');
  root = new Authority('clients');
  server = authority.issue({ names: 'DNS:localhost,DNS:s.example' });
  other = authority.issue({ names: 'DNS:other.example' });
});
afterAll(() => {
  authority.remove();
  root.remove();
});
afterEach(async () => {
  await ward.close();
  await service.close();
});

async function start(settings: Partial<WardSettings> = {}): Promise<void> {
  service = await new RawUpstream().listen();
  // A busy machine keeps requests waiting for their turn at the service.
  const upstream = { queueMsMax: 60_000 };
  ward = await startWard({ listener: 'node', upstreamPort: service.port, upstream, ...settings });
}

const withTls = (): Partial<WardSettings> => ({
  listenerOptions: { tls: listenerTls([{ names: [], certificate: server }]) },
});

/** Version and status, as curl saw them; the exit code where it got no answer. */
async function curl(url: string, ...args: string[]): Promise<string> {
  const format = '%{http_version} %{http_code} %{size_download}';
  try {
    const base = ['-sS', '-o', '/dev/null', '-w', format, '--max-time', '20', '--cacert', authority.caFile];
    return (await run('curl', [...base, ...args, url])).stdout;
  } catch (error) {
    return `refused (${(error as { code: number }).code})`;
  }
}

/** All is answered by a body of this size. */
function answerBytes(bytes: number): void {
  const body = Buffer.alloc(bytes, 'x');
  service.answer = ({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
    socket.write(body);
  };
}

describe('under TLS', () => {
  it('curl gets what it asks for in the handshake', async () => {
    await start(withTls());
    const url = `https://localhost:${ward.port}/a`;
    expect(await curl(url, '--http2')).toBe('2 200 2');
    expect(await curl(url, '--http1.1')).toBe('1.1 200 2');
    expect(await curl(url, '--no-alpn')).toBe('1.1 200 2');
    expect(ward.records.map(({ head }) => [head?.version, head?.scheme])).toEqual([
      ['2', 'https'],
      ['1.1', 'https'],
      ['1.1', 'https'],
    ]);
  });

  it('speaks HTTP/1.1 alone where HTTP/2 is off', async () => {
    await start({ listenerOptions: { ...withTls().listenerOptions, http2: false } });
    expect(await curl(`https://localhost:${ward.port}/a`, '--http2')).toBe('1.1 200 2');
  });

  it('bodies of both directions arrive whole', async () => {
    await start(withTls());
    answerBytes(5_000_000);
    const folder = mkdtempSync(join(tmpdir(), 'ward-http2-'));
    const sent = Buffer.alloc(3_000_000, 'abcdefghij0123456789');
    writeFileSync(join(folder, 'body'), sent);
    const url = `https://localhost:${ward.port}/a`;
    const upload = ['--data-binary', `@${join(folder, 'body')}`];
    expect(await curl(url, '--http2', ...upload)).toBe('2 200 5000000');
    expect(service.requests[0].body === sent.toString('latin1')).toBe(true);
    ward.engine = fixedEngine({ inspectRequest: true, inspectResponse: true, asynchronous: true });
    expect(await curl(url, '--http2', ...upload, '-H', 'content-length:')).toBe('2 200 5000000');
    expect(service.requests[1].body === sent.toString('latin1')).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it('a certificate of the client is asked for on every stream', async () => {
    const check = {
      mode: 'require',
      authorities: root.ca,
      revocationLists: [],
      staleLists: 'refuse',
      allow: [],
    } as const;
    await start({
      listenerOptions: { tls: listenerTls([{ names: [], certificate: server }], root) },
      ports: { certificates: new CertificateCheck(check, systemClock) },
    });
    const url = `https://localhost:${ward.port}/a`;
    const good = root.issue({ names: 'URI:spiffe://prod/a', extendedKeyUsage: 'clientAuth' });
    const bad = authority.issue({ names: 'URI:spiffe://prod/a', extendedKeyUsage: 'clientAuth' });
    const as = ({ certFile, keyFile }: Certificate): string[] => ['--cert', certFile, '--key', keyFile];
    expect(await curl(url, '--http2', ...as(good))).toBe('2 200 2');
    expect(service.requests[0].head.toLowerCase()).toContain('x-forwarded-client-cert: ');
    expect(await curl(url, '--http2')).toMatch(/^2 403 /);
    expect(await curl(url, '--http2', ...as(bad))).toMatch(/^refused/);
    expect(service.requests).toHaveLength(1);
  });

  it('names have their certificates, and a renewal is for new connections', async () => {
    await start({
      listenerOptions: {
        tls: listenerTls([
          { names: [], certificate: server },
          { names: ['other.example'], certificate: other },
        ]),
      },
    });
    const open = async (servername: string): Promise<{ session: ClientHttp2Session; names: string }> => {
      const socket = connectTls({
        port: ward.port,
        host: '127.0.0.1',
        servername,
        ca: authority.ca,
        ALPNProtocols: ['h2'],
      });
      await once(socket, 'secureConnect');
      const names = socket.getPeerCertificate().subjectaltname ?? '';
      return { session: connectHttp2(`https://${servername}`, { createConnection: () => socket }), names };
    };
    const ask = async (session: ClientHttp2Session): Promise<unknown> => {
      const stream = session.request({ ':path': '/a' });
      const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
      stream.resume();
      return head[':status'];
    };
    const first = await open('other.example');
    expect([first.names, await ask(first.session)]).toEqual(['DNS:other.example', 200]);
    const renewed = authority.issue({ names: 'DNS:s.example,DNS:renewed.example' });
    await ward.proxy.renewTls(listenerTls([{ names: [], certificate: renewed }]));
    const second = await open('s.example');
    expect([second.names, await ask(second.session)]).toEqual(['DNS:s.example, DNS:renewed.example', 200]);
    expect(await ask(first.session)).toBe(200);
    first.session.destroy();
    second.session.destroy();
  });

  it('nghttp and h2load are served, many streams at once', async () => {
    await start(withTls());
    answerBytes(10_000);
    const url = `https://127.0.0.1:${ward.port}/a`;
    const { stdout } = await run('nghttp', ['-nv', url]);
    expect(stdout).toContain(':status: 200');
    const load = await run('h2load', ['-n', '2000', '-c', '4', '-m', '50', url]);
    expect(load.stdout).toContain('2000 succeeded, 0 failed, 0 errored');
    expect(load.stdout).toContain('2000 2xx');
    expect(ward.proxy.figures.clients.http2Ends).toEqual({
      resets: 0,
      control_frames: 0,
      overhead: 0,
      protocol: 0,
    });
  });
});

describe('in plain text', () => {
  it('curl, nghttp and h2load begin with HTTP/2, others with HTTP/1.1, at one port', async () => {
    await start();
    const url = `http://127.0.0.1:${ward.port}/a`;
    expect(await curl(url, '--http2-prior-knowledge')).toBe('2 200 2');
    expect(await curl(url, '--http1.1')).toBe('1.1 200 2');
    expect(await curl(url, '--http1.0')).toBe('1.1 200 2');
    // It asks for a change of protocol, as RFC 7540 had it.
    expect(await curl(url, '--http2')).toMatch(/^1\.1 400 /);
    const { stdout } = await run('nghttp', ['-nv', '-H', 'te: trailers', url]);
    expect(stdout).toContain(':status: 200');
    const load = await run('h2load', ['-n', '2000', '-c', '4', '-m', '50', url]);
    expect(load.stdout).toContain('2000 succeeded, 0 failed, 0 errored');
    const mixed = await run('h2load', ['-n', '200', '-c', '2', '--h1', url]);
    expect(mixed.stdout).toContain('200 succeeded, 0 failed, 0 errored');
  });

  it('nghttp sees the trailers a service announces', async () => {
    await start();
    service.answer = ({ socket }) =>
      void socket.write(
        'HTTP/1.1 200 OK\r\nTrailer: grpc-status, grpc-message\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nGrpc-Status: 7\r\nGrpc-Message: no\r\nX-Other: 1\r\n\r\n',
      );
    const { stdout } = await run('nghttp', ['-nv', `http://127.0.0.1:${ward.port}/a`]);
    expect(stdout).toContain('trailer: grpc-status, grpc-message');
    expect(stdout).toContain('grpc-status: 7');
    expect(stdout).toContain('grpc-message: no');
    expect(stdout).not.toContain('x-other');
  });

  it('stands behind the PROXY preamble of a trusted peer as well', async () => {
    await start({ trusted: ['127.0.0.0/8'] });
    const socket = connectPlain({ port: ward.port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.write('PROXY TCP4 192.0.2.7 192.0.2.1 5000 80\r\n');
    const client = new RawHttp2(socket);
    client.begin();
    expect(await client.outcome(client.request(requestLines('GET', '/a')))).toBe('200');
    expect(ward.records[0].head?.client.ip.text).toBe('192.0.2.7');
    client.destroy();
  });

  it('leaves WebSockets to HTTP/1.1', async () => {
    await start();
    const client = await RawHttp2.open(ward.port);
    const lines = [
      ':method',
      'CONNECT',
      ':protocol',
      'websocket',
      ':scheme',
      'http',
      ':path',
      '/ws',
      ':authority',
      's.example',
    ];
    expect(await client.outcome(client.request(lines))).toBe('reset 1');
    expect(service.requests).toEqual([]);
    client.destroy();
  });
});
