/**
 * The certificate of the client as the service is told of it: `x-forwarded-client-cert`, in the form Envoy gave it. Only
 * Ward writes the field; what a client sends under its name is dropped.
 */
import type { ClientCertificate } from '../../http/tls-facts.ts';

export const FORWARDED_CERTIFICATE_FIELD = 'x-forwarded-client-cert';

/** One element: hash, quoted subject, then URIs and names. Its text is visible ASCII whatever the certificate holds. */
export function forwardedCertificate(certificate: ClientCertificate): string {
  const { fingerprint, subject, uris, dnsNames } = certificate;
  const parts = [`Hash=${fingerprint}`, `Subject="${quoted(subject)}"`];
  for (const uri of uris) parts.push(`URI=${value(uri)}`);
  for (const name of dnsNames) parts.push(`DNS=${value(name)}`);
  return parts.join(';');
}

/** Values with separators stand in quotes. */
function value(text: string): string {
  return /^[\w.:/@%~+*-]*$/.test(text) ? text : `"${quoted(text)}"`;
}

/** What could end a quoted text or a line is escaped or percent-encoded; text beyond ASCII as its UTF-8 bytes. */
function quoted(text: string): string {
  return text
    .replace(/["\\]/g, '\\$&')
    .replace(/[^\x20-\x7e]/gu, (sign) =>
      [...Buffer.from(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    );
}
