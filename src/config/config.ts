/**
 * The configuration as the program reads it: converted, complete, frozen, and plain data, so that it can be handed to
 * worker threads as it is.
 */
import { type AuthorizerConfig, toAuthorizer } from './authorizer-config.ts';
import type { ListenAddress, UpstreamAddress } from './formats.ts';
import { parseDurationMs, parseListenAddress, parseSizeBytes, parseUpstreamUrl } from './formats.ts';
import { type EgressConfig, toEgress } from './egress-config.ts';
import { type JwtConfig, toJwt } from './jwt-config.ts';
import type { Setting } from './setting.ts';
import type { PathResolver, SecretSource, SettingReader } from './setting-reader.ts';
import { ruleEntryText } from './settings/rules.ts';
import type { RuleEntry } from './settings/rules.ts';
import { type TlsClientConfig, toTlsClientOfGroup } from './tls-client.ts';
import { type HttpsConfig, type TlsConfig, toHttps, toTls } from './tls-config.ts';

export type FieldNamePolicy = 'drop' | 'refuse' | { readonly allow: readonly string[] };

export interface Config {
  readonly listen: ListenAddress;
  readonly listener: 'uws' | 'node';
  /** Of the listener node. */
  readonly http2: boolean;
  readonly tls: TlsConfig | undefined;
  readonly https: HttpsConfig;
  readonly workers: number;
  readonly upstream: UpstreamConfig;
  /** `undefined`: the service has no way out through Ward. */
  readonly egress: EgressConfig | undefined;
  /** So long before a certificate of Ward's own ends it is warned about. */
  readonly expiryWarningMs: number;
  /** Paths and globs, absolute, and `seclang:` or `seclang-lenient:` before one; empty: the shipped rules. */
  readonly rules: readonly string[];
  readonly profile: string | undefined;
  readonly mode: 'enforce' | 'monitor' | 'off' | undefined;
  readonly watch: boolean;
  readonly hosts: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly clientAddress: {
    readonly source: 'auto' | 'x-forwarded-for' | 'forwarded' | 'peer';
    readonly malformed: 'ignore' | 'refuse';
    readonly proxyProtocol: boolean;
  };
  readonly forwardedHeaders: 'x-forwarded' | 'forwarded' | 'both' | 'none';
  readonly passHeaders: readonly string[];
  readonly fieldNames: FieldNamePolicy;
  readonly refusedMethods: readonly string[];
  readonly keepDoubleSlashes: boolean;
  readonly origins: readonly string[];
  readonly limits: {
    readonly headBytesMax: number;
    readonly targetBytesMax: number;
    readonly headerCountMax: number;
    readonly headerValueBytesMax: number;
    readonly wsMessageBytesMax: number;
    /** 0: no limit. */
    readonly inFlightPerClient: number;
    readonly resetsPerClient: number;
    readonly connectionsMax: number;
    readonly connectionsPerClient: number;
    /** Bytes a second. */
    readonly bodyRateMin: number;
  };
  readonly overload: {
    readonly enabled: boolean;
    readonly loopDelayMs: number;
    readonly inFlightMax: number;
    readonly retryAfterS: number;
    readonly keep: readonly string[];
  };
  /** What rules let go wrong is carried out. */
  readonly faultsEnabled: boolean;
  readonly clientTimeouts: {
    readonly headMs: number;
    readonly requestMs: number;
    readonly keepAliveMs: number;
    readonly writeMs: number;
  };
  /** `undefined`: no token is looked at. */
  readonly jwt: JwtConfig | undefined;
  /** `undefined`: nobody else is asked. */
  readonly authorizer: AuthorizerConfig | undefined;
  /** `undefined`: limits and bans are those of this process alone. */
  readonly redis: RedisConfig | undefined;
  readonly bansExempt: readonly string[];
  readonly rateLimitFields: boolean;
  readonly limitKeys: number;
  /** `undefined`: no admin server. */
  readonly admin: ListenAddress | undefined;
  readonly logs: LogConfig;
  /** Files with the texts of refusals, by format. */
  readonly refusalFiles: {
    readonly html: string | undefined;
    readonly text: string | undefined;
    readonly problem: string | undefined;
  };
  readonly debugRulesHeader: boolean;
  readonly drainMs: number;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly redactionKey: SecretSource | undefined;
}

export interface UpstreamConfig {
  readonly url: string;
  readonly address: UpstreamAddress;
  /** For an address with https. */
  readonly tls: TlsClientConfig;
  readonly connectionsMax: number;
  readonly queueMax: number;
  readonly queueMs: number;
  readonly connectMs: number;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly keepAliveMs: number;
  readonly inFlightMax: number;
  readonly breaker: {
    readonly enabled: boolean;
    readonly failures: number;
    readonly statuses: readonly number[];
    /** 0: not looked at. */
    readonly latencyMs: number;
    readonly openMs: number;
    readonly openMsMax: number;
    readonly probes: number;
    /** Not ready while open in all workers. */
    readonly readiness: boolean;
  };
}

export interface RedisConfig {
  /** As written; it may hold a password. */
  readonly url: string;
  readonly username: string | undefined;
  readonly password: SecretSource | undefined;
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: SecretSource | undefined;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly serverName: string | undefined;
  readonly prefix: string;
  /** `undefined`: the name of the policy. */
  readonly service: string | undefined;
  readonly commandMs: number;
  readonly connectMs: number;
  readonly required: boolean;
}

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'auto' | 'json' | 'pretty';
  readonly access: boolean;
  readonly identity: 'plain' | 'hash' | 'off';
  /** `stdout`, `stderr` or an absolute path. */
  readonly destination: string;
}

/** Valid settings by dotted path. */
export type SettingValues = ReadonlyMap<string, Setting | undefined>;

/**
 * Converts settings that were found valid.
 * @param processors how many workers `auto` stands for
 */
export function toConfig(values: SettingValues, resolvePath: PathResolver, processors: number): Config {
  const get = <T extends Setting | undefined>(path: string): T => values.get(path) as T;
  const ms = (path: string): number => parseDurationMs(get<string>(path)) as number;
  const bytes = (path: string): number => parseSizeBytes(get<string>(path)) as number;
  const pathAt = (path: string): string | undefined => {
    const value = get<string | undefined>(path);
    return value === undefined ? undefined : resolvePath(value, path);
  };
  const workers = get<'auto' | number>('workers');
  const destination = get<string>('logs.destination');
  const secret = (path: string): SecretSource | undefined => toSecret(get(path), path, resolvePath);
  const reader = { get, ms, pathAt, resolvePath, secret };
  return deepFreeze<Config>({
    listen: parseListenAddress(get('listen')) as ListenAddress,
    listener: get('listener'),
    http2: get('http2'),
    tls: toTls(reader),
    https: toHttps(reader),
    workers: workers !== 'auto' ? workers : get('listener') === 'node' ? 1 : processors,
    upstream: toUpstream(reader),
    egress: toEgress(reader),
    expiryWarningMs: ms('tls.expiry_warning'),
    rules: get<readonly RuleEntry[]>('rules').map((entry) => resolvePath(ruleEntryText(entry), 'rules')),
    profile: get('profile'),
    mode: get('mode'),
    watch: get('watch'),
    hosts: get<readonly string[]>('hosts').map((host) => host.toLowerCase()),
    trustedProxies: get('trusted_proxies'),
    clientAddress: {
      source: get('client_address.source'),
      malformed: get('client_address.malformed'),
      proxyProtocol: get('client_address.proxy_protocol'),
    },
    forwardedHeaders: get('forwarded_headers'),
    passHeaders: get<readonly string[]>('pass_headers').map((name) => name.toLowerCase()),
    fieldNames: get<Setting>('field_names') as FieldNamePolicy,
    refusedMethods: get('refused_methods'),
    keepDoubleSlashes: get('keep_double_slashes'),
    origins: get<readonly string[]>('origins').map((origin) => origin.toLowerCase()),
    limits: {
      headBytesMax: bytes('limits.head'),
      targetBytesMax: bytes('limits.target'),
      headerCountMax: get('limits.header_count'),
      headerValueBytesMax: bytes('limits.header_value'),
      wsMessageBytesMax: bytes('limits.websocket_message'),
      inFlightPerClient: get('limits.in_flight_per_client'),
      resetsPerClient: get('limits.resets_per_client'),
      connectionsMax: get('limits.connections'),
      connectionsPerClient: get('limits.connections_per_client'),
      bodyRateMin: get('limits.body_rate_min'),
    },
    overload: {
      enabled: get('overload.enabled'),
      loopDelayMs: ms('overload.event_loop_delay'),
      inFlightMax: get('overload.in_flight_max'),
      retryAfterS: Math.ceil(ms('overload.retry_after') / 1_000),
      keep: get('overload.keep'),
    },
    faultsEnabled: get('faults.enabled'),
    clientTimeouts: {
      headMs: ms('client_timeouts.head'),
      requestMs: ms('client_timeouts.request'),
      keepAliveMs: ms('client_timeouts.keepalive'),
      writeMs: ms('client_timeouts.write'),
    },
    jwt: toJwt(reader),
    authorizer: toAuthorizer(reader),
    redis: get('redis.url') === undefined ? undefined : toRedis(get, ms, pathAt, resolvePath),
    bansExempt: get('bans.exempt'),
    rateLimitFields: get('rate_limit_fields'),
    limitKeys: get('limit_keys'),
    admin: get('admin.enabled') ? parseListenAddress(get('admin.listen')) : undefined,
    logs: {
      level: get('logs.level'),
      format: get('logs.format'),
      access: get('logs.access'),
      identity: get('logs.identity'),
      destination: /^(?:stdout|stderr)$/.test(destination)
        ? destination
        : resolvePath(destination, 'logs.destination'),
    },
    refusalFiles: {
      html: pathAt('refusal.html'),
      text: pathAt('refusal.text'),
      problem: pathAt('refusal.problem'),
    },
    debugRulesHeader: get('debug_rules_header'),
    drainMs: ms('drain_timeout'),
    secrets: toSecrets(get('secrets'), resolvePath),
    redactionKey: toSecret(get('redaction_key'), 'redaction_key', resolvePath),
  });
}

function toUpstream(reader: SettingReader): UpstreamConfig {
  const { get, ms } = reader;
  return {
    url: get('upstream.url'),
    address: parseUpstreamUrl(get('upstream.url')) as UpstreamAddress,
    tls: toTlsClientOfGroup(reader, 'upstream.tls'),
    connectionsMax: get('upstream.connections'),
    queueMax: get('upstream.queue'),
    queueMs: ms('upstream.queue_timeout'),
    connectMs: ms('upstream.connect_timeout'),
    headersMs: ms('upstream.headers_timeout'),
    idleMs: ms('upstream.idle_timeout'),
    keepAliveMs: ms('upstream.keepalive'),
    inFlightMax: get('upstream.in_flight_max'),
    breaker: {
      enabled: get('upstream.breaker.enabled'),
      failures: get('upstream.breaker.failures'),
      statuses: get('upstream.breaker.statuses'),
      latencyMs: ms('upstream.breaker.latency'),
      openMs: ms('upstream.breaker.open_for'),
      openMsMax: ms('upstream.breaker.open_max'),
      probes: get('upstream.breaker.probes'),
      readiness: get('upstream.breaker.readiness'),
    },
  };
}

function toRedis(
  get: <T extends Setting | undefined>(path: string) => T,
  ms: (path: string) => number,
  pathAt: (path: string) => string | undefined,
  resolvePath: PathResolver,
): RedisConfig {
  return {
    url: get('redis.url'),
    username: get('redis.username'),
    password: toSecret(get('redis.password'), 'redis.password', resolvePath),
    sentinelUsername: get('redis.sentinel_username'),
    sentinelPassword: toSecret(get('redis.sentinel_password'), 'redis.sentinel_password', resolvePath),
    caFile: pathAt('redis.tls.ca'),
    certFile: pathAt('redis.tls.cert'),
    keyFile: pathAt('redis.tls.key'),
    serverName: get('redis.tls.server_name'),
    prefix: get('redis.prefix'),
    service: get('redis.service'),
    commandMs: ms('redis.timeout'),
    connectMs: ms('redis.connect_timeout'),
    required: get('redis.required'),
  };
}

function toSecrets(sources: Setting, resolvePath: PathResolver): Record<string, SecretSource> {
  const entries = Object.entries(sources as Record<string, Setting>);
  return Object.fromEntries(
    entries.map(([name, source]) => [name, toSecret(source, 'secrets', resolvePath) as SecretSource]),
  );
}

function toSecret(
  source: Setting | undefined,
  settingPath: string,
  resolvePath: PathResolver,
): SecretSource | undefined {
  if (source === undefined) return undefined;
  const { env, file } = source as { env?: string; file?: string };
  return env === undefined ? { file: resolvePath(file as string, settingPath) } : { env };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
