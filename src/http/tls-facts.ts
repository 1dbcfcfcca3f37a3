/**
 * What the TLS layer tells of the connection a request came by, as rules read it (`tls.*`).
 *
 * A certificate stands here only when its chain and its dates hold: whoever fills this in refuses others before.
 */
export interface TlsFacts {
  /** `TLSv1.2` or `TLSv1.3`; unknown on the uws listener, whose library does not tell. */
  readonly version: string | undefined;
  /** Name the client asked for, lower-case; on the uws listener only names that have a certificate of their own. */
  readonly serverName: string | undefined;
  readonly certificate: ClientCertificate | undefined;
}

/** The certificate of a client. Texts are its own, to be treated as all text of clients is. */
export interface ClientCertificate {
  /** As RFC 4514 writes it: `CN=billing,O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hexadecimal digits without leading zeros. */
  readonly serial: string;
  /** SHA-256 of the whole certificate: lower-case hexadecimal digits. */
  readonly fingerprint: string;
  /** Alternative names by kind (RFC 5280 §4.2.1.6). */
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  readonly emails: readonly string[];
  readonly addresses: readonly string[];
  /** The identity if there is one URI and it is one of SPIFFE; two name nobody (X509-SVID §4.1). */
  readonly spiffe: string | undefined;
  /** `digitalSignature`, …; empty when the certificate names none. */
  readonly keyUsages: readonly string[];
  /** `clientAuth`, … or an object identifier. */
  readonly extendedKeyUsages: readonly string[];
  /** Object identifiers of certificate policies. */
  readonly policies: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly pem: string;
}
