/** The settings of TLS towards clients as the program reads them. */
import type { ListenAddress } from './formats.ts';
import { parseListenAddress } from './formats.ts';
import type { Setting } from './setting.ts';
import type { SecretSource, SettingReader } from './setting-reader.ts';

export interface CertificateFiles {
  /** Host names and `*.` patterns, lower-case; empty for the certificate of all other names. */
  readonly names: readonly string[];
  readonly certFile: string;
  readonly keyFile: string;
}

/** See `CertificateCondition` (identity/certificates), which this is given to. */
export type CertificateConditionConfig = Readonly<
  Partial<
    Record<
      | 'subject'
      | 'issuer'
      | 'dns'
      | 'uri'
      | 'email'
      | 'spiffe'
      | 'fingerprint'
      | 'keyUsage'
      | 'extendedKeyUsage'
      | 'policy',
      readonly string[]
    >
  >
>;

export interface ClientCertificateConfig {
  readonly mode: 'request' | 'require';
  readonly caFile: string;
  readonly crlFiles: readonly string[];
  readonly staleLists: 'refuse' | 'accept';
  readonly allow: readonly CertificateConditionConfig[];
  readonly exemptPaths: readonly string[];
  readonly forward: boolean;
}

export interface TlsConfig {
  /** The first serves all names that no other has. */
  readonly certificates: readonly [CertificateFiles, ...CertificateFiles[]];
  readonly passphrase: SecretSource | undefined;
  readonly minVersion: '1.2' | '1.3';
  readonly clients: ClientCertificateConfig | undefined;
}

export interface HttpsConfig {
  readonly plainListen: ListenAddress | undefined;
  readonly plain: 'redirect' | 'refuse';
  readonly behindProxy: boolean;
  readonly port: number;
  readonly exemptPaths: readonly string[];
  /** Value of Strict-Transport-Security; undefined: not written. */
  readonly hsts: string | undefined;
}

export function toTls(reader: SettingReader): TlsConfig | undefined {
  const { get, pathAt, resolvePath } = reader;
  const [keyFile, certFile] = [pathAt('tls.key'), pathAt('tls.cert')];
  if (keyFile === undefined || certFile === undefined) return undefined;
  const others = get<readonly { names: string[]; cert: string; key: string }[]>('tls.server_names');
  return {
    certificates: [
      { names: [], certFile, keyFile },
      ...others.map(({ names, cert, key }) => ({
        names: names.map((name) => name.toLowerCase()),
        certFile: resolvePath(cert, 'tls.server_names'),
        keyFile: resolvePath(key, 'tls.server_names'),
      })),
    ],
    passphrase: reader.secret('tls.passphrase'),
    minVersion: get('tls.min_version'),
    clients: get('tls.clients.mode') === 'off' ? undefined : toClients(reader),
  };
}

function toClients({ get, pathAt, resolvePath }: SettingReader): ClientCertificateConfig {
  const conditions = get<readonly Readonly<Record<string, readonly string[]>>[]>('tls.clients.allow');
  return {
    mode: get('tls.clients.mode'),
    caFile: pathAt('tls.clients.ca') as string,
    crlFiles: get<readonly string[]>('tls.clients.crl').map((path) => resolvePath(path, 'tls.clients.crl')),
    staleLists: get('tls.clients.stale_crl'),
    allow: conditions.map(({ key_usage: keyUsage, extended_key_usage: extendedKeyUsage, ...rest }) => ({
      ...rest,
      ...(keyUsage === undefined ? {} : { keyUsage }),
      ...(extendedKeyUsage === undefined ? {} : { extendedKeyUsage }),
    })),
    exemptPaths: get('tls.clients.exempt_paths'),
    forward: get('tls.clients.forward'),
  };
}

export function toHttps({ get, ms }: SettingReader): HttpsConfig {
  const listen = get<string | undefined>('https.plain_listen');
  const hstsS = Math.floor(ms('https.hsts_max_age') / 1_000);
  const directives = [
    `max-age=${hstsS}`,
    ...(get<boolean>('https.hsts_subdomains') ? ['includeSubDomains'] : []),
    ...(get<boolean>('https.hsts_preload') ? ['preload'] : []),
  ];
  return {
    plainListen: listen === undefined ? undefined : parseListenAddress(listen),
    plain: get('https.plain'),
    behindProxy: get('https.behind_proxy'),
    port: get('https.port'),
    exemptPaths: get('https.exempt_paths'),
    hsts: hstsS === 0 ? undefined : directives.join('; '),
  };
}

/** What no single setting can be wrong about; undefined when nothing is. */
export function tlsMistake(
  values: ReadonlyMap<string, Setting | undefined>,
): { where: string; message: string; hint: string } | undefined {
  const isSet = (path: string): boolean => values.get(path) !== undefined;
  const hasTls = isSet('tls.key') && isSet('tls.cert');
  if (isSet('tls.key') !== isSet('tls.cert')) {
    const missing = isSet('tls.key') ? 'cert' : 'key';
    return { where: 'tls', message: `tls.${missing} is missing`, hint: 'TLS needs both key and cert' };
  }
  const mode = values.get('tls.clients.mode');
  if (mode !== 'off' && !hasTls) {
    return {
      where: 'tls.clients',
      message: 'certificates of clients need TLS',
      hint: 'give tls.key and tls.cert',
    };
  }
  if (mode !== 'off' && !isSet('tls.clients.ca')) {
    return {
      where: 'tls.clients.ca',
      message: 'no authority that may sign clients',
      hint: 'give the PEM file of the authority that signs your clients',
    };
  }
  if (mode === 'off' && isSet('tls.clients.ca')) {
    return {
      where: 'tls.clients.mode',
      message: 'tls.clients.ca has no effect',
      hint: 'set tls.clients.mode to request or require',
    };
  }
  if ((values.get('tls.server_names') as readonly Setting[]).length > 0 && !hasTls) {
    return {
      where: 'tls.server_names',
      message: 'no certificate for clients that ask for no name',
      hint: 'give tls.key and tls.cert',
    };
  }
  if (values.get('tls.min_version') === '1.3' && values.get('listener') === 'uws') {
    return {
      where: 'tls.min_version',
      message: 'the listener uws cannot leave out TLS 1.2',
      hint: 'use the listener node, or tls.min_version 1.2',
    };
  }
  if (isSet('https.plain_listen') && !hasTls) {
    return {
      where: 'https.plain_listen',
      message: 'there is no HTTPS to send clients to',
      hint: 'give tls.key and tls.cert; behind a proxy that ends TLS, use https.behind_proxy',
    };
  }
  const plain = values.get('https.plain_listen') as string | undefined;
  // Port 0: each gets a free one.
  if (plain !== undefined && plain === values.get('listen') && !plain.endsWith(':0')) {
    return {
      where: 'https.plain_listen',
      message: 'plain HTTP and HTTPS have the same address',
      hint: 'give it a port of its own',
    };
  }
  return undefined;
}
