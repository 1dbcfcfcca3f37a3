/** Asks for the client's certificate, tells the rules and the service of it (mutual TLS). */
import type { TlsFacts } from '../../http/tls-facts.ts';
import type { CertificateVerdict } from '../../identity/certificates/certificate-check.ts';
import {
  FORWARDED_CERTIFICATE_FIELD,
  forwardedCertificate,
} from '../../identity/certificates/forwarded-certificate.ts';
import type { EntryNote } from './entry-note.ts';
import type { EntryRequest, EntryStep, StepAnswer } from './entry-step.ts';

/** Who decides about certificates; another one may stand behind it after a reload. */
export interface ClientCertificates {
  /** @param pem '' for none */
  check(pem: string): CertificateVerdict;
}

/** Plain data, as configured. */
export interface CertificateStepOptions {
  /** Canonical paths for which none is asked. */
  readonly exemptPaths: readonly string[];
  /** Tell the service of it. */
  readonly forward: boolean;
}

const EXEMPT: EntryNote = { exempt: ['tls'] };

export class CertificateStep implements EntryStep {
  readonly #certificates: ClientCertificates | undefined;
  readonly #exempt: ReadonlySet<string>;
  readonly #forward: boolean;

  /** @param certificates undefined: clients are asked for none, and the rules learn of the connection alone */
  constructor(certificates: ClientCertificates | undefined, options: CertificateStepOptions) {
    this.#certificates = certificates;
    this.#exempt = new Set(options.exemptPaths);
    this.#forward = options.forward;
  }

  ask({ head, inbound }: EntryRequest): StepAnswer {
    const { tlsVersion: version, serverName } = inbound;
    if (this.#certificates === undefined) {
      if (version === undefined && serverName === undefined) return undefined;
      return { kind: 'finding', facts: { tls: { version, serverName, certificate: undefined } } };
    }
    const verdict = this.#certificates.check(inbound.clientCertificate());
    const isExempt = !verdict.ok && this.#exempt.has(head.path);
    if (!verdict.ok && !isExempt) {
      return { kind: 'denial', reason: `tls.${verdict.reason}`, status: 403 };
    }
    // One that is not in order is nobody's, also where none is asked for.
    const certificate = verdict.ok ? verdict.certificate : undefined;
    const tls: TlsFacts = { version, serverName, certificate };
    if (isExempt) return { kind: 'finding', facts: { tls }, note: EXEMPT };
    if (certificate === undefined || !this.#forward) return { kind: 'finding', facts: { tls } };
    const upstreamFields = [FORWARDED_CERTIFICATE_FIELD, forwardedCertificate(certificate)];
    return { kind: 'finding', facts: { tls }, upstreamFields };
  }
}
