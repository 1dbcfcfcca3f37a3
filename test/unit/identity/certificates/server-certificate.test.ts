/** What is said of Ward's own certificates before they are used. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CERTIFICATE_CHAIN_MAX } from '../../../../src/core/limits.ts';
import {
  checkAuthorities,
  checkServerCertificate,
  type ServerCertificateTexts,
} from '../../../../src/identity/certificates/server-certificate.ts';
import { Authority, type Certificate } from '../../../support/certificates.ts';

let root: Authority;
let intermediate: Authority;
let good: Certificate;

beforeAll(() => {
  root = new Authority('root');
  intermediate = new Authority('intermediate', root);
  good = intermediate.issue({ names: 'DNS:a.example,DNS:*.b.example' });
});
afterAll(() => {
  root.remove();
  intermediate.remove();
});

function check(changes: Partial<ServerCertificateTexts>): ReturnType<typeof checkServerCertificate> {
  const texts = { cert: good.cert, key: good.key, passphrase: undefined, names: [] };
  return checkServerCertificate({ ...texts, ...changes }, Date.now());
}

function encrypted(key: string): string {
  return execFileSync('openssl', ['pkcs8', '-topk8', '-passout', 'pass:secret'], {
    input: key,
    encoding: 'utf8',
  });
}

describe('checkServerCertificate', () => {
  it('tells when it ends, and warns of what some clients will not take', () => {
    const { expiresAtMs, warnings, subject } = check({ names: ['a.example', '*.b.example', 'c.example'] });
    expect(expiresAtMs).toBeGreaterThan(Date.now());
    expect(subject).toBe('CN=service');
    expect(warnings).toEqual([
      'its issuer is neither in the file nor a root clients commonly know: they may not be able to verify it',
      'it does not name c.example',
    ]);
    expect(check({ cert: good.cert + root.ca }).warnings).toEqual([]);
  });

  it('warns of chains that are broken or without issuer', () => {
    const [leaf] = good.cert.split(/(?<=-----END CERTIFICATE-----\n)/);
    expect(check({ cert: `${leaf}${root.ca}` }).warnings).toContain(
      'the chain is broken: certificate 2 did not sign certificate 1',
    );
    const self = new Authority('self');
    const key = execFileSync('cat', [self.caFile.replace('.pem', '.key')], { encoding: 'utf8' });
    expect(check({ cert: self.ca, key }).warnings).toEqual([
      'it is signed by itself: clients that do not know it refuse it',
    ]);
    self.remove();
  });

  it.each<[string, () => Partial<ServerCertificateTexts>, string]>([
    [
      'another key',
      () => ({ key: root.issue({}).key }),
      'the private key does not belong to the certificate',
    ],
    ['no key', () => ({ key: good.cert }), 'no private key in it: expected a PEM block of PRIVATE KEY'],
    [
      'no certificate',
      () => ({ cert: good.key }),
      'no certificate in it: expected PEM blocks of CERTIFICATE',
    ],
    [
      'a broken block',
      () => ({ cert: good.cert.replace(/MII/, 'QQQ') }),
      'block 1 is no certificate that can be read',
    ],
    ['a broken key', () => ({ key: good.key.replace(/MI/, 'XX') }), 'the private key cannot be read'],
    [
      'an encrypted key',
      () => ({ key: encrypted(good.key) }),
      'the private key is encrypted: give tls.passphrase',
    ],
    [
      'the wrong passphrase',
      () => ({ key: encrypted(good.key), passphrase: 'other' }),
      'tls.passphrase does not open the private key',
    ],
    ['an expired one', () => texts(root.issue({ days: -1 })), 'the certificate expired on 2'],
    ['one of tomorrow', () => texts(root.issue({ inDays: 1 })), 'the certificate is not valid before 2'],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => check(wrong())).toThrow(message);
  });

  it('takes the right passphrase', () => {
    expect(check({ key: encrypted(good.key), passphrase: 'secret' }).subject).toBe('CN=service');
  });
});

describe('checkAuthorities', () => {
  it('takes those that may sign, and CERTIFICATE_CHAIN_MAX of them', () => {
    checkAuthorities(root.ca + intermediate.ca, Date.now());
    expect(() => checkAuthorities(root.ca.repeat(CERTIFICATE_CHAIN_MAX), Date.now())).not.toThrow();
    expect(() => checkAuthorities(root.ca.repeat(CERTIFICATE_CHAIN_MAX + 1), Date.now())).toThrow(
      'more than 512 certificates',
    );
  });

  it('refuses those that may not, or no longer', () => {
    expect(() => checkAuthorities(good.cert, Date.now())).toThrow('CN=service may not sign certificates');
    expect(() => checkAuthorities(root.ca, Date.now() + 3 * 86_400_000)).toThrow(
      'the authority CN=root expired on',
    );
  });
});

function texts({ cert, key }: Certificate): Partial<ServerCertificateTexts> {
  return { cert, key };
}
