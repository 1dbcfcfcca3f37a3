/** From the `redis` settings to what connects, and what is said about settings that contradict each other. */
import { describe, expect, it } from 'vitest';
import { toRedisOptions } from '../../../src/app/redis-settings.ts';
import type { RedisConfig } from '../../../src/config/config.ts';

const CONFIG: RedisConfig = {
  url: 'redis://cache:6380/2',
  username: undefined,
  password: undefined,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
  serverName: undefined,
  prefix: 'ward',
  service: undefined,
  commandMs: 25,
  connectMs: 1_000,
  required: false,
};
const options = (changes: Partial<RedisConfig>, environment: Record<string, string> = {}) =>
  toRedisOptions({ ...CONFIG, ...changes }, 'orders api', environment);

describe('redis settings', () => {
  it('name the service after the policy unless told', () => {
    expect(options({})).toMatchObject({
      kind: 'standalone',
      host: 'cache',
      port: 6380,
      db: 2,
      service: 'orders-api',
      prefix: 'ward',
      commandMs: 25,
    });
    expect(options({ service: 'orders' }).service).toBe('orders');
  });

  it('take the password from the environment', () => {
    const secret = { username: 'ward', password: { env: 'REDIS_PASSWORD' } };
    expect(options(secret, { REDIS_PASSWORD: 's3cret' })).toMatchObject({
      username: 'ward',
      password: 's3cret',
    });
    expect(() => options(secret)).toThrow(/REDIS_PASSWORD is missing/);
  });

  it.each([
    [{ url: 'http://cache' }, /redis\.url: the address must begin/],
    [{ username: 'ward' }, /needs redis\.password/],
    [{ serverName: 'cache' }, /rediss/],
    [{ url: 'rediss://cache', certFile: '/nowhere' }, /both cert and key/],
    [{ url: 'rediss://cache', caFile: '/nowhere/ca.pem' }, /redis\.tls\.ca: cannot read .*ENOENT/],
    [{ sentinelUsername: 'x' }, /redis\+sentinel/],
  ] satisfies [Partial<RedisConfig>, RegExp][])('refuse %j', (changes, message) => {
    expect(() => options(changes)).toThrow(message);
  });

  it('never repeat a password', () => {
    let said = '';
    try {
      options({ url: 'redis://ward:hunter2@:70000' });
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain('redis.url');
    expect(said).not.toContain('hunter2');
  });
});
