/** A connection and a store on a Redis that a test started. */
import { RedisConnection } from '../../src/limiter/redis/redis-connection.ts';
import { parseRedisUrl, redisOptions } from '../../src/limiter/redis/redis-options.ts';
import type { RedisOptions, RedisTarget, RedisTuning } from '../../src/limiter/redis/redis-options.ts';
import { RedisStore } from '../../src/limiter/redis/redis-store.ts';

export interface OpenStore {
  readonly connection: RedisConnection;
  readonly store: RedisStore;
}

export function optionsAt(url: string, wish: Partial<RedisTuning> & Partial<RedisTarget> = {}): RedisOptions {
  const reading = parseRedisUrl(url);
  if (!reading.ok) throw new Error(reading.problems.join());
  return { ...redisOptions(reading.target, wish.service ?? 'test', wish), ...wish } as RedisOptions;
}

/** Connected, or it throws what the probe says. */
export async function openStore(
  url: string,
  wish: Partial<RedisTuning> & Partial<RedisTarget> = {},
): Promise<OpenStore> {
  const connection = new RedisConnection(optionsAt(url, wish));
  const probe = await connection.probe();
  if (!probe.ok) {
    connection.close();
    throw new Error(`${probe.reason}: ${probe.text}`);
  }
  return { connection, store: new RedisStore(connection) };
}
