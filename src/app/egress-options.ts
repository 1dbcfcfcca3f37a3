/** Maps the configuration of egress onto what the wire wants to know. */
import type { Config } from '../config/config.ts';
import type { EgressConfig } from '../config/egress-config.ts';
import { SidecarError } from '../core/errors.ts';
import { UPSTREAM_IN_FLIGHT_MAX } from '../core/limits.ts';
import { type Cidr, parseIp, readCidr } from '../http/address.ts';
import { AddressGuard } from '../proxy/egress/address-guard.ts';
import type { EgressOptions } from '../proxy/egress/egress-proxy.ts';
import { toProxyOptions } from './proxy-options.ts';

/**
 * Limits of a listener hold against clients; here the only one is the service, which has all of them for itself.
 * @throws SidecarError W_CONFIG_INVALID for a host that could never be called
 */
export function toEgressOptions(config: Config, egress: EgressConfig): EgressOptions {
  const privateNetworks = egress.privateNetworks.map(toNetwork);
  demandPermitted(egress, privateNetworks);
  const { upstream } = config;
  return {
    hosts: egress.hosts.map(({ tls, ...host }) => ({
      ...host,
      protocol: tls === undefined ? 'http' : 'https',
    })),
    upstream: {
      privateNetworks,
      dnsServers: egress.dnsServers,
      breaker: upstream.breaker,
      queueMax: upstream.queueMax,
      queueMsMax: upstream.queueMs,
      keepAliveMs: upstream.keepAliveMs,
    },
    proxy: toEgressProxyOptions(config, egress),
  };
}

function toEgressProxyOptions(config: Config, egress: EgressConfig): EgressOptions['proxy'] {
  const { limits, overload, upstream } = config;
  const { listenerOptions, guard, clients, sockets } = toProxyOptions(config, undefined);
  return {
    listener: 'node',
    listenerOptions: { ...listenerOptions, preamblePeers: [] },
    guard: {
      ...guard,
      trustedPeers: [],
      clientSource: 'peer',
      proxyProtocol: false,
      // The list of egress decides, with reasons of its own.
      hosts: [],
      oddNames: 'drop',
      refusedMethods: ['TRACE', 'TRACK', 'CONNECT'],
      // Paths mean what the other side says they mean.
      keepDoubleSlashes: true,
    },
    upstream: undefined,
    upstreamInFlightMax: UPSTREAM_IN_FLIGHT_MAX,
    // Each host has one of its own.
    breaker: { ...upstream.breaker, enabled: false },
    overload: { ...overload, keep: [], inFlightPerClient: 0, resetsPerClient: 0 },
    clients: { ...clients, connectionsPerClient: limits.connectionsMax },
    upstreamFields: { write: 'none', passFromAnyone: egress.passHeaders, passOddNames: egress.passHeaders },
    sockets,
    pages: {},
    debugRulesHeader: config.debugRulesHeader,
    rateLimitFields: false,
    entry: { https: undefined, certificates: { exemptPaths: [], forward: false } },
  };
}

function toNetwork(text: string): Cidr {
  const reading = readCidr(text);
  if (reading.ok) return reading.cidr;
  const meant = reading.suggestion === undefined ? '' : `; ${reading.suggestion} is meant?`;
  throw invalid(`egress.private_networks: ${text} is no network${meant}`, 'host bits must be zero');
}

/** An address that is listed but could never be called is a mistake to be told at once. */
function demandPermitted({ hosts }: EgressConfig, privateNetworks: readonly Cidr[]): void {
  const guard = new AddressGuard(privateNetworks);
  for (const [index, { host }] of hosts.entries()) {
    const address = parseIp(host.replace(/^\[|\]$/g, ''));
    if (address === null || guard.permits(address)) continue;
    const bits = address.family === 4 ? 32 : 128;
    const hint = `if it is meant to be called, add ${address.text}/${bits} to egress.private_networks`;
    throw invalid(`egress.hosts[${index}]: ${host} is not on the public internet`, hint);
  }
}

function invalid(message: string, hint: string): SidecarError {
  return new SidecarError('W_CONFIG_INVALID', message, { source: 'configuration', hint });
}
