// The canonical path, its views and what is refused.
import { describe, expect, it } from 'vitest';
import { PATH_VIEWS_MAX } from '../../../src/core/limits.ts';
import { decodePath, foldPath, readPath } from '../../../src/http/path.ts';

const merge = { keepDoubleSlashes: false };
const keep = { keepDoubleSlashes: true };

describe('canonical path', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/log%69n', '/login'],
    ['/%7euser/%2D', '/~user/-'],
    ['/a%2fb%3a', '/a%2Fb%3A'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a/./b/../c', '/a/c'],
    ['/a/..', '/'],
    ['/a/b/.', '/a/b/'],
    ['/../../a', '/a'],
    ['//a///b/', '/a/b/'],
    ['/a//../b', '/b'],
    ['/Admin', '/Admin'],
    ['/a;v=1/b', '/a;v=1/b'],
    ['/.well-known/x', '/.well-known/x'],
    ['/...', '/...'],
    ['/a..b/..c', '/a..b/..c'],
    ['/%252e%252e/', '/%252e%252e/'],
  ])('of %s is %s', (raw, path) => {
    expect(readPath(raw, merge)).toMatchObject({ ok: true, path, forwarded: path });
  });

  it('keeps double slashes where the route wants them, but never in front', () => {
    expect(readPath('//a//b/', keep)).toMatchObject({ path: '/a//b/' });
    expect(readPath('/a/..//b', keep)).toMatchObject({ path: '/b' });
    expect(readPath('/x/http://y', keep)).toMatchObject({ path: '/x/http://y', views: ['/x/http:/y'] });
  });

  it('is a fixed point', () => {
    for (const raw of ['/a%2Fb', '/%7e/./x', '//a//b/..', '/a;b/%C3%A9']) {
      const first = readPath(raw, merge);
      if (!first.ok) throw new Error(raw);
      expect(readPath(first.path, merge)).toEqual(first);
    }
  });
});

describe('views', () => {
  it.each([
    ['/a/b', ['/a/b']],
    ['/Admin', ['/Admin']],
    ['/a%20b', ['/a b']],
    ['/a%2Fb', ['/a%2fb', '/a/b']],
    ['/a\\b', ['/a\\b', '/a/b']],
    ['/a%5Cb', ['/a\\b', '/a/b']],
    ['/a;x=1/b;y', ['/a;x=1/b;y', '/a/b']],
    ['/a/;x/b', ['/a/;x/b', '/a/b']],
    ['/a%3Bx/b', ['/a;x/b', '/a/b']],
    ['/%2561dmin', ['/%61dmin', '/admin']],
    ['/a/..%252fb', ['/a/..%2fb', '/b']],
    ['/a./b.%20', ['/a./b. ', '/a/b']],
    ['/a%20/...', ['/a /...', '/a/...']],
    ['/a%2520', ['/a%20', '/a ', '/a']],
  ])('of %s', (raw, views) => {
    expect(readPath(raw, merge)).toMatchObject({ ok: true, views });
  });

  it('are no more than the limit', () => {
    const reading = readPath('/a%2Fb\\c;d./e%5Cf%252Fg%255Ch%253Bi./J.', merge);
    if (!reading.ok) throw new Error(reading.reason);
    expect(reading.views.length).toBe(PATH_VIEWS_MAX);
    expect(new Set(reading.views).size).toBe(PATH_VIEWS_MAX);
  });

  it('are made in linear time of dots without end', () => {
    expect(readPath(`/${'.'.repeat(8_000)}x/${'%20.'.repeat(2_000)}`, merge).ok).toBe(true);
  });

  it('are what decodePath makes of a literal route, and foldPath in lower case', () => {
    expect(decodePath('/Caf%C3%A9/a%2Fb')).toBe('/Caf\xc3\xa9/a%2fb');
    expect(foldPath('/Caf%C3%A9/a%2Fb')).toBe('/caf\xc3\xa9/a%2fb');
  });
});

describe('refusal', () => {
  it.each([
    ['', 'form'],
    ['a', 'form'],
    ['*', 'form'],
    ['/\\evil/admin', 'form'],
    ['/a%', 'broken_escape'],
    ['/a%4', 'broken_escape'],
    ['/a%zz', 'broken_escape'],
    ['/a%00', 'control_byte'],
    ['/a%0d%0aX', 'control_byte'],
    ['/a%7F', 'control_byte'],
    ['/a b', 'control_byte'],
    ['/a\0', 'control_byte'],
    ['/\xe9', 'charset'],
    ['/%e9', 'charset'],
    ['/%c0%ae%c0%ae/', 'charset'],
    ['/%ed%a0%80', 'charset'],
    ['/a/%2e%2e/b', 'hidden_dot_segment'],
    ['/a/.%2E/b', 'hidden_dot_segment'],
    ['/%2e', 'hidden_dot_segment'],
    ['/a/..%2fb', 'hidden_dot_segment'],
    ['/a/..%5cb', 'hidden_dot_segment'],
    ['/a/..\\b', 'hidden_dot_segment'],
    ['/a\\..', 'hidden_dot_segment'],
    ['/a/..;/b', 'hidden_dot_segment'],
    ['/a/.;x/b', 'hidden_dot_segment'],
    ['/a/..%3bx/b', 'hidden_dot_segment'],
    ['/a%2f..', 'hidden_dot_segment'],
    ['/a/..%2f%2e%2e/%2561', 'hidden_dot_segment'],
    ['/a/..%20/b', 'hidden_dot_segment'],
    ['/a/b/.%20%20', 'hidden_dot_segment'],
  ])('of %j as %s', (raw, reason) => {
    expect(readPath(raw, merge)).toEqual({ ok: false, reason });
    expect(readPath(raw, keep)).toEqual({ ok: false, reason });
  });
});
