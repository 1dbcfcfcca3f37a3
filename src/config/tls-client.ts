/** TLS where Ward is the client: towards its service, and towards the hosts of egress. One reader serves both. */
import type { Setting } from './setting.ts';
import type { SecretSource, SettingReader } from './setting-reader.ts';

/** Everything may be left out: then the system's roots, the host's own name, and no certificate of Ward. */
export interface TlsClientConfig {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly passphrase: SecretSource | undefined;
  readonly serverName: string | undefined;
}

/** As an object of the file has it. */
export interface TlsClientSetting {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: { readonly env?: string; readonly file?: string };
  readonly server_name?: string;
}

/** From an object within one setting. */
export function toTlsClient(setting: TlsClientSetting, resolve: (path: string) => string): TlsClientConfig {
  const path = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : resolve(text);
  const { env, file } = setting.passphrase ?? {};
  return {
    caFile: path(setting.ca),
    certFile: path(setting.cert),
    keyFile: path(setting.key),
    passphrase: env !== undefined ? { env } : file !== undefined ? { file: resolve(file) } : undefined,
    serverName: setting.server_name,
  };
}

/** From a group of settings. */
export function toTlsClientOfGroup(
  { get, pathAt, secret }: Pick<SettingReader, 'get' | 'pathAt' | 'secret'>,
  group: string,
): TlsClientConfig {
  return {
    caFile: pathAt(`${group}.ca`),
    certFile: pathAt(`${group}.cert`),
    keyFile: pathAt(`${group}.key`),
    passphrase: secret(`${group}.passphrase`),
    serverName: get(`${group}.server_name`),
  };
}

/** What its settings cannot be wrong about one by one; undefined when nothing is. */
export function tlsClientMistake(
  where: string,
  { cert, key, passphrase }: Readonly<Partial<Record<'cert' | 'key' | 'passphrase', Setting | undefined>>>,
): { where: string; message: string; hint: string } | undefined {
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'cert' : 'key';
    const hint = "Ward's own certificate needs both cert and key";
    return { where, message: `${where}.${missing} is missing`, hint };
  }
  if (passphrase === undefined || key !== undefined) return undefined;
  return { where, message: `${where}.passphrase has no effect`, hint: 'it opens the file of key: give that' };
}
