/**
 * Decides about the certificate a client shows: whether it holds today, was taken back, and is of the type asked for.
 *
 * The TLS library has verified the chain up to `tls.clients.ca` when a certificate gets here; a connection may live longer than its
 * certificate, so dates and lists are asked for each request. What a certificate says is read once and kept.
 */
import type { Clock } from '../../core/clock.ts';
import { CERTIFICATES_KEPT_MAX } from '../../core/limits.ts';
import type { ClientCertificate } from '../../http/tls-facts.ts';
import { type CertificateCondition, certificateTest } from './certificate-condition.ts';
import { type IssuingAuthority, IssuingAuthorities, standingOf } from './issuing-authorities.ts';
import { readCertificate } from './read-certificate.ts';
import { pemBlocks, RevocationLists } from './revocation-list.ts';

export interface CertificateCheckOptions {
  readonly mode: 'request' | 'require';
  /** PEM of the authorities, which must have signed the revocation lists. */
  readonly authorities: string;
  /** PEM texts. With any, every issuer must have a list: one that is missing would let revoked certificates in. */
  readonly revocationLists: readonly string[];
  /** What to do when a list is older than its next update: `refuse` everybody of that issuer, or `accept` what it does not name. */
  readonly staleLists: 'refuse' | 'accept';
  readonly allow: readonly CertificateCondition[];
}

export type CertificateRefusal =
  | 'certificate_missing'
  | 'certificate_unreadable'
  | 'certificate_expired'
  | 'certificate_revoked'
  | 'certificate_issuer_revoked'
  | 'certificate_unlisted'
  | 'certificate_type';

export type CertificateVerdict =
  | { readonly ok: true; readonly certificate: ClientCertificate | undefined }
  | {
      readonly ok: false;
      readonly reason: CertificateRefusal;
      readonly certificate: ClientCertificate | undefined;
    };

interface Known {
  readonly certificate: ClientCertificate;
  readonly isOfType: boolean;
  /** Empty without lists. */
  readonly issuers: readonly IssuingAuthority[];
}

const NONE: CertificateVerdict = { ok: true, certificate: undefined };
const MISSING: CertificateVerdict = { ok: false, reason: 'certificate_missing', certificate: undefined };
const UNREADABLE: CertificateVerdict = {
  ok: false,
  reason: 'certificate_unreadable',
  certificate: undefined,
};

export class CertificateCheck {
  readonly #options: CertificateCheckOptions;
  readonly #clock: Clock;
  readonly #lists: RevocationLists | undefined;
  readonly #authorities: IssuingAuthorities | undefined;
  readonly #isOfType: (certificate: ClientCertificate) => boolean;
  /** By PEM, the least recently used first. */
  readonly #known = new Map<string, Known>();

  /** @throws Error for revocation lists that cannot be used */
  constructor(options: CertificateCheckOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#isOfType = certificateTest(options.allow);
    const { revocationLists, authorities } = options;
    if (revocationLists.length === 0) return;
    this.#lists = new RevocationLists(revocationLists, authorities);
    this.#authorities = new IssuingAuthorities(pemBlocks(authorities, 'CERTIFICATE'));
  }

  /** @param pem of the client's certificate; '' for none. Cost: a look-up, after the first time. */
  check(pem: string): CertificateVerdict {
    if (pem === '') return this.#options.mode === 'require' ? MISSING : NONE;
    let known: Known;
    try {
      known = this.#read(pem);
    } catch {
      return UNREADABLE;
    }
    const { certificate } = known;
    const reason = this.#reason(known);
    return reason === undefined ? { ok: true, certificate } : { ok: false, reason, certificate };
  }

  #reason(known: Known): CertificateRefusal | undefined {
    const { certificate, isOfType } = known;
    const nowMs = this.#clock.now();
    if (nowMs < certificate.notBeforeMs || nowMs > certificate.notAfterMs) return 'certificate_expired';
    return this.#revocation(known, nowMs) ?? (isOfType ? undefined : 'certificate_type');
  }

  #revocation({ certificate, issuers }: Known, nowMs: number): CertificateRefusal | undefined {
    const lists = this.#lists;
    if (lists === undefined) return undefined;
    const own = lists.check(certificate, nowMs);
    if (own === 'revoked') return 'certificate_revoked';
    // Signed by somebody of the same name as an authority, whose lists say nothing of it.
    if (own === 'unlisted' || issuers.length === 0) return 'certificate_unlisted';
    const above = standingOf(issuers, (authority) => lists.check(authority, nowMs));
    if (above === 'revoked') return 'certificate_issuer_revoked';
    const isStale = own === 'stale' || above === 'stale';
    return isStale && this.#options.staleLists === 'refuse' ? 'certificate_unlisted' : undefined;
  }

  #read(pem: string): Known {
    let known = this.#known.get(pem);
    if (known === undefined) {
      const certificate = readCertificate(pem);
      known = {
        certificate,
        isOfType: this.#isOfType(certificate),
        issuers: this.#authorities?.of(pem) ?? [],
      };
      if (this.#known.size >= CERTIFICATES_KEPT_MAX) {
        const [oldest] = this.#known.keys();
        this.#known.delete(oldest as string);
      }
    } else {
      this.#known.delete(pem);
    }
    this.#known.set(pem, known);
    return known;
  }

  /** Certificates kept as read. */
  get kept(): number {
    return this.#known.size;
  }
}
