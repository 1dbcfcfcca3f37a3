/** What the client of Redis is told, as far as no outage shows it within a test's time. */
import { Cluster, type Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { REDIS_KEEP_ALIVE_MS, REDIS_SLOTS_REFRESH_MS } from '../../../src/core/limits.ts';
import { makeRedisClient } from '../../../src/limiter/redis/redis-client.ts';
import { optionsAt } from '../../support/redis-store.ts';

/** A client that found nobody (port 9 of the loopback) and was ended. */
function clientAt(url: string): Redis | Cluster {
  const client = makeRedisClient(optionsAt(url));
  client.on('error', () => undefined);
  client.disconnect();
  return client;
}

it('has the kernel ask after idle connections, of every kind', () => {
  expect(clientAt('redis://127.0.0.1:9').options).toMatchObject({ keepAlive: REDIS_KEEP_ALIVE_MS });
  expect(clientAt('redis+sentinel://127.0.0.1:9/main').options).toMatchObject({
    keepAlive: REDIS_KEEP_ALIVE_MS,
  });
  expect(clientAt('redis+cluster://127.0.0.1:9').options).toMatchObject({
    redisOptions: { keepAlive: REDIS_KEEP_ALIVE_MS },
  });
});

it('asks a Cluster for its slots every REDIS_SLOTS_REFRESH_MS', () => {
  const client = clientAt('redis+cluster://127.0.0.1:9');
  expect(client).toBeInstanceOf(Cluster);
  expect(client.options).toMatchObject({ slotsRefreshInterval: REDIS_SLOTS_REFRESH_MS });
});
