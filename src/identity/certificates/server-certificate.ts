/**
 * Looks at a certificate of Ward's own before it is used: what would fail in every handshake is an error at the start or
 * at a renewal, what would fail with some clients is a warning.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { CERTIFICATE_CHAIN_MAX } from '../../core/limits.ts';
import { pemBlocks } from './revocation-list.ts';

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

const RSA_BITS_MIN = 2_048;

/** @throws Error that says what is wrong, without a path */
export function checkServerCertificate(
  texts: ServerCertificateTexts,
  nowMs: number,
): ServerCertificateReport {
  const chain = readChain(texts.cert);
  const [leaf] = chain;
  const key = readKey(texts.key, texts.passphrase);
  if (!leaf.checkPrivateKey(key)) throw new Error('the private key does not belong to the certificate');
  if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) {
    throw new Error(`the RSA key has fewer than ${RSA_BITS_MIN} bits; TLS libraries refuse it`);
  }
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  if (nowMs > to) throw new Error(`the certificate expired on ${new Date(to).toISOString()}`);
  if (nowMs < from) throw new Error(`the certificate is not valid before ${new Date(from).toISOString()}`);
  const unserved = texts.names.filter((name) => leaf.checkHost(name.replace(/^\*\./, 'any.')) === undefined);
  const warnings = [...chainWarnings(chain, nowMs), ...unserved.map((name) => `it does not name ${name}`)];
  return { subject: leaf.subject.replaceAll('\n', ', '), expiresAtMs: to, warnings };
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

function readChain(pem: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = pemBlocks(pem, 'CERTIFICATE');
  if (blocks.length > CERTIFICATE_CHAIN_MAX)
    throw new Error(`more than ${CERTIFICATE_CHAIN_MAX} certificates`);
  const chain = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Error(`block ${index + 1} is no certificate that can be read`);
    }
  });
  const [first, ...rest] = chain;
  if (first === undefined) throw new Error('no certificate in it: expected PEM blocks of CERTIFICATE');
  return [first, ...rest];
}

function readKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    if (!/PRIVATE KEY-----/.test(pem))
      throw new Error('no private key in it: expected a PEM block of PRIVATE KEY');
    if (!/ENCRYPTED/.test(pem)) throw new Error('the private key cannot be read');
    throw new Error(
      passphrase === undefined
        ? 'the private key is encrypted: give tls.passphrase'
        : 'tls.passphrase does not open the private key',
    );
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
