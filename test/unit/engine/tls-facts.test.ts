/** What rules read of the connection and of the client's certificate, and what an example shows in their place. */
import { describe, expect, it } from 'vitest';
import { runExamples } from '../../../src/control/example-runner.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import type { ClientCertificate, TlsFacts } from '../../../src/http/tls-facts.ts';
import { policyOf } from '../../support/check-rules.ts';
import { begin, engineFor } from '../../support/transaction-of.ts';

const CERTIFICATE: ClientCertificate = {
  subject: 'CN=Zoë,O=Example',
  issuer: 'CN=authority',
  serial: '1f',
  fingerprint: 'ab'.repeat(32),
  dnsNames: ['a.example'],
  uris: ['spiffe://prod/a'],
  emails: ['a@example.com'],
  addresses: ['192.0.2.1'],
  spiffe: 'spiffe://prod/a',
  keyUsages: ['digitalSignature'],
  extendedKeyUsages: ['clientAuth'],
  policies: ['1.2.3'],
  notBeforeMs: 0,
  notAfterMs: 1,
  pem: '',
};

async function holds(condition: string, tls: TlsFacts | undefined): Promise<boolean> {
  const engine = engineFor(`rule a.b "x" { when ${condition} then block 403 }`);
  const transaction = begin(engine, {}, { tls });
  await transaction.opening;
  const { action } = transaction.verdict;
  transaction.close();
  return action === 'block';
}

describe('tls.*', () => {
  const tls: TlsFacts = { version: 'TLSv1.3', serverName: 's.example', certificate: CERTIFICATE };

  it.each([
    ['tls.version == "TLSv1.3"'],
    ['tls.sni == "s.example"'],
    ['tls.cert.verified'],
    ['tls.cert.subject == "CN=Zoë,O=Example"'],
    ['tls.cert.issuer == "CN=authority" and tls.cert.serial == "1f"'],
    [`tls.cert.fingerprint == "${'ab'.repeat(32)}"`],
    ['tls.cert.spiffe starts_with "spiffe://prod/"'],
    ['any tls.cert.sans == "a.example" and any tls.cert.sans == "192.0.2.1"'],
    ['any tls.cert.sans == "spiffe://prod/a" and any tls.cert.sans == "a@example.com"'],
    ['any tls.cert.usages == "clientAuth" and any tls.cert.usages == "digitalSignature"'],
    ['any tls.cert.policies == "1.2.3"'],
  ])('%s', async (condition) => {
    expect(await holds(condition, tls)).toBe(true);
    expect(await holds(condition, undefined)).toBe(false);
    const nobody = { ...tls, certificate: undefined };
    expect(await holds(condition, nobody)).toBe(!condition.includes('cert'));
  });

  it('refuses whoever shows no certificate at all', async () => {
    const condition = 'tls.cert.spiffe not in ["spiffe://prod/a"]';
    expect(await holds(condition, tls)).toBe(false);
    expect(await holds('not tls.cert.verified', { ...tls, certificate: undefined })).toBe(true);
  });

  it('stands for a URI, a subject or a name in examples', async () => {
    const policy = policyOf(`rule a.b "x" {
  when tls.cert.spiffe == "spiffe://prod/a" or tls.cert.subject == "CN=b,O=c" or any tls.cert.sans == "d.example"
  then block 403
  examples {
    hit  GET "/" cert "spiffe://prod/a"
    hit  GET "/" cert "CN=b,O=c"
    hit  GET "/" cert "D.example"
    miss GET "/" cert "spiffe://prod/b"
    miss GET "/"
  }
}`);
    const { held, results } = await runExamples(policy, compilePolicyForTests);
    expect([held, results.length]).toEqual([5, 5]);
  });
});
