/** Maps the `redis` settings onto what the limit store wants to know. Reads the files and secrets they name. */
import { readFileSync } from 'node:fs';
import type { RedisConfig } from '../config/config.ts';
import type { SecretSource } from '../config/setting-reader.ts';
import { resolveSecrets } from '../config/secrets.ts';
import { SidecarError } from '../core/errors.ts';
import { parseRedisUrl, redisOptions } from '../limiter/redis/redis-options.ts';
import type { RedisOptions, RedisTarget, RedisTls } from '../limiter/redis/redis-options.ts';

/**
 * @param policy name of the policy, which names the service where the settings do not
 * @throws SidecarError W_CONFIG_INVALID that names the setting, never a password
 */
export function toRedisOptions(
  config: RedisConfig,
  policy: string,
  environment: Readonly<Record<string, string | undefined>>,
): RedisOptions {
  const reading = parseRedisUrl(config.url);
  if (!reading.ok) throw invalid(`redis.url: ${reading.problems.join('; ')}`);
  const target = withTls(withLogin(reading.target, config, environment), config);
  return redisOptions(target, config.service ?? serviceOf(policy), {
    prefix: config.prefix,
    commandMs: config.commandMs,
    connectMs: config.connectMs,
  });
}

/** The policy's name as a part of a key. */
function serviceOf(policy: string): string {
  return policy.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 64) || 'default';
}

function withLogin(
  target: RedisTarget,
  config: RedisConfig,
  environment: Readonly<Record<string, string | undefined>>,
): RedisTarget {
  const secret = (setting: string, source: SecretSource | undefined): string | undefined =>
    source === undefined ? undefined : resolveSecrets({ [setting]: source }, environment).get(setting);
  const password = secret('redis.password', config.password);
  const logged: RedisTarget = {
    ...target,
    ...(config.username === undefined ? {} : { username: config.username }),
    ...(password === undefined ? {} : { password }),
  };
  if (logged.username !== undefined && logged.password === undefined) {
    throw invalid('redis.username needs redis.password');
  }
  const sentinelPassword = secret('redis.sentinel_password', config.sentinelPassword);
  if (logged.kind !== 'sentinel') {
    if (sentinelPassword === undefined && config.sentinelUsername === undefined) return logged;
    throw invalid('redis.sentinel_… is for redis+sentinel:// addresses');
  }
  return {
    ...logged,
    ...(config.sentinelUsername === undefined ? {} : { sentinelUsername: config.sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  };
}

function withTls(target: RedisTarget, config: RedisConfig): RedisTarget {
  const { caFile, certFile, keyFile, serverName } = config;
  const given = [caFile, certFile, keyFile, serverName].some((value) => value !== undefined);
  if (!given) return target;
  if (target.tls === undefined)
    throw invalid('redis.tls is for rediss:// addresses: this one goes without TLS');
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw invalid('redis.tls needs both cert and key, or neither');
  }
  const tls: RedisTls = {
    ...(caFile === undefined ? {} : { ca: read(caFile, 'redis.tls.ca') }),
    ...(certFile === undefined ? {} : { cert: read(certFile, 'redis.tls.cert') }),
    ...(keyFile === undefined ? {} : { key: read(keyFile, 'redis.tls.key') }),
    ...(serverName === undefined ? {} : { serverName }),
  };
  return { ...target, tls };
}

function read(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(
      `${setting}: cannot read ${path}: ${(cause as NodeJS.ErrnoException).code ?? 'unknown error'}`,
    );
  }
}

function invalid(message: string): SidecarError {
  return new SidecarError('W_CONFIG_INVALID', message, { source: 'configuration' });
}
