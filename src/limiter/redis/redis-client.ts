/** Makes the client of ioredis, set up so that no command ever waits for a Redis that is not there. */
import { Cluster, Redis } from 'ioredis';
import type { ClusterOptions, RedisOptions as ClientOptions } from 'ioredis';
import {
  REDIS_KEEP_ALIVE_MS,
  REDIS_REDIRECTIONS_MAX,
  REDIS_RETRY_MS,
  REDIS_RETRY_MS_MAX,
  REDIS_SILENCE_MS,
  REDIS_SLOTS_REFRESH_MS,
} from '../../core/limits.ts';
import type { RedisOptions } from './redis-options.ts';

/** Connects in the background, for ever. The caller listens to `error`. */
export function makeRedisClient(options: RedisOptions): Redis | Cluster {
  const shared = sharedOptions(options);
  switch (options.kind) {
    case 'standalone':
      return new Redis({ ...shared, host: options.host, port: options.port, db: options.db });
    case 'sentinel':
      return new Redis({ ...shared, ...sentinelOptions(options), db: options.db });
    case 'cluster':
      return new Cluster([...options.nodes], clusterOptions(options, shared));
  }
}

/** Milliseconds before attempt `times` (from 1): anywhere between half of the doubled pause and the whole. */
export function retryPauseMs(times: number, random = Math.random()): number {
  const pause = Math.min(REDIS_RETRY_MS_MAX, REDIS_RETRY_MS * 2 ** Math.min(times - 1, 16));
  return Math.ceil(pause * (0.5 + random / 2));
}

function sharedOptions(options: RedisOptions): ClientOptions {
  const { username, password } = options;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(options.tls === undefined ? {} : { tls: tlsOptions(options) }),
    connectionName: `ward:${options.service.replace(/[^\x21-\x7e]+/g, '-')}`,
    disableClientInfo: true,
    connectTimeout: options.connectMs,
    socketTimeout: REDIS_SILENCE_MS,
    keepAlive: REDIS_KEEP_ALIVE_MS,
    noDelay: true,
    enableOfflineQueue: false,
    // What was sent may have been counted: it is never sent twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => retryPauseMs(times),
    // A master that became a replica: ask anew who the master is.
    reconnectOnError: (error) => error.message.includes('READONLY'),
  };
}

function sentinelOptions(options: RedisOptions & { readonly kind: 'sentinel' }): ClientOptions {
  const { sentinelUsername, sentinelPassword } = options;
  return {
    sentinels: [...options.nodes],
    name: options.name,
    role: 'master',
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(options.tls === undefined
      ? {}
      : { sentinelTLS: tlsOptions(options), enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: options.connectMs,
    sentinelRetryStrategy: (times) => retryPauseMs(times),
  };
}

function clusterOptions(options: RedisOptions, node: ClientOptions): ClusterOptions {
  return {
    redisOptions: node,
    enableOfflineQueue: false,
    slotsRefreshInterval: REDIS_SLOTS_REFRESH_MS,
    slotsRefreshTimeout: options.connectMs,
    maxRedirections: REDIS_REDIRECTIONS_MAX,
    // No second attempt after a pause: who asks has a deadline, and what was sent may have been counted.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    clusterRetryStrategy: (times) => retryPauseMs(times),
    // A certificate carries the name of a node, not the address it resolves to.
    ...(options.tls === undefined ? {} : { dnsLookup: (host, done) => done(null, host) }),
  };
}

function tlsOptions(options: RedisOptions): NonNullable<ClientOptions['tls']> {
  const { ca, cert, key, serverName } = options.tls ?? {};
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: true,
  };
}
