/** Maps the settings of the external authoriser onto the way to it. */
import type { AuthorizerConfig } from '../config/authorizer-config.ts';
import { systemClock } from '../core/clock.ts';
import { AUTHORIZER_HEAD_BYTES_MAX, UPSTREAM_KEEPALIVE_MS } from '../core/limits.ts';
import type { UpstreamOptions } from '../proxy/upstream/upstream.ts';
import { readTlsClients } from './tls-client-material.ts';

/**
 * Everything about one question ends with its deadline, so that parts of it need no time of their own.
 * @throws SidecarError W_TLS_INVALID when `authorizer.tls.ca` cannot be used
 */
export function toAuthorizerWay(config: AuthorizerConfig): UpstreamOptions {
  const { address, timeoutMs } = config;
  const place = { setting: 'authorizer.tls', name: 'authorizer', config: config.tls, passphrase: undefined };
  const [tls] = readTlsClients([place], systemClock.now()).material;
  return {
    protocol: address.scheme,
    host: address.host,
    port: address.port,
    ...(address.socketPath === undefined ? {} : { socketPath: address.socketPath }),
    ...(address.scheme === 'https' ? { tls: tls ?? {} } : {}),
    connectionsMax: config.connectionsMax,
    queueMax: config.queueMax,
    queueMsMax: timeoutMs,
    connectMs: timeoutMs,
    headersMs: 0,
    idleMs: 0,
    keepAliveMs: UPSTREAM_KEEPALIVE_MS,
    totalMs: timeoutMs,
    headBytesMax: AUTHORIZER_HEAD_BYTES_MAX,
  };
}
