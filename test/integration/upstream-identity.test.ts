/** Ward in front of a service that asks for its certificate: from files, renewed while it runs, told to operators. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { RunningWard, ward as runWard } from './ward-process.ts';

let directory: string;
let authority: Authority;
let service: Server;
let ward: RunningWard | undefined;
const callers: (string | undefined)[] = [];

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

function put(subject: string): void {
  const { cert, key } = authority.issue({ subject });
  write('cert.pem', cert);
  write('key.pem', key);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-identity-'));
  authority = new Authority('everybody');
  const demands = { requestCert: true, rejectUnauthorized: true, ca: authority.ca };
  service = createServer({ ...authority.issue({ names: 'DNS:localhost' }), ...demands }, (call, answer) => {
    callers.push((call.socket as TLSSocket).getPeerX509Certificate()?.subject);
    answer.end('ok');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  const tls = `{ ca: ${authority.caFile}, cert: cert.pem, key: key.pem }`;
  write('policy.ward', 'language 1\npolicy "all" { mode enforce }\n');
  write(
    'ward.yaml',
    `rules: [policy.ward]\nworkers: 1\nupstream: { url: "https://localhost:${port}", tls: ${tls} }\n`,
  );
  put('/CN=first');
});
afterEach(async () => {
  await ward?.stop();
  ward = undefined;
  callers.length = 0;
  await new Promise((resolve) => {
    service.close(resolve);
    service.closeAllConnections();
  });
  authority.remove();
  rmSync(directory, { recursive: true });
});

it('shows the certificate in force, and keeps it when its files are no good', async () => {
  ward = await RunningWard.start(['--config', 'ward.yaml'], { cwd: directory });
  expect((await fetch(ward.url)).status).toBe(200);
  put('/CN=second');
  expect((await ward.event('tls.renewed')).of).toBe('upstream');
  expect((await fetch(ward.url)).status).toBe(200);
  expect(callers).toEqual(['CN=first', 'CN=second']);
  await ward.metrics([/^ward_tls_certificate_expiry_seconds\{certificate="upstream"\} \d{10}$/m]);
  const since = ward.events.length;
  write('key.pem', 'no key');
  expect((await ward.event('tls.renewal_failed', since)).error).toContain('upstream.tls.cert');
  expect((await fetch(ward.url)).status).toBe(200);
});

it('says before it starts what is wrong', async () => {
  write('key.pem', 'no key');
  const flags = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  const { code, stderr } = await runWard(['run', '--config', 'ward.yaml', ...flags], { cwd: directory });
  expect(code).not.toBe(0);
  expect(stderr).toContain('W_TLS_INVALID');
  expect(stderr).toMatch(/upstream\.tls\.cert: .*cert\.pem: no private key in it/);
});
