/** Reads what Ward shows and trusts as a client of TLS, and looks whether it can be used. */
import { resolveSecrets } from '../config/secrets.ts';
import type { SecretSource } from '../config/setting-reader.ts';
import type { TlsClientConfig } from '../config/tls-client.ts';
import { checkClientIdentity, checkTrusted } from '../identity/certificates/client-identity.ts';
import type { UpstreamTls } from '../proxy/upstream/upstream.ts';
import { attempt, type CertificateState, readPem, type TlsReading } from './tls-material.ts';

/** Where Ward is a client. */
export interface TlsClientPlace {
  /** The setting: `upstream.tls`, `egress.hosts[0].tls`. */
  readonly setting: string;
  /** As metrics and log call its certificate: `upstream`, `egress api.example.com`. */
  readonly name: string;
  /** Undefined: it is asked without TLS. */
  readonly config: TlsClientConfig | undefined;
  readonly passphrase: string | undefined;
}

type Note = NonNullable<TlsReading<unknown>['notes']>[number];

/** One for each place, in their order; plain data, for workers. */
export type TlsClientMaterial = readonly (UpstreamTls | undefined)[];

/** The files `readTlsClients` reads. */
export function filesOfTlsClients(places: readonly TlsClientPlace[]): readonly string[] {
  return places
    .flatMap(({ config }) => [config?.caFile, config?.certFile, config?.keyFile])
    .filter((file) => file !== undefined);
}

/** @throws SidecarError W_TLS_INVALID naming the setting, the file and what is wrong with it */
export function readTlsClients(
  places: readonly TlsClientPlace[],
  nowMs: number,
): TlsReading<TlsClientMaterial> {
  const certificates: CertificateState[] = [];
  const notes: Note[] = [];
  const material = places.map((place) => readOne(place, nowMs, { certificates, notes }));
  return { material, certificates, notes };
}

/** The value that opens a key. @throws ConfigError when it is missing */
export function passphraseOf(
  source: SecretSource | undefined,
  setting: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (source === undefined) return undefined;
  return resolveSecrets({ [setting]: source }, environment).get(setting);
}

function readOne(
  { setting, name, config, passphrase }: TlsClientPlace,
  nowMs: number,
  found: { readonly certificates: CertificateState[]; readonly notes: Note[] },
): UpstreamTls | undefined {
  if (config === undefined) return undefined;
  const { caFile, certFile, keyFile, serverName } = config;
  const tls = serverName === undefined ? {} : { servername: serverName };
  const trusted =
    caFile === undefined ? {} : { ca: readTrusted(caFile, `${setting}.ca`, nowMs, found.notes) };
  if (certFile === undefined || keyFile === undefined) return { ...tls, ...trusted };
  const cert = readPem(certFile, `${setting}.cert`);
  const key = readPem(keyFile, `${setting}.key`);
  const { expiresAtMs } = attempt(certFile, `${setting}.cert`, () =>
    checkClientIdentity({ cert, key, passphrase }, `${setting}.passphrase`, nowMs),
  );
  found.certificates.push({ name, file: certFile, expiresAtMs, warnings: [] });
  return { ...tls, ...trusted, cert, key, ...(passphrase === undefined ? {} : { passphrase }) };
}

function readTrusted(file: string, setting: string, nowMs: number, notes: Note[]): string {
  const ca = readPem(file, setting);
  const warnings = attempt(file, setting, () => checkTrusted(ca, nowMs));
  notes.push(...warnings.map((warning) => ({ file, warning })));
  return ca;
}
