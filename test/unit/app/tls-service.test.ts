/** Keys and certificates over the life of the process: what is told at the start, at renewals and day by day. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { filesOfTls, readTls, type TlsMaterial } from '../../../src/app/tls-material.ts';
import { TlsService } from '../../../src/app/tls-service.ts';
import type { ClientCertificateConfig, TlsConfig } from '../../../src/config/tls-config.ts';
import { CERTIFICATE_CHECK_MS } from '../../../src/core/limits.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { Authority, type Certificate } from '../../support/certificates.ts';

const HOUR_MS = 3_600_000;

let directory: string;
let authority: Authority;
let logged: { level: string; event: string; message: string }[];
let renewed: TlsMaterial[];
let nowMs: number;

const at = (file: string): string => join(directory, file);

function put({ cert, key }: Certificate): void {
  writeFileSync(at('cert.pem'), cert + authority.ca);
  writeFileSync(at('key.pem'), key);
}

function service(changes: Partial<TlsConfig> = {}): TlsService<TlsMaterial> {
  const level =
    (name: string) =>
    (fields: { event: string }, message: string): void =>
      void logged.push({ level: name, event: fields.event, message });
  const log = { info: level('info'), warn: level('warn'), error: level('error') } as unknown as Log;
  const files = { names: [], certFile: at('cert.pem'), keyFile: at('key.pem') };
  const config: TlsConfig = {
    certificates: [files],
    passphrase: undefined,
    minVersion: '1.2',
    clients: undefined,
    ...changes,
  };
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  const renew = (material: TlsMaterial): Promise<void> => {
    renewed.push(material);
    return Promise.resolve();
  };
  return new TlsService({
    of: 'listener',
    files: filesOfTls(config),
    expiryWarningMs: 24 * HOUR_MS,
    read: (ms) => readTls(config, undefined, ms),
    log,
    clock,
    renew,
  });
}

function clients(changes: Partial<ClientCertificateConfig>): ClientCertificateConfig {
  const rest = {
    mode: 'require',
    crlFiles: [],
    staleLists: 'refuse',
    allow: [],
    exemptPaths: [],
    forward: true,
  } as const;
  return { ...rest, caFile: authority.caFile, ...changes };
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-tls-'));
  authority = new Authority('root');
  [logged, renewed, nowMs] = [[], [], Date.now()];
  put(authority.issue({ names: 'DNS:a.example' }));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
  authority.remove();
});

describe('TlsService', () => {
  it('hands on what changed and can be used, nothing else', async () => {
    const tls = service();
    await tls.renew();
    expect(renewed).toEqual([]);
    writeFileSync(at('key.pem'), 'half a fi');
    await tls.renew();
    expect([renewed, logged.at(-1)]).toMatchObject([[], { level: 'error', event: 'tls.renewal_failed' }]);
    const next = authority.issue({ names: 'DNS:b.example' });
    put(next);
    await tls.renew();
    expect(renewed).toHaveLength(1);
    expect(tls.material.listener.certificates[0]?.key).toBe(next.key);
    expect(logged.at(-1)).toMatchObject({ level: 'info', event: 'tls.renewed' });
  });

  it('warns every day before a certificate ends', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const tls = service();
    await tls.follow(false);
    expect(logged).toEqual([]);
    nowMs += 30 * HOUR_MS;
    vi.advanceTimersByTime(CERTIFICATE_CHECK_MS);
    expect(logged).toMatchObject([{ level: 'warn', event: 'tls.expiry' }]);
    nowMs += 24 * HOUR_MS;
    vi.advanceTimersByTime(CERTIFICATE_CHECK_MS);
    expect(logged[1]?.message).toContain('has expired');
    await tls.close();
    vi.advanceTimersByTime(CERTIFICATE_CHECK_MS);
    expect(logged).toHaveLength(2);
  });

  it('notices that files change', async () => {
    const tls = service();
    await tls.follow(true);
    put(authority.issue({ names: 'DNS:c.example' }));
    while (renewed.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await tls.close();
  });

  it.each<[string, () => Partial<TlsConfig>, string]>([
    [
      'a file that is not there',
      () => ({ certificates: [{ names: [], certFile: at('no.pem'), keyFile: at('key.pem') }] }),
      'tls.cert: DIR/no.pem cannot be read: it does not exist.',
    ],
    [
      'a pair that does not match',
      () => ({ certificates: [{ names: [], certFile: authority.caFile, keyFile: at('key.pem') }] }),
      'the private key does not belong to the certificate.',
    ],
    [
      'an authority that is none',
      () => ({ clients: clients({ caFile: at('cert.pem') }) }),
      'tls.clients.ca: DIR/cert.pem: CN=service may not sign certificates (basicConstraints without CA).',
    ],
    [
      'a list that is none',
      () => ({ clients: clients({ crlFiles: [at('cert.pem')] }) }),
      'tls.clients.crl: DIR/cert.pem: no revocation list in it: expected PEM blocks of X509 CRL.',
    ],
  ])('does not start with %s', (_, wrong, message) => {
    let said = '';
    try {
      service(wrong());
    } catch (error) {
      expect(error).toMatchObject({ code: 'W_TLS_INVALID' });
      said = (error as Error).message;
    }
    expect(said.replaceAll(directory, 'DIR')).toContain(message);
  });
});
