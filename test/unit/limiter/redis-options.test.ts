/** Addresses of Redis: every form, and problems that name the place but never repeat the text. */
import { describe, expect, it } from 'vitest';
import { REDIS_DATABASE_MAX, REDIS_NODES_MAX, REDIS_URL_CHARS_MAX } from '../../../src/core/limits.ts';
import { STORE_DEADLINE_MS_DEFAULT, REDIS_CONNECT_MS } from '../../../src/core/limits.ts';
import { parseRedisUrl, redisOptions } from '../../../src/limiter/redis/redis-options.ts';

function target(text: string): unknown {
  const reading = parseRedisUrl(text);
  return reading.ok ? reading.target : reading.problems;
}

function problems(text: string): readonly string[] {
  const reading = parseRedisUrl(text);
  return reading.ok ? [] : reading.problems;
}

describe('an address of Redis', () => {
  it.each([
    ['redis://cache', { kind: 'standalone', host: 'cache', port: 6379, db: 0 }],
    ['REDIS://cache:7000/', { kind: 'standalone', host: 'cache', port: 7000, db: 0 }],
    ['redis://127.0.0.1:6380/3', { kind: 'standalone', host: '127.0.0.1', port: 6380, db: 3 }],
    ['redis://[::1]:6380', { kind: 'standalone', host: '::1', port: 6380, db: 0 }],
    ['redis://[fe80::1]', { kind: 'standalone', host: 'fe80::1', port: 6379, db: 0 }],
    ['rediss://cache', { kind: 'standalone', host: 'cache', port: 6379, db: 0, tls: {} }],
    ['redis://:s%3Ae%40c@cache', { kind: 'standalone', host: 'cache', port: 6379, db: 0, password: 's:e@c' }],
    [
      'redis://ward:pa:ss@x/y@cache/1',
      { kind: 'standalone', host: 'cache', port: 6379, db: 1, username: 'ward', password: 'pa:ss@x/y' },
    ],
    [
      'redis+sentinel://a,b:26380/main',
      {
        kind: 'sentinel',
        name: 'main',
        nodes: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 26380 },
        ],
        db: 0,
      },
    ],
    [
      'rediss+sentinel://:x@a/main/2',
      { kind: 'sentinel', name: 'main', nodes: [{ host: 'a', port: 26379 }], db: 2, password: 'x', tls: {} },
    ],
    [
      'redis+cluster://a:7000,[::1]:7001',
      {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 7000 },
          { host: '::1', port: 7001 },
        ],
      },
    ],
    ['rediss+cluster://a/0', { kind: 'cluster', nodes: [{ host: 'a', port: 6379 }], tls: {} }],
  ])('reads %s', (text, expected) => {
    expect(target(text)).toEqual(expected);
  });

  it.each([
    [
      'cache:6379',
      ['the address must begin with redis://, rediss://, redis+sentinel:// or redis+cluster://'],
    ],
    ['redis://', ['the host is missing']],
    ['redis://a:0', ['the port of the host is no number between 1 and 65535']],
    ['redis://a:70000', ['the port of the host is no number between 1 and 65535']],
    ['redis://a:', ['the port of the host is no number between 1 and 65535']],
    ['redis://a,b', ['several hosts need redis+sentinel:// or redis+cluster://']],
    ['redis://a/0/1', ['only a database number may follow the host']],
    ['redis://a/x', [`the database must be a number between 0 and ${REDIS_DATABASE_MAX}`]],
    ['redis://ward@a', ['a user needs a password: user:password@']],
    ['redis+sentinel://a', ['the hosts must be followed by /NAME, the name of the master']],
    ['redis+sentinel://a/b/1/2', ['only a database number may follow the name of the master']],
    ['redis+cluster://a/1', ['a cluster has database 0 only']],
    ['redis+cluster://a,,b', ['host 2 is missing']],
    [
      'redis://a b',
      [
        'the address has a space, ? or #; options are settings of their own, in a password write %20, %3F, %23',
      ],
    ],
  ])('refuses %s', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it.each([
    'redis://u:hunter2:@',
    'redis://u:hunter2',
    'redis://u:hunter2%zz@host',
    'redis://u:pw@hunter2@host:x',
    'redis://host:hunter2/0',
    'redis://host/hunter2',
    'hunter2://host',
    'redis+sentinel://a:hunter2,b:1/hunter2 x',
    'redis://u:hunter2@host?x',
  ])('never repeats what may be a secret: %s', (text) => {
    expect(problems(text)).not.toEqual([]);
    expect(problems(text).join()).not.toContain('hunter2');
  });

  it('has bounds', () => {
    const hosts = (count: number): string => `redis+cluster://${Array(count).fill('h').join()}`;
    expect(parseRedisUrl(hosts(REDIS_NODES_MAX)).ok).toBe(true);
    expect(problems(hosts(REDIS_NODES_MAX + 1))).toEqual([`there are more than ${REDIS_NODES_MAX} hosts`]);
    expect(parseRedisUrl(`redis://h/${REDIS_DATABASE_MAX}`).ok).toBe(true);
    expect(parseRedisUrl(`redis://h/${REDIS_DATABASE_MAX + 1}`).ok).toBe(false);
    const long = (chars: number): string => `redis://:${'p'.repeat(chars - 'redis://:@h'.length)}@h`;
    expect(parseRedisUrl(long(REDIS_URL_CHARS_MAX)).ok).toBe(true);
    expect(parseRedisUrl(long(REDIS_URL_CHARS_MAX + 1)).ok).toBe(false);
  });
});

it('completes an address with what has defaults', () => {
  const reading = parseRedisUrl('redis://cache');
  if (!reading.ok) throw new Error('unread');
  expect(redisOptions(reading.target, 'shop', { commandMs: 20 })).toEqual({
    kind: 'standalone',
    host: 'cache',
    port: 6379,
    db: 0,
    prefix: 'ward',
    service: 'shop',
    commandMs: 20,
    connectMs: REDIS_CONNECT_MS,
  });
  expect(redisOptions(reading.target, 'shop').commandMs).toBe(STORE_DEADLINE_MS_DEFAULT);
});
