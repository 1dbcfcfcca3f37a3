/** A proxy on a free port of 127.0.0.1 with test settings, and what it reported. */
import { type Clock, systemClock } from '../../src/core/clock.ts';
import * as limits from '../../src/core/limits.ts';
import type { Engine } from '../../src/engine/api.ts';
import { parseCidr } from '../../src/http/address.ts';
import type { GuardOptions } from '../../src/http/guard/request-guard.ts';
import type { IdentityPorts } from '../../src/proxy/entry/entry-steps.ts';
import type { ExchangeRecord, ProxyChange } from '../../src/proxy/events.ts';
import type { ListenerKind, ListenerOptions } from '../../src/proxy/listener.ts';
import { Proxy } from '../../src/proxy/proxy.ts';
import { type ProxyOptions } from '../../src/proxy/proxy-settings.ts';
import type { OverloadOptions } from '../../src/proxy/overload/overload-guard.ts';
import type { BreakerOptions } from '../../src/proxy/upstream/circuit-breaker.ts';
import type { UpstreamOptions } from '../../src/proxy/upstream/upstream.ts';
import { prepareUws } from '../../src/proxy/uws/load-uws.ts';
import { allowAllEngine } from './fixed-engine.ts';

export const LISTENERS: readonly ListenerKind[] = ['uws', 'node'];

export interface WardSettings {
  readonly listener: ListenerKind;
  readonly upstreamPort: number;
  readonly engine?: Engine;
  readonly guard?: Partial<GuardOptions>;
  readonly upstream?: Partial<UpstreamOptions>;
  readonly listenerOptions?: Partial<ListenerOptions>;
  readonly trusted?: readonly string[];
  readonly options?: Partial<ProxyOptions>;
  readonly ports?: IdentityPorts;
  /** Other than the system's, for tests of what takes minutes. */
  readonly clock?: Clock;
}

export interface Ward {
  readonly port: number;
  readonly proxy: Proxy;
  readonly records: ExchangeRecord[];
  readonly changes: ProxyChange[];
  /** The engine of the next requests. */
  engine: Engine;
  close(): Promise<void>;
}

export const TEST_HEAD_BYTES_MAX = limits.HEAD_BYTES_MAX;
prepareUws(TEST_HEAD_BYTES_MAX);

export function upstreamOptions(port: number, changes: Partial<UpstreamOptions> = {}): UpstreamOptions {
  return {
    protocol: 'http',
    host: '127.0.0.1',
    port,
    connectionsMax: 64,
    queueMax: 256,
    queueMsMax: 1_000,
    connectMs: 1_000,
    headersMs: 10_000,
    idleMs: 10_000,
    keepAliveMs: 4_000,
    totalMs: 0,
    headBytesMax: limits.UPSTREAM_HEAD_BYTES_MAX,
    ...changes,
  };
}

/** Off: tests of the wire let their services fail as often as they like. */
export function breakerOptions(changes: Partial<BreakerOptions> = {}): BreakerOptions {
  return {
    enabled: false,
    failures: limits.BREAKER_FAILURES_DEFAULT,
    statuses: [],
    latencyMs: 0,
    openMs: limits.BREAKER_OPEN_MS_DEFAULT,
    openMsMax: limits.BREAKER_OPEN_MS_MAX_DEFAULT,
    probes: limits.BREAKER_PROBES_DEFAULT,
    ...changes,
  };
}

/** Room for all, and any pace will do. */
export function clientLimits(changes: Partial<ProxyOptions['clients']> = {}): ProxyOptions['clients'] {
  return {
    connectionsMax: limits.CONNECTIONS_DEFAULT,
    connectionsPerClient: 0,
    bodyRateMin: 0,
    bodyWindowMs: limits.BODY_RATE_WINDOW_MS,
    ...changes,
  };
}

/** Off, and patient with clients who hang up on purpose. */
export function overloadOptions(changes: Partial<OverloadOptions> = {}): OverloadOptions {
  return {
    enabled: false,
    loopDelayMs: limits.OVERLOAD_LOOP_DELAY_MS_DEFAULT,
    inFlightMax: limits.OVERLOAD_IN_FLIGHT_DEFAULT,
    retryAfterS: limits.OVERLOAD_RETRY_AFTER_S_DEFAULT,
    keep: ['/healthz'],
    inFlightPerClient: 0,
    resetsPerClient: 0,
    ...changes,
  };
}

export function guardOptions(changes: Partial<GuardOptions> = {}): GuardOptions {
  let id = 0;
  return {
    countMax: limits.HEADER_COUNT_MAX,
    nameBytesMax: limits.HEADER_NAME_BYTES_MAX,
    valueBytesMax: limits.HEADER_VALUE_BYTES_MAX,
    headBytesMax: limits.HEAD_BYTES_MAX,
    targetBytesMax: limits.TARGET_BYTES_MAX,
    trustedPeers: [],
    clientSource: 'auto',
    malformedChain: 'ignore',
    proxyProtocol: true,
    hosts: [],
    oddNames: 'drop',
    refusedMethods: ['CONNECT', 'TRACE'],
    keepDoubleSlashes: false,
    newRequestId: () => `test-${++id}`,
    ...changes,
  };
}

export async function startWard(settings: WardSettings): Promise<Ward> {
  const records: ExchangeRecord[] = [];
  const changes: ProxyChange[] = [];
  const slot = { current: settings.engine ?? allowAllEngine };
  const trustedPeers = (settings.trusted ?? []).map((text) => {
    const cidr = parseCidr(text);
    if (cidr === null) throw new Error(`not a network: ${text}`);
    return cidr;
  });
  const options: ProxyOptions = {
    listener: settings.listener,
    listenerOptions: {
      headBytesMax: limits.HEAD_BYTES_MAX,
      headerCountMax: limits.HEADER_COUNT_MAX,
      http2: true,
      headersMs: limits.NODE_HEADERS_MS,
      requestMs: limits.NODE_REQUEST_MS,
      keepAliveMs: limits.NODE_KEEPALIVE_MS,
      writeMs: limits.CLIENT_WRITE_MS,
      wsMessageBytesMax: limits.WS_MESSAGE_BYTES_MAX,
      wsIdleS: limits.WS_IDLE_S,
      preamblePeers: trustedPeers,
      ...settings.listenerOptions,
    },
    guard: guardOptions({ trustedPeers, ...settings.guard }),
    upstream: upstreamOptions(settings.upstreamPort, settings.upstream),
    upstreamInFlightMax: limits.UPSTREAM_IN_FLIGHT_MAX,
    breaker: breakerOptions(),
    overload: overloadOptions(),
    clients: clientLimits(),
    upstreamFields: { write: 'x-forwarded', passFromAnyone: [], passOddNames: [] },
    sockets: {
      origins: [],
      messageBytesMax: limits.WS_MESSAGE_BYTES_MAX,
      queueBytesMax: limits.WS_QUEUE_BYTES_MAX,
    },
    pages: {},
    debugRulesHeader: false,
    rateLimitFields: true,
    entry: { https: undefined, certificates: { exemptPaths: [], forward: true } },
    ...settings.options,
  };
  const proxy = new Proxy(
    options,
    slot,
    {
      onExchangeEnd: (record) => void records.push(record),
      onChange: (change) => void changes.push(change),
    },
    settings.clock ?? systemClock,
    settings.ports,
  );
  const port = await proxy.listen('127.0.0.1', 0);
  return {
    port,
    proxy,
    records,
    changes,
    get engine() {
      return slot.current;
    },
    set engine(engine) {
      slot.current = engine;
    },
    close: () => proxy.drain(0),
  };
}
