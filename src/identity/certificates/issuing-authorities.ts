/**
 * Who signed a client's certificate, up to a root, and whether any of them was taken back.
 *
 * The TLS library verifies a chain and looks at no list; what it shows of the chain differs by library. So the chain is
 * looked for among the authorities Ward trusts: whoever gives lists has all their issuers there, or the lists could not be
 * verified. A certificate whose signer is not among them is nobody's whose lists are known.
 */
import { X509Certificate } from 'node:crypto';
import { CERTIFICATE_PATH_MAX } from '../../core/limits.ts';
import type { ClientCertificate } from '../../http/tls-facts.ts';
import { readCertificate } from './read-certificate.ts';
import type { Revocation } from './revocation-list.ts';

/** One authority of the file, and who signed it. */
export interface IssuingAuthority {
  readonly x509: X509Certificate;
  readonly certificate: Pick<ClientCertificate, 'issuer' | 'serial'>;
  readonly isRoot: boolean;
  readonly issuers: IssuingAuthority[];
}

export class IssuingAuthorities {
  readonly #all: readonly IssuingAuthority[];

  /** @param certificates PEM, one each. Cost: a signature for each that signed another. */
  constructor(certificates: readonly string[]) {
    this.#all = certificates.map((pem) => {
      const x509 = new X509Certificate(pem);
      const { issuer, serial } = readCertificate(pem);
      return { x509, certificate: { issuer, serial }, isRoot: isIssuedBy(x509, x509), issuers: [] };
    });
    for (const authority of this.#all) {
      if (!authority.isRoot) authority.issuers.push(...this.#issuersOf(authority.x509));
    }
  }

  /** Those that signed a certificate: several, if one of them was renewed or signed by two. Cost: a signature or two. */
  of(pem: string): readonly IssuingAuthority[] {
    return this.#issuersOf(new X509Certificate(pem));
  }

  #issuersOf(certificate: X509Certificate): readonly IssuingAuthority[] {
    return this.#all.filter(({ x509 }) => isIssuedBy(certificate, x509));
  }
}

type Standing = 'good' | 'stale' | 'revoked';
const RANK: Readonly<Record<Standing, number>> = { good: 0, stale: 1, revoked: 2 };

/**
 * How the best way up from these to a root stands. Authorities of which there is no list are taken to be good: whose lists
 * are given is for the operator to say. A way longer than `CERTIFICATE_PATH_MAX` is none.
 */
export function standingOf(
  issuers: readonly IssuingAuthority[],
  check: (certificate: IssuingAuthority['certificate']) => Revocation,
  depth = 0,
): Standing {
  let best: Standing = 'revoked';
  if (depth >= CERTIFICATE_PATH_MAX) return best;
  for (const issuer of issuers) {
    const standing = standingOfOne(issuer, check, depth);
    if (RANK[standing] < RANK[best]) best = standing;
  }
  return best;
}

function standingOfOne(
  { certificate, isRoot, issuers }: IssuingAuthority,
  check: (certificate: IssuingAuthority['certificate']) => Revocation,
  depth: number,
): Standing {
  if (isRoot) return 'good';
  const own = check(certificate);
  if (own === 'revoked') return own;
  // One without its own issuer in the file is as far as can be looked.
  const above = issuers.length === 0 ? 'good' : standingOf(issuers, check, depth + 1);
  return own === 'stale' && above === 'good' ? own : above;
}

/** OpenSSL throws for keys it does not know: such a one has signed nothing. */
function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}
