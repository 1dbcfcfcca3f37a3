/**
 * Certificates their issuer took back, from files of revocation lists (RFC 5280 §5). A list must be signed by one of the
 * authorities Ward trusts for clients; lists for a part of an issuer's certificates, and lists of changes, are refused, as they would
 * read as complete ones.
 */
import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList, type TBSCertList } from '@peculiar/asn1-x509';
import { CRL_BYTES_MAX } from '../../core/limits.ts';
import type { ClientCertificate } from '../../http/tls-facts.ts';
import { distinguishedName } from './distinguished-name.ts';
import { serialText } from './read-certificate.ts';

/** Digest of the signature algorithms lists are signed by; null where the algorithm has its own. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
};

interface IssuerList {
  readonly serials: ReadonlySet<string>;
  /** Infinity for a list that names no next one. */
  readonly nextUpdateMs: number;
}

/** What is known of one certificate. `stale`: the list of its issuer is older than it says it should get. */
export type Revocation = 'good' | 'revoked' | 'stale' | 'unlisted';

export class RevocationLists {
  /** By the name of the issuer. */
  readonly #lists = new Map<string, IssuerList>();

  /**
   * @param texts PEM of one or more lists each
   * @param authorities PEM certificates that may have signed them
   * @throws Error naming what is wrong with a list
   */
  constructor(texts: readonly string[], authorities: string) {
    const issuers = pemBlocks(authorities, 'CERTIFICATE').map((pem) => new X509Certificate(pem));
    for (const text of texts) {
      if (text.length > CRL_BYTES_MAX) throw new Error(`larger than ${CRL_BYTES_MAX} bytes`);
      const blocks = pemBlocks(text, 'X509 CRL');
      if (blocks.length === 0) throw new Error('no revocation list in it: expected PEM blocks of X509 CRL');
      for (const block of blocks) this.#add(block, issuers);
    }
  }

  /** The earliest time at which a list should be replaced. */
  get nextUpdateMs(): number {
    return Math.min(Infinity, ...[...this.#lists.values()].map((list) => list.nextUpdateMs));
  }

  check(certificate: Pick<ClientCertificate, 'issuer' | 'serial'>, nowMs: number): Revocation {
    const list = this.#lists.get(certificate.issuer);
    if (list === undefined) return 'unlisted';
    if (list.serials.has(certificate.serial)) return 'revoked';
    return list.nextUpdateMs <= nowMs ? 'stale' : 'good';
  }

  #add(pem: string, authorities: readonly X509Certificate[]): void {
    const list = AsnConvert.parse(derOf(pem), CertificateList);
    const { tbsCertList } = list;
    const issuer = distinguishedName(tbsCertList.issuer);
    const critical = tbsCertList.crlExtensions?.find((extension) => extension.critical);
    if (critical !== undefined) {
      throw new Error(
        `the list of ${issuer} is a partial one or one of changes (extension ${critical.extnID}); give the complete list`,
      );
    }
    if (!authorities.some((authority) => isSignedBy(list, authority))) {
      throw new Error(`the list of ${issuer} is not signed by any certificate of tls.clients.ca`);
    }
    const revoked = tbsCertList.revokedCertificates ?? [];
    const known = this.#lists.get(issuer);
    const serials = new Set(known?.serials);
    for (const { userCertificate } of revoked) serials.add(serialText(Buffer.from(userCertificate)));
    this.#lists.set(issuer, {
      serials,
      nextUpdateMs: Math.min(known?.nextUpdateMs ?? Infinity, nextUpdate(tbsCertList)),
    });
  }
}

/** The blocks of one kind in a PEM text (RFC 7468), labels included. */
export function pemBlocks(text: string, label: string): string[] {
  return (
    text.match(new RegExp(`-----BEGIN ${label}-----[A-Za-z0-9+/=\\s]+-----END ${label}-----`, 'g')) ?? []
  );
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
}

function nextUpdate(list: TBSCertList): number {
  return list.nextUpdate?.getTime().getTime() ?? Infinity;
}

function isSignedBy(list: CertificateList, authority: X509Certificate): boolean {
  const signed = list.tbsCertListRaw;
  const digest = DIGESTS[list.signatureAlgorithm.algorithm];
  if (signed === undefined || digest === undefined) return false;
  return verifies(digest, Buffer.from(signed), authority.publicKey, Buffer.from(list.signature));
}

/** A key of another kind than the signature does not verify; OpenSSL throws for some of these. */
function verifies(digest: string | null, data: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(digest, data, key, signature);
  } catch {
    return false;
  }
}
