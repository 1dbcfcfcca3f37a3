/** Maps the configuration onto what the wire wants to know. Reads the files it names. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { SidecarError } from '../core/errors.ts';
import {
  BODY_RATE_WINDOW_MS,
  HEADER_NAME_BYTES_MAX,
  REFUSAL_TEMPLATE_BYTES_MAX,
  UPSTREAM_HEAD_BYTES_MAX,
  UPSTREAM_TOTAL_MS,
  WS_IDLE_S,
  WS_QUEUE_BYTES_MAX,
} from '../core/limits.ts';
import { parseCidr } from '../http/address.ts';
import type { Cidr } from '../http/address.ts';
import { FORWARDED_CERTIFICATE_FIELD } from '../identity/certificates/forwarded-certificate.ts';
import type { ListenerTls } from '../proxy/listener.ts';
import type { ProxyOptions } from '../proxy/proxy-settings.ts';
import type { PageTemplates } from '../proxy/respond.ts';
import type { UpstreamTls } from '../proxy/upstream/upstream.ts';
import { toAuthorizerWay } from './authorizer-way.ts';

/**
 * @param tls keys and certificates as they are in force (`tls-material.ts`)
 * @param upstreamTls those towards the service (`tls-client-material.ts`)
 * @throws SidecarError W_CONFIG_INVALID when a file cannot be read
 */
export function toProxyOptions(
  config: Config,
  tls: ListenerTls | undefined,
  upstreamTls?: UpstreamTls,
): ProxyOptions {
  const { limits, clientTimeouts } = config;
  return {
    listener: config.listener,
    listenerOptions: {
      ...(tls === undefined ? {} : { tls }),
      headBytesMax: limits.headBytesMax,
      headerCountMax: limits.headerCountMax,
      http2: config.http2,
      headersMs: clientTimeouts.headMs,
      requestMs: clientTimeouts.requestMs,
      keepAliveMs: clientTimeouts.keepAliveMs,
      writeMs: clientTimeouts.writeMs,
      wsMessageBytesMax: limits.wsMessageBytesMax,
      wsIdleS: WS_IDLE_S,
      preamblePeers: config.clientAddress.proxyProtocol ? config.trustedProxies.map(toNetwork) : [],
    },
    guard: {
      headBytesMax: limits.headBytesMax,
      countMax: limits.headerCountMax,
      nameBytesMax: HEADER_NAME_BYTES_MAX,
      valueBytesMax: limits.headerValueBytesMax,
      targetBytesMax: limits.targetBytesMax,
      trustedPeers: config.trustedProxies.map(toNetwork),
      clientSource: config.clientAddress.source,
      malformedChain: config.clientAddress.malformed,
      proxyProtocol: config.clientAddress.proxyProtocol,
      hosts: config.hosts,
      oddNames: config.fieldNames === 'refuse' ? 'refuse' : 'drop',
      refusedMethods: config.refusedMethods,
      keepDoubleSlashes: config.keepDoubleSlashes,
      newRequestId: randomUUID,
    },
    upstream: toUpstreamOptions(config, upstreamTls),
    upstreamInFlightMax: config.upstream.inFlightMax,
    breaker: config.upstream.breaker,
    overload: {
      ...config.overload,
      inFlightPerClient: limits.inFlightPerClient,
      resetsPerClient: limits.resetsPerClient,
    },
    clients: {
      connectionsMax: limits.connectionsMax,
      connectionsPerClient: limits.connectionsPerClient,
      bodyRateMin: limits.bodyRateMin,
      bodyWindowMs: BODY_RATE_WINDOW_MS,
    },
    upstreamFields: {
      write: config.forwardedHeaders,
      passFromAnyone: config.passHeaders,
      passOddNames:
        typeof config.fieldNames === 'string'
          ? []
          : config.fieldNames.allow.map((name) => name.toLowerCase()),
      owned: ownedFields(config),
      strippedTokens: config.jwt?.stripToken === true ? config.jwt.sources : undefined,
    },
    sockets: {
      origins: config.origins,
      messageBytesMax: limits.wsMessageBytesMax,
      queueBytesMax: WS_QUEUE_BYTES_MAX,
    },
    faults: config.faultsEnabled ? { exemptPaths: config.overload.keep } : undefined,
    pages: readPages(config),
    debugRulesHeader: config.debugRulesHeader,
    rateLimitFields: config.rateLimitFields,
    entry: toEntryOptions(config),
    authorizer: config.authorizer === undefined ? undefined : toAuthorizerWay(config.authorizer),
  };
}

/** What the service learns from Ward alone: claims, the client's certificate, the authoriser's word. */
function ownedFields({ jwt, tls, authorizer }: Config): readonly string[] {
  return [
    ...Object.values(jwt?.forwardClaims ?? {}),
    ...(tls?.clients === undefined ? [] : [FORWARDED_CERTIFICATE_FIELD]),
    ...(authorizer?.serviceFields ?? []),
  ];
}

function toEntryOptions({ https, tls, jwt, authorizer }: Config): ProxyOptions['entry'] {
  const { plain, behindProxy, port, exemptPaths, hsts, plainListen } = https;
  const enforce = behindProxy || plainListen !== undefined;
  const asksForHttps = enforce || hsts !== undefined;
  return {
    https: asksForHttps ? { plain, behindProxy, port, exemptPaths, enforce, hsts } : undefined,
    certificates: {
      exemptPaths: tls?.clients?.exemptPaths ?? [],
      forward: tls?.clients?.forward ?? false,
    },
    tokens: jwt,
    authorizer: authorizer === undefined ? undefined : { ...authorizer, path: authorizer.address.path },
  };
}

function toUpstreamOptions({ upstream }: Config, tls: UpstreamTls = {}): ProxyOptions['upstream'] {
  const { address } = upstream;
  return {
    protocol: address.scheme,
    host: address.host,
    port: address.port,
    ...(address.socketPath === undefined ? {} : { socketPath: address.socketPath }),
    ...(address.scheme === 'https' ? { tls } : {}),
    connectionsMax: upstream.connectionsMax,
    queueMax: upstream.queueMax,
    queueMsMax: upstream.queueMs,
    connectMs: upstream.connectMs,
    headersMs: upstream.headersMs,
    idleMs: upstream.idleMs,
    keepAliveMs: upstream.keepAliveMs,
    totalMs: UPSTREAM_TOTAL_MS,
    headBytesMax: UPSTREAM_HEAD_BYTES_MAX,
  };
}

const PAGE_TYPES = {
  html: 'text/html; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  problem: 'application/problem+json',
} as const;

function readPages(config: Config): PageTemplates {
  const pages: { -readonly [format in keyof PageTemplates]: PageTemplates[format] } = {};
  for (const format of ['html', 'text', 'problem'] as const) {
    const file = config.refusalFiles[format];
    if (file === undefined) continue;
    const text = read(file, `refusal.${format}`);
    if (text.length > REFUSAL_TEMPLATE_BYTES_MAX) {
      throw invalid(
        `refusal.${format}: ${file} is larger than ${REFUSAL_TEMPLATE_BYTES_MAX} bytes`,
        undefined,
      );
    }
    pages[format] = { contentType: PAGE_TYPES[format], text };
  }
  return pages;
}

function read(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(`${setting}: cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`, cause);
  }
}

/** A network the configuration's own check let through. */
function toNetwork(text: string): Cidr {
  const network = parseCidr(text);
  if (network === null)
    throw invalid(`trusted_proxies: ${text} is no network: host bits must be zero`, undefined);
  return network;
}

function invalid(message: string, cause: unknown): SidecarError {
  return new SidecarError('W_CONFIG_INVALID', message, { source: 'configuration', cause });
}
