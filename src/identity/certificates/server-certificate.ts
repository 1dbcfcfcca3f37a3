/**
 * Looks at a certificate of Ward's own before it is used: what would fail in every handshake is an error at the start or
 * at a renewal, what would fail with some clients is a warning.
 */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { checkKeyPair, readChain } from './key-pair.ts';

export interface ServerCertificateTexts {
  /** PEM: the certificate, then those between it and a root. */
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string | undefined;
  /** Names it is to serve; empty: whatever clients ask for. */
  readonly names: readonly string[];
}

export interface ServerCertificateReport {
  readonly subject: string;
  readonly expiresAtMs: number;
  readonly warnings: readonly string[];
}

/** @throws Error that says what is wrong, without a path */
export function checkServerCertificate(
  texts: ServerCertificateTexts,
  nowMs: number,
): ServerCertificateReport {
  const { chain, expiresAtMs } = checkKeyPair(texts, 'tls.passphrase', nowMs);
  const [leaf] = chain;
  const unserved = texts.names.filter((name) => leaf.checkHost(name.replace(/^\*\./, 'any.')) === undefined);
  const warnings = [...chainWarnings(chain, nowMs), ...unserved.map((name) => `it does not name ${name}`)];
  return { subject: leaf.subject.replaceAll('\n', ', '), expiresAtMs, warnings };
}

/** Certificates that are to sign clients. @throws Error */
export function checkAuthorities(pem: string, nowMs: number): void {
  for (const authority of readChain(pem)) {
    const name = authority.subject.replaceAll('\n', ', ');
    if (!authority.ca) throw new Error(`${name} may not sign certificates (basicConstraints without CA)`);
    const to = Date.parse(authority.validTo);
    if (nowMs > to) throw new Error(`the authority ${name} expired on ${new Date(to).toISOString()}`);
  }
}

function chainWarnings(chain: readonly [X509Certificate, ...X509Certificate[]], nowMs: number): string[] {
  const warnings: string[] = [];
  for (let i = 0; i + 1 < chain.length; i++) {
    const [one, next] = [chain[i], chain[i + 1]] as [X509Certificate, X509Certificate];
    if (!one.checkIssued(next) || !one.verify(next.publicKey)) {
      warnings.push(`the chain is broken: certificate ${i + 2} did not sign certificate ${i + 1}`);
    }
    if (nowMs > Date.parse(next.validTo)) warnings.push(`certificate ${i + 2} of the chain has expired`);
  }
  const last = chain.at(-1) as X509Certificate;
  const isSelfSigned = last.checkIssued(last);
  if (chain.length === 1 && isSelfSigned) {
    warnings.push('it is signed by itself: clients that do not know it refuse it');
  } else if (!isSelfSigned && !isSignedByRoot(last)) {
    warnings.push(
      'its issuer is neither in the file nor a root clients commonly know: they may not be able to verify it',
    );
  }
  // TLS feature extension (RFC 7633), by the bytes of its identifier: clients would want OCSP answers that Ward does not staple.
  if (chain[0].raw.includes(MUST_STAPLE)) {
    warnings.push('it demands stapled OCSP answers, which Ward does not send: clients that insist refuse it');
  }
  return warnings;
}

/** DER of the identifier 1.3.6.1.5.5.7.1.24. */
const MUST_STAPLE = Buffer.from('06082b06010505070118', 'hex');

function isSignedByRoot(certificate: X509Certificate): boolean {
  return rootCertificates.some((pem) => {
    const root = new X509Certificate(pem);
    return certificate.checkIssued(root) && certificate.verify(root.publicKey);
  });
}
