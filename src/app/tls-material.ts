/** Reads the files of keys and certificates and looks whether they can be used, all before any of them is. */
import { readFileSync } from 'node:fs';
import type { TlsConfig } from '../config/tls-config.ts';
import { SidecarError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';
import { checkAuthorities, checkServerCertificate } from '../identity/certificates/server-certificate.ts';
import { RevocationLists } from '../identity/certificates/revocation-list.ts';
import type { ListenerTls } from '../proxy/listener.ts';

/** Plain data, for workers. */
export interface TlsMaterial {
  readonly listener: ListenerTls;
  /** PEM; empty without certificates of clients. */
  readonly authorities: string;
  readonly revocationLists: readonly string[];
}

/** How one certificate of Ward stands. */
export interface CertificateState {
  /** `default`, or the names it serves. */
  readonly name: string;
  readonly file: string;
  readonly expiresAtMs: number;
  readonly warnings: readonly string[];
}

export interface TlsReading<Material> {
  readonly material: Material;
  readonly certificates: readonly CertificateState[];
  /** Of files that are no certificates of Ward's own. */
  readonly notes?: readonly { readonly file: string; readonly warning: string }[];
}

/** The files `readTls` reads. */
export function filesOfTls({ certificates, clients }: TlsConfig): readonly string[] {
  return [
    ...certificates.flatMap(({ certFile, keyFile }) => [certFile, keyFile]),
    ...(clients === undefined ? [] : [clients.caFile, ...clients.crlFiles]),
  ];
}

/** @throws SidecarError W_TLS_INVALID naming the setting, the file and what is wrong with it */
export function readTls(
  config: TlsConfig,
  passphrase: string | undefined,
  nowMs: number,
): TlsReading<TlsMaterial> {
  const certificates: CertificateState[] = [];
  const pairs = config.certificates.map(({ names, certFile, keyFile }) => {
    const cert = readPem(certFile, 'tls.cert');
    const key = readPem(keyFile, 'tls.key');
    const report = attempt(certFile, names.length === 0 ? 'tls.cert' : 'tls.server_names', () =>
      checkServerCertificate({ cert, key, passphrase, names }, nowMs),
    );
    const { expiresAtMs, warnings } = report;
    certificates.push({
      name: names.length === 0 ? 'default' : names.join(' '),
      file: certFile,
      expiresAtMs,
      warnings,
    });
    return { names, certFile, keyFile, cert, key };
  });
  const { clients } = config;
  const authorities = clients === undefined ? '' : readPem(clients.caFile, 'tls.clients.ca');
  const revocationLists = clients?.crlFiles.map((file) => readPem(file, 'tls.clients.crl')) ?? [];
  if (clients !== undefined) {
    attempt(clients.caFile, 'tls.clients.ca', () => checkAuthorities(authorities, nowMs));
    clients.crlFiles.forEach((file, index) =>
      attempt(
        file,
        'tls.clients.crl',
        () => new RevocationLists([revocationLists[index] as string], authorities),
      ),
    );
  }
  const listener: ListenerTls = {
    certificates: pairs,
    ...(passphrase === undefined ? {} : { passphrase }),
    minVersion: config.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ...(clients === undefined ? {} : { clients: { caFile: clients.caFile, ca: authorities } }),
  };
  return { material: { listener, authorities, revocationLists }, certificates };
}

/** @throws SidecarError W_TLS_INVALID */
export function readPem(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SidecarError('W_TLS_INVALID', `${setting}: ${file} cannot be read: ${fileFault(cause)}.`, {
      source: 'configuration',
      cause,
    });
  }
}

/** Puts setting and file before what is wrong. @throws SidecarError W_TLS_INVALID */
export function attempt<T>(file: string, setting: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SidecarError('W_TLS_INVALID', `${setting}: ${file}: ${reason}.`, {
      source: 'configuration',
      cause,
    });
  }
}
