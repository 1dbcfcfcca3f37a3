/** Certificates of clients made by openssl: what is read of them, which hold, which were taken back, which are of the type asked for. */
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CERTIFICATES_KEPT_MAX,
  CERTIFICATE_NAMES_MAX,
  CERTIFICATE_PATH_MAX,
  CERTIFICATE_PEM_BYTES_MAX,
  CRL_BYTES_MAX,
} from '../../../../src/core/limits.ts';
import {
  CertificateCheck,
  type CertificateCheckOptions,
} from '../../../../src/identity/certificates/certificate-check.ts';
import { forwardedCertificate } from '../../../../src/identity/certificates/forwarded-certificate.ts';
import { readCertificate } from '../../../../src/identity/certificates/read-certificate.ts';
import {
  type IssuingAuthority,
  standingOf,
} from '../../../../src/identity/certificates/issuing-authorities.ts';
import { type Revocation, RevocationLists } from '../../../../src/identity/certificates/revocation-list.ts';
import { Authority, type Certificate } from '../../../support/certificates.ts';
import { MovingClock } from '../../limiter/bans/moving-clock.ts';

class Today extends MovingClock {
  override now(): number {
    return super.now() - 1_700_000_000_000 + Date.now();
  }
}

let root: Authority;
let other: Authority;
let client: Certificate;

beforeAll(() => {
  root = new Authority('Root, of "tests"');
  other = new Authority('Other');
  client = root.issue({
    subject: '/O=Example, Inc./OU=a\\+b/CN= billing#1',
    names: 'URI:spiffe://prod/ns/shop/sa/billing,DNS:Billing.example,email:ops@example.com,IP:192.0.2.1',
    keyUsage: 'digitalSignature,keyAgreement',
    extendedKeyUsage: 'clientAuth,1.3.6.1.4.1.55555.1',
    policies: '1.3.6.1.4.1.55555.7',
  });
});
afterAll(() => {
  root.remove();
  other.remove();
});

function checking(options: Partial<CertificateCheckOptions> = {}, clock = new Today()): CertificateCheck {
  const authorities = root.ca;
  return new CertificateCheck(
    { mode: 'require', authorities, revocationLists: [], staleLists: 'refuse', allow: [], ...options },
    clock,
  );
}

function reason(check: CertificateCheck, certificate: Certificate | ''): string {
  const verdict = check.check(certificate === '' ? '' : certificate.cert);
  return verdict.ok ? 'ok' : verdict.reason;
}

describe('readCertificate', () => {
  it('reads names, usages, policies and dates', () => {
    const read = readCertificate(client.cert);
    expect(read).toMatchObject({
      subject: 'CN=\\ billing#1,OU=a\\+b,O=Example\\, Inc.',
      issuer: 'CN=Root\\, of \\"tests\\"',
      serial: '10',
      dnsNames: ['billing.example'],
      uris: ['spiffe://prod/ns/shop/sa/billing'],
      spiffe: 'spiffe://prod/ns/shop/sa/billing',
      emails: ['ops@example.com'],
      addresses: ['192.0.2.1'],
      keyUsages: ['digitalSignature', 'keyAgreement'],
      extendedKeyUsages: ['clientAuth', '1.3.6.1.4.1.55555.1'],
      policies: ['1.3.6.1.4.1.55555.7'],
    });
    const reference = new X509Certificate(client.cert);
    expect(read.fingerprint).toBe(reference.fingerprint256.replaceAll(':', '').toLowerCase());
    expect(read.notAfterMs).toBe(Date.parse(reference.validTo));
    expect(read.notBeforeMs).toBe(Date.parse(reference.validFrom));
  });

  it('takes two URIs for no SPIFFE identity, and a URL for none', () => {
    const two = root.issue({ names: 'URI:spiffe://a/b,URI:spiffe://a/c' });
    const url = root.issue({ names: 'URI:https://a/b' });
    expect(readCertificate(two.cert).spiffe).toBeUndefined();
    expect(readCertificate(url.cert).spiffe).toBeUndefined();
  });

  it('takes a certificate of many names, and refuses one of too many and one too large', () => {
    const names = (count: number): string =>
      Array.from({ length: count }, (_, index) => `DNS:${index}.example`).join(',');
    expect(readCertificate(root.issue({ names: names(CERTIFICATE_NAMES_MAX) }).cert).dnsNames).toHaveLength(
      CERTIFICATE_NAMES_MAX,
    );
    const over = root.issue({ names: names(CERTIFICATE_NAMES_MAX + 1) });
    expect(() => readCertificate(over.cert)).toThrow('too many names');
    expect(() => readCertificate(client.cert + ' '.repeat(CERTIFICATE_PEM_BYTES_MAX))).toThrow('too large');
  });
});

describe('CertificateCheck', () => {
  it('asks for a certificate, or takes one when there is one', () => {
    expect(reason(checking(), '')).toBe('certificate_missing');
    expect(checking({ mode: 'request' }).check('')).toEqual({ ok: true, certificate: undefined });
    expect(checking().check(client.cert)).toMatchObject({ ok: true, certificate: { serial: '10' } });
    expect(checking().check('x')).toMatchObject({ ok: false, reason: 'certificate_unreadable' });
  });

  it('refuses one that is over or has not begun, also in the middle of a connection', () => {
    const clock = new Today();
    const check = checking({}, clock);
    expect(reason(check, root.issue({ days: -1 }))).toBe('certificate_expired');
    expect(reason(check, root.issue({ inDays: 1 }))).toBe('certificate_expired');
    expect(reason(check, client)).toBe('ok');
    clock.jump(3 * 86_400_000);
    expect(reason(check, client)).toBe('certificate_expired');
  });

  it('refuses what its issuer took back, or has no list for, or an overdue one', () => {
    const [good, bad] = [root.issue({}), root.issue({})];
    root.revoke(bad);
    const revocationLists = [root.revocationList()];
    const check = checking({ revocationLists });
    expect([reason(check, good), reason(check, bad)]).toEqual(['ok', 'certificate_revoked']);
    expect(reason(check, other.issue({}))).toBe('certificate_unlisted');
    const stale = { revocationLists: [root.revocationList(-1)] };
    expect(reason(checking(stale), good)).toBe('certificate_unlisted');
    const accepting = checking({ ...stale, staleLists: 'accept' });
    expect([reason(accepting, good), reason(accepting, bad)]).toEqual(['ok', 'certificate_revoked']);
  });

  it('refuses what an intermediate signed that was taken back itself, as its list says', () => {
    const [first, second] = [new Authority('Intermediate', root), new Authority('Second', root)];
    const below = new Authority('Below', first);
    const authorities = root.ca + first.ca + second.ca + below.ca;
    const lists = (): string[] => [root, first, second, below].map((one) => one.revocationList());
    const leaves = [first, second, below].map((one) => one.issue({}));
    const reasons = (options: Partial<CertificateCheckOptions>): string[] => {
      const check = checking({ authorities, ...options });
      return leaves.map((leaf) => reason(check, leaf));
    };
    expect(reasons({ revocationLists: lists() })).toEqual(['ok', 'ok', 'ok']);
    root.revoke({ certFile: first.caFile } as Certificate);
    const taken = 'certificate_issuer_revoked';
    expect(reasons({ revocationLists: lists() })).toEqual([taken, 'ok', taken]);
    // Without the list of its own issuer nothing is known of an intermediate.
    expect(reasons({ revocationLists: lists().slice(1) })).toEqual(['ok', 'ok', 'ok']);
    const overdue = [root.revocationList(-1), ...lists().slice(1)];
    expect(reasons({ revocationLists: overdue })[1]).toBe('certificate_unlisted');
    expect(reasons({ revocationLists: overdue, staleLists: 'accept' })).toEqual([taken, 'ok', taken]);
    // A new one of the same name vouches for nothing the old one signed.
    const renewed = new Authority('Intermediate', root);
    const check = checking({
      authorities: root.ca + renewed.ca,
      revocationLists: [root.revocationList(), renewed.revocationList()],
    });
    expect(reason(check, leaves[0] as Certificate)).toBe('certificate_unlisted');
    expect(reason(check, renewed.issue({}))).toBe('ok');
    for (const authority of [first, second, below, renewed]) authority.remove();
  });

  it('follows authorities up to a depth, and takes the best way', () => {
    const authority = (serial: string, issuers: IssuingAuthority[], isRoot = false): IssuingAuthority => ({
      x509: new X509Certificate(root.ca),
      certificate: { issuer: 'i', serial },
      isRoot,
      issuers,
    });
    const check = ({ serial }: { serial: string }): Revocation => (serial === 'bad' ? 'revoked' : 'good');
    const top = authority('root', [], true);
    const rowOf = (length: number): IssuingAuthority => {
      let last = top;
      for (let i = 1; i < length; i++) last = authority(`${i}`, [last]);
      return last;
    };
    expect(standingOf([rowOf(CERTIFICATE_PATH_MAX)], check)).toBe('good');
    expect(standingOf([rowOf(CERTIFICATE_PATH_MAX + 1)], check)).toBe('revoked');
    const circle = authority('a', []);
    circle.issuers.push(authority('b', [circle]));
    expect(standingOf([circle], check)).toBe('revoked');
    // Signed by two, of which one was taken back; renewed, of which the old one was.
    expect(standingOf([authority('x', [authority('bad', [top]), top])], check)).toBe('good');
    expect(standingOf([authority('bad', [top]), authority('new', [top])], check)).toBe('good');
    expect(standingOf([authority('bad', [top])], check)).toBe('revoked');
  });

  it('refuses lists that no trusted authority signed, and what is no list', () => {
    expect(() => checking({ revocationLists: [other.revocationList()] })).toThrow(
      'not signed by any certificate',
    );
    expect(() => checking({ revocationLists: [root.ca] })).toThrow('no revocation list');
    const list = root.revocationList();
    expect(() => checking({ revocationLists: [list + ' '.repeat(CRL_BYTES_MAX)] })).toThrow('larger than');
    expect(() => checking({ revocationLists: [list.replace(/[A-Z](?=[^\n]*\n-----END)/, 'x')] })).toThrow();
    const both = new RevocationLists([root.revocationList() + other.revocationList()], root.ca + other.ca);
    expect(both.nextUpdateMs).toBeGreaterThan(Date.now());
  });

  it('keeps so many, the least recently used go first', () => {
    const check = checking();
    expect(reason(check, client)).toBe('ok');
    // Text around the block makes another key of the same certificate.
    for (let index = 0; index < CERTIFICATES_KEPT_MAX; index++) check.check(`${client.cert}${index}`);
    expect(check.kept).toBe(CERTIFICATES_KEPT_MAX);
  });

  it.each<[string, CertificateCheckOptions['allow'][number], boolean]>([
    ['subject', { subject: ['*,O=Example\\, Inc.'] }, false],
    ['subject', { subject: ['CN=*,OU=*,O=Example\\, Inc.'] }, true],
    ['subject', { subject: ['CN=\\ billing#*,OU=a\\+b,O=*, Inc.'] }, true],
    ['issuer', { issuer: ['CN=Root*, of \\"tests\\"'] }, true],
    ['dns', { dns: ['*.EXAMPLE'] }, true],
    ['dns', { dns: ['*'] }, false],
    ['uri', { uri: ['spiffe://prod/ns/*/sa/*'] }, true],
    ['spiffe', { spiffe: ['spiffe://prod/*'] }, false],
    ['spiffe', { spiffe: ['spiffe://dev/x', 'spiffe://prod/ns/shop/sa/billing'] }, true],
    ['email', { email: ['*@example.com'] }, true],
    ['email', { email: ['*'] }, false],
    ['all usages', { keyUsage: ['digitalSignature', 'keyAgreement'] }, true],
    ['all usages', { keyUsage: ['digitalSignature', 'keyCertSign'] }, false],
    ['extended usage', { extendedKeyUsage: ['1.3.6.1.4.1.55555.1'] }, true],
    ['policy', { policy: ['1.3.6.1.4.1.55555.8'] }, false],
    ['all entries', { dns: ['*.example'], policy: ['1.3.6.1.4.1.55555.8'] }, false],
  ])('asks for a type: %s %o', (_, condition, fits) => {
    expect(reason(checking({ allow: [condition] }), client)).toBe(fits ? 'ok' : 'certificate_type');
    expect(reason(checking({ allow: [{ fingerprint: ['00'] }, condition] }), client)).toBe(
      fits ? 'ok' : 'certificate_type',
    );
  });

  it('asks for pinned ones', () => {
    const pin = new X509Certificate(client.cert).fingerprint256;
    expect(reason(checking({ allow: [{ fingerprint: [pin] }] }), client)).toBe('ok');
    expect(reason(checking({ allow: [{ fingerprint: [pin] }] }), root.issue({}))).toBe('certificate_type');
  });
});

describe('forwardedCertificate', () => {
  it('tells the service, in visible ASCII whatever the certificate says', () => {
    const read = readCertificate(client.cert);
    const odd = { ...read, subject: 'CN=x",\r\nevil: 1;é', uris: ['a;b,c"'], dnsNames: ['d.example'] };
    expect(forwardedCertificate(read)).toBe(
      `Hash=${read.fingerprint};Subject="CN=\\\\ billing#1,OU=a\\\\+b,O=Example\\\\, Inc.";URI=spiffe://prod/ns/shop/sa/billing;DNS=billing.example`,
    );
    expect(forwardedCertificate(odd)).toBe(
      `Hash=${read.fingerprint};Subject="CN=x\\",%0D%0Aevil: 1;%C3%A9";URI="a;b,c\\"";DNS=d.example`,
    );
  });
});
