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
import { readCertificate } from './read-certificate.ts';
import { RevocationLists } from './revocation-list.ts';

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
  readonly #isOfType: (certificate: ClientCertificate) => boolean;
  /** By PEM, the least recently used first. */
  readonly #known = new Map<string, Known>();

  /** @throws Error for revocation lists that cannot be used */
  constructor(options: CertificateCheckOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#isOfType = certificateTest(options.allow);
    const { revocationLists, authorities } = options;
    this.#lists =
      revocationLists.length === 0 ? undefined : new RevocationLists(revocationLists, authorities);
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

  #reason({ certificate, isOfType }: Known): CertificateRefusal | undefined {
    const nowMs = this.#clock.now();
    if (nowMs < certificate.notBeforeMs || nowMs > certificate.notAfterMs) return 'certificate_expired';
    const revocation = this.#lists?.check(certificate, nowMs) ?? 'good';
    if (revocation === 'revoked') return 'certificate_revoked';
    if (revocation === 'unlisted') return 'certificate_unlisted';
    if (revocation === 'stale' && this.#options.staleLists === 'refuse') return 'certificate_unlisted';
    return isOfType ? undefined : 'certificate_type';
  }

  #read(pem: string): Known {
    let known = this.#known.get(pem);
    if (known === undefined) {
      const certificate = readCertificate(pem);
      known = { certificate, isOfType: this.#isOfType(certificate) };
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
