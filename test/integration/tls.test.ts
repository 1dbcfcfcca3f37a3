/** Ward as a whole in front of a service without TLS: certificates from files, renewed while it runs, told to rules and operators. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Authority, type Certificate } from '../support/certificates.ts';
import { LISTENERS } from '../support/ward.ts';
import { RunningWard, startService, stopService, ward as runWard } from './ward-process.ts';

const run = promisify(execFile);

const POLICY = `language 1
policy "mesh" { mode enforce  default deny -> block 403 }
rule payments.callers "Only billing calls payments" {
  when  request.path == "/payments" and tls.cert.spiffe == "spiffe://prod/ns/shop/sa/billing"
  then  allow
}
`;

let directory: string;
let servers: Authority;
let clients: Authority;
let service: Awaited<ReturnType<typeof startService>>;
let ward: RunningWard | undefined;

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

function put({ cert, key }: Certificate): void {
  write('key.pem', key);
  write('cert.pem', cert + servers.ca);
}

function settings(listener: string, more = ''): string {
  return `listener: ${listener}
upstream: { url: "${service.url}" }
listen: 127.0.0.1:0
admin: { listen: "127.0.0.1:0" }
rules: [policy.ward]
https: { plain_listen: "127.0.0.1:0" }
tls:
  cert: cert.pem
  key: key.pem
  expiry_warning: 240h
  clients: { mode: request, ca: clients.pem${more} }
`;
}

async function status(url: string, certificate?: Certificate): Promise<string> {
  const identity =
    certificate === undefined ? [] : ['--cert', certificate.certFile, '--key', certificate.keyFile];
  const { stdout } = await run('curl', [
    '-sS',
    '--cacert',
    servers.caFile,
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    ...identity,
    url,
  ]);
  return stdout;
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-tls-'));
  servers = new Authority('servers');
  clients = new Authority('clients');
  service = await startService((request, response) =>
    response.end(String(request.headers['x-forwarded-client-cert'])),
  );
  put(servers.issue({ names: 'IP:127.0.0.1' }));
  write('clients.pem', clients.ca);
  write('policy.ward', POLICY);
});
afterEach(async () => {
  await ward?.stop();
  ward = undefined;
  await stopService(service.server);
  for (const authority of [servers, clients]) authority.remove();
  rmSync(directory, { recursive: true });
});

describe.each(LISTENERS)('TLS in front of a service on %s', (listener) => {
  it('lets rules decide by identity, renews from files, warns and measures', async () => {
    write('ward.yaml', settings(listener));
    ward = await RunningWard.start(['--config', 'ward.yaml'], { cwd: directory });
    const url = ward.url.replace('http:', 'https:');
    const billing = clients.issue({ names: 'URI:spiffe://prod/ns/shop/sa/billing' });
    const web = clients.issue({ names: 'URI:spiffe://prod/ns/shop/sa/web' });
    expect(await status(`${url}/payments`, billing)).toBe('200');
    expect(await status(`${url}/payments`, web)).toBe('403');
    expect(await status(`${url}/payments`)).toBe('403');
    expect(await status(`${url}/other`, billing)).toBe('403');
    const started = await ward.event('ward.started');
    const plain = await fetch(`http://${String(started['plain_listen'])}/a`, { redirect: 'manual' });
    expect([plain.status, plain.headers.get('location')]).toEqual([308, 'https://127.0.0.1/a']);
    expect((await ward.event('tls.expiry')).file).toContain('cert.pem');
    await ward.metrics([/^ward_tls_certificate_expiry_seconds\{certificate="default"\} \d{10}$/m]);

    const renewed = servers.issue({ names: 'IP:127.0.0.1' });
    put(renewed);
    await ward.event('tls.renewed');
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: servers.ca });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    expect(socket.getPeerX509Certificate()?.toString()).toBe(renewed.cert);
    socket.destroy();
    write('key.pem', 'not a key');
    const failed = await ward.event('tls.renewal_failed');
    expect(failed.error).toContain('no private key in it');
    expect(await status(`${url}/payments`, billing)).toBe('200');
  });

  it('says before it starts what is wrong', async () => {
    for (const [break_, message] of [
      [
        () => write('clients.pem', servers.issue({}).cert),
        'clients.pem: CN=service may not sign certificates',
      ],
      [
        () => write('key.pem', servers.issue({}).key),
        'cert.pem: the private key does not belong to the certificate',
      ],
      [() => put(servers.issue({ days: -1 })), 'cert.pem: the certificate expired on 20'],
    ] as const) {
      put(servers.issue({ names: 'IP:127.0.0.1' }));
      write('clients.pem', clients.ca);
      break_();
      write('ward.yaml', settings(listener));
      const failed = await runWard(['run', '--config', 'ward.yaml'], { cwd: directory });
      expect(failed.stderr).toContain(message);
      expect(failed.stderr).toContain('W_TLS_INVALID');
      expect(failed.code).toBeGreaterThan(0);
    }
  });

  it('refuses rules that read certificates nobody is asked for', async () => {
    write('ward.yaml', settings(listener).replace(/ {2}clients:.*\n/, ''));
    const failed = await runWard(['run', '--config', 'ward.yaml'], { cwd: directory });
    expect(failed.stderr).toContain(
      'policy.ward:4:41: the rules read tls.cert.spiffe, and clients are asked for no certificate',
    );
  });
});
