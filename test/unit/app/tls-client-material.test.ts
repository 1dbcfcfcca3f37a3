/** What Ward shows and trusts as a client of TLS: what is wrong with it is said with setting, file and reason. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTlsClients, type TlsClientPlace } from '../../../src/app/tls-client-material.ts';
import type { TlsClientConfig } from '../../../src/config/tls-client.ts';
import { Authority, type Certificate } from '../../support/certificates.ts';

let directory: string;
let authority: Authority;
let good: Certificate;
let encrypted: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-client-'));
  authority = new Authority('root');
  good = authority.issue({ subject: '/CN=ward', extendedKeyUsage: 'clientAuth' });
  encrypted = join(directory, 'encrypted.key');
  const args = ['pkcs8', '-topk8', '-passout', 'pass:secret', '-out', encrypted];
  execFileSync('openssl', args, { input: good.key });
  writeFileSync(join(directory, 'old.pem'), authority.issue({ days: -1, isAuthority: true }).cert);
});
afterAll(() => {
  authority.remove();
  rmSync(directory, { recursive: true });
});

const NOTHING = { caFile: undefined, certFile: undefined, keyFile: undefined, serverName: undefined };

function place(config: Partial<TlsClientConfig>, passphrase?: string): TlsClientPlace {
  const whole = { ...NOTHING, passphrase: undefined, ...config };
  return { setting: 'upstream.tls', name: 'upstream', config: whole, passphrase };
}

describe('readTlsClients', () => {
  it('gives texts, one for each place, and when certificates end', () => {
    const { certFile, keyFile } = good;
    const full = place({ certFile, keyFile, caFile: authority.caFile, serverName: 'a.example' });
    const plain = { ...full, config: undefined };
    const { material, certificates, notes } = readTlsClients([plain, full, place({})], Date.now());
    const { cert, key } = good;
    expect(material).toEqual([undefined, { cert, key, ca: authority.ca, servername: 'a.example' }, {}]);
    expect(certificates).toMatchObject([{ name: 'upstream', file: certFile }]);
    expect(certificates[0]?.expiresAtMs).toBeGreaterThan(Date.now());
    expect(notes).toEqual([]);
  });

  it('opens keys that are encrypted', () => {
    const { certFile } = good;
    const { material } = readTlsClients([place({ certFile, keyFile: encrypted }, 'secret')], Date.now());
    expect(material[0]).toMatchObject({ passphrase: 'secret' });
  });

  it('warns of some trusted ones that have ended, for bundles keep old roots', () => {
    const bundle = join(directory, 'bundle.pem');
    writeFileSync(bundle, authority.ca + authority.issue({ subject: '/CN=old', days: -1 }).cert);
    const { notes } = readTlsClients([place({ caFile: bundle })], Date.now());
    expect(notes).toMatchObject([{ file: bundle, warning: expect.stringContaining('CN=old expired on') }]);
  });

  it.each<[string, () => TlsClientPlace, string]>([
    [
      'a file that is not there',
      () => place({ caFile: join(directory, 'no.pem') }),
      'upstream.tls.ca: DIR/no.pem cannot be read: it does not exist.',
    ],
    ['an authority that has expired', () => place({ caFile: join(directory, 'old.pem') }), 'expired on'],
    [
      'the key of another certificate',
      () => place({ certFile: good.certFile, keyFile: authority.issue({}).keyFile }),
      'the private key does not belong to the certificate.',
    ],
    [
      'a certificate for servers',
      () => {
        const { certFile, keyFile } = authority.issue({ extendedKeyUsage: 'serverAuth' });
        return place({ certFile, keyFile });
      },
      'it may not be used by clients (extended key usage without clientAuth).',
    ],
    [
      'a certificate that has expired',
      () => {
        const { certFile, keyFile } = authority.issue({ days: -1 });
        return place({ certFile, keyFile });
      },
      'the certificate expired on',
    ],
    [
      'an encrypted key',
      () => place({ certFile: good.certFile, keyFile: encrypted }),
      'the private key is encrypted: give upstream.tls.passphrase.',
    ],
    [
      'another passphrase',
      () => place({ certFile: good.certFile, keyFile: encrypted }, 'wrong'),
      'upstream.tls.passphrase does not open the private key.',
    ],
  ])('does not take %s', (_, wrong, message) => {
    let said = '';
    try {
      readTlsClients([wrong()], Date.now());
    } catch (error) {
      expect(error).toMatchObject({ code: 'W_TLS_INVALID' });
      said = (error as Error).message;
    }
    expect(said).toMatch(/^upstream\.tls\./);
    expect(said.replaceAll(directory, 'DIR')).toContain(message);
  });
});
