/** Reads what rules and conditions ask of a client's certificate (RFC 5280). Whether it holds is not asked here. */
import { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  Certificate,
  CertificatePolicies,
  ExtendedKeyUsage,
  id_ce_certificatePolicies,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  KeyUsage,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';
import type { Extension } from '@peculiar/asn1-x509';
import { CERTIFICATE_NAMES_MAX, CERTIFICATE_PEM_BYTES_MAX } from '../../core/limits.ts';
import type { ClientCertificate } from '../../http/tls-facts.ts';
import { distinguishedName } from './distinguished-name.ts';

const USAGES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '2.5.29.37.0': 'anyExtendedKeyUsage',
};

/**
 * @param pem one certificate; of several the first is read
 * @throws Error for what is no certificate, is larger than `CERTIFICATE_PEM_BYTES_MAX`, or has more than
 *   `CERTIFICATE_NAMES_MAX` names of a kind. Cost: about 0.4 ms, so callers keep the result.
 */
export function readCertificate(pem: string): ClientCertificate {
  if (pem.length > CERTIFICATE_PEM_BYTES_MAX) throw new Error('the certificate is too large');
  const certificate = new X509Certificate(pem);
  const { tbsCertificate } = AsnConvert.parse(certificate.raw, Certificate);
  const extensions = tbsCertificate.extensions ?? [];
  const names = read(extensions, id_ce_subjectAltName, SubjectAlternativeName) ?? [];
  if (names.length > CERTIFICATE_NAMES_MAX) throw new Error('the certificate has too many names');
  const of = (kind: 'dNSName' | 'uniformResourceIdentifier' | 'rfc822Name' | 'iPAddress'): string[] =>
    names.flatMap((name) => name[kind] ?? []);
  const uris = of('uniformResourceIdentifier');
  const [uri] = uris;
  return {
    subject: distinguishedName(tbsCertificate.subject),
    issuer: distinguishedName(tbsCertificate.issuer),
    serial: serialText(Buffer.from(tbsCertificate.serialNumber)),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    dnsNames: of('dNSName').map((name) => name.toLowerCase()),
    uris,
    emails: of('rfc822Name'),
    addresses: of('iPAddress'),
    spiffe: uris.length === 1 && uri?.startsWith('spiffe://') === true ? uri : undefined,
    keyUsages: read(extensions, id_ce_keyUsage, KeyUsage)?.toJSON() ?? [],
    extendedKeyUsages: [...(read(extensions, id_ce_extKeyUsage, ExtendedKeyUsage) ?? [])].map(
      (oid) => USAGES[oid] ?? oid,
    ),
    policies: [...(read(extensions, id_ce_certificatePolicies, CertificatePolicies) ?? [])].map(
      (policy) => policy.policyIdentifier,
    ),
    notBeforeMs: tbsCertificate.validity.notBefore.getTime().getTime(),
    notAfterMs: tbsCertificate.validity.notAfter.getTime().getTime(),
    pem: certificate.toString(),
  };
}

/** Serial numbers are compared as numbers: leading zero bytes differ between writers. */
export function serialText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^0+(?=.)/, '');
}

function read<T>(extensions: readonly Extension[], id: string, type: new () => T): T | undefined {
  const found = extensions.find(({ extnID }) => extnID === id);
  return found === undefined ? undefined : AsnConvert.parse(found.extnValue.buffer, type);
}
