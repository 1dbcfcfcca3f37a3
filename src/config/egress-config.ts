/** The settings of egress as the program reads them, and what no single one of them can be wrong about. */
import type { ListenAddress } from './formats.ts';
import { parseDurationMs, parseListenAddress, parseSizeBytes } from './formats.ts';
import {
  EGRESS_BODY_BYTES_DEFAULT,
  EGRESS_CONNECTIONS_DEFAULT,
  EGRESS_IN_FLIGHT_DEFAULT,
} from '../core/limits.ts';
import type { Setting } from './setting.ts';
import type { SettingReader } from './setting-reader.ts';
import { type RuleEntry, ruleEntryText } from './settings/rules.ts';
import { type TlsClientConfig, tlsClientMistake, type TlsClientSetting, toTlsClient } from './tls-client.ts';

export interface EgressHostConfig {
  /** A name, `*.` and a name, or an address (IPv6 in brackets); lower-case. */
  readonly host: string;
  readonly port: number;
  /** Undefined: plain HTTP. */
  readonly tls: TlsClientConfig | undefined;
  /** CONNECT may open a tunnel there. */
  readonly tunnel: boolean;
  /** Undefined: no limit. */
  readonly rate: { readonly perSecond: number; readonly burst: number } | undefined;
  readonly inFlightMax: number;
  readonly connectionsMax: number;
  readonly requestBytesMax: number;
  readonly answerBytesMax: number;
  readonly connectMs: number;
  readonly headersMs: number;
  readonly idleMs: number;
  /** 0: no bound of its own. */
  readonly totalMs: number;
}

export interface EgressConfig {
  readonly listen: ListenAddress;
  readonly hosts: readonly EgressHostConfig[];
  readonly privateNetworks: readonly string[];
  readonly dnsServers: readonly string[];
  /** Paths and globs, absolute; empty: a policy that lets all pass. */
  readonly rules: readonly string[];
  readonly passHeaders: readonly string[];
}

interface HostSetting {
  readonly host: string;
  readonly port?: number;
  readonly tls?: boolean | TlsClientSetting;
  readonly tunnel?: boolean;
  readonly requests_per_second?: number;
  readonly burst?: number;
  readonly in_flight_max?: number;
  readonly connections?: number;
  readonly request_body_max?: string;
  readonly answer_body_max?: string;
  readonly connect_timeout?: string;
  readonly headers_timeout?: string;
  readonly idle_timeout?: string;
  readonly total_timeout?: string;
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** Undefined without a host: then the service has no way out through Ward. */
export function toEgress(reader: SettingReader): EgressConfig | undefined {
  const { get, resolvePath } = reader;
  const hosts = hostsOf(get<Setting>('egress.hosts'));
  if (hosts.length === 0) return undefined;
  const rules = get<readonly RuleEntry[]>('egress.rules');
  return {
    listen: parseListenAddress(get('egress.listen')) as ListenAddress,
    hosts: hosts.map((host) => toHost(host, reader)),
    privateNetworks: get('egress.private_networks'),
    dnsServers: get('egress.dns_servers'),
    rules: rules.map((entry) => resolvePath(ruleEntryText(entry), 'egress.rules')),
    passHeaders: get<readonly string[]>('egress.pass_headers').map((name) => name.toLowerCase()),
  };
}

function hostsOf(setting: Setting | undefined): readonly HostSetting[] {
  return setting as unknown as readonly HostSetting[];
}

function toHost(setting: HostSetting, { ms, resolvePath }: SettingReader): EgressHostConfig {
  const perSecond = setting.requests_per_second;
  const tls = tlsOf(setting);
  const bytes = (text: string | undefined): number =>
    text === undefined ? EGRESS_BODY_BYTES_DEFAULT : (parseSizeBytes(text) as number);
  const time = (text: string | undefined, instead: string): number =>
    text === undefined ? ms(instead) : (parseDurationMs(text) as number);
  return {
    host: setting.host.toLowerCase(),
    port: portOf(setting),
    tunnel: setting.tunnel === true,
    tls: tls === undefined ? undefined : toTlsClient(tls, (path) => resolvePath(path, 'egress.hosts')),
    rate: perSecond === undefined ? undefined : { perSecond, burst: setting.burst ?? perSecond },
    inFlightMax: setting.in_flight_max ?? EGRESS_IN_FLIGHT_DEFAULT,
    connectionsMax: setting.connections ?? EGRESS_CONNECTIONS_DEFAULT,
    requestBytesMax: bytes(setting.request_body_max),
    answerBytesMax: bytes(setting.answer_body_max),
    connectMs: time(setting.connect_timeout, 'upstream.connect_timeout'),
    headersMs: time(setting.headers_timeout, 'upstream.headers_timeout'),
    idleMs: time(setting.idle_timeout, 'upstream.idle_timeout'),
    totalMs: setting.total_timeout === undefined ? 0 : (parseDurationMs(setting.total_timeout) as number),
  };
}

function portOf(setting: HostSetting): number {
  const isSecure = tlsOf(setting) !== undefined || setting.tunnel === true;
  return setting.port ?? (isSecure ? HTTPS_PORT : HTTP_PORT);
}

function tlsOf({ tls }: HostSetting): TlsClientSetting | undefined {
  if (typeof tls === 'object') return tls;
  return tls === true ? {} : undefined;
}

/** What is wrong with the settings of egress as a whole; undefined when nothing is. */
export function egressMistake(
  values: ReadonlyMap<string, Setting | undefined>,
): { where: string; message: string; hint: string } | undefined {
  const hosts = hostsOf(values.get('egress.hosts'));
  const taken = new Set<string>();
  for (const [index, host] of hosts.entries()) {
    const where = `egress.hosts[${index}]`;
    const tls = tlsOf(host);
    const { cert, key, passphrase } = tls ?? {};
    const mistake = tlsClientMistake(`${where}.tls`, {
      cert,
      key,
      passphrase: passphrase as Setting | undefined,
    });
    if (mistake !== undefined) return mistake;
    if (host.burst !== undefined && host.requests_per_second === undefined) {
      return { where, message: 'burst has no effect', hint: 'give requests_per_second' };
    }
    const place = `${host.host.toLowerCase()}:${portOf(host)}`;
    if (taken.has(place)) {
      return { where, message: `${place} is there twice`, hint: 'one entry for each host and port' };
    }
    taken.add(place);
  }
  const listen = values.get('egress.listen') as string;
  if (hosts.length > 0 && !listen.endsWith(':0')) {
    const others = ['listen', 'https.plain_listen', 'admin.listen'];
    const other = others.find((path) => values.get(path) === listen);
    if (other !== undefined) {
      const message = `egress.listen and ${other} are the same address`;
      return { where: 'egress.listen', message, hint: 'give it a port of its own' };
    }
  }
  const idle = ['rules', 'private_networks', 'dns_servers', 'pass_headers'].find(
    (name) => (values.get(`egress.${name}`) as readonly Setting[]).length > 0,
  );
  if (hosts.length > 0 || idle === undefined) return undefined;
  const hint = 'name the hosts that the service may call in egress.hosts';
  return { where: 'egress', message: `egress.${idle} has no effect without hosts`, hint };
}
