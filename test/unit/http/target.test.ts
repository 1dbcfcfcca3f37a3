// Request targets.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TARGET_BYTES_MAX } from '../../../src/core/limits.ts';
import { splitTarget } from '../../../src/http/target.ts';

const origin = { absoluteForm: false };
const absolute = { absoluteForm: true };

describe('splitTarget', () => {
  it.each([
    ['/', '/', '', false],
    ['/a?b=c', '/a', 'b=c', true],
    ['/a?', '/a', '', true],
    ['/a?b?c', '/a', 'b?c', true],
    ['//a/b', '//a/b', '', false],
  ])('splits %s', (target, rawPath, query, hasQuery) => {
    const expected = { ok: true, kind: 'origin', rawPath, query, hasQuery, authority: undefined };
    expect(splitTarget(target, 'GET', origin)).toEqual(expected);
  });

  it.each([
    ['', 'empty'],
    ['/a#b', 'fragment'],
    ['/a b', 'control_byte'],
    ['/a\tb', 'control_byte'],
    ['/a\x7f', 'control_byte'],
    ['/\xe9', 'control_byte'],
    ['a', 'form'],
    ['*', 'form'],
    ['?a', 'form'],
    ['example.com:443', 'form'],
    ['http://example.com/', 'form'],
    [`/${'a'.repeat(TARGET_BYTES_MAX)}`, 'too_long'],
  ])('refuses %j as %s', (target, reason) => {
    expect(splitTarget(target, 'GET', origin)).toEqual({ ok: false, reason });
  });

  it('takes the longest target', () => {
    expect(splitTarget('/'.padEnd(TARGET_BYTES_MAX, 'a'), 'GET', origin).ok).toBe(true);
  });

  it('takes the asterisk with OPTIONS only', () => {
    expect(splitTarget('*', 'OPTIONS', origin)).toMatchObject({ ok: true, kind: 'asterisk', rawPath: '*' });
  });

  it.each([
    ['http://Example.com:80/a?b', 'example.com:80', '/a', 'b'],
    ['HTTPS://example.com', 'example.com', '/', ''],
    ['http://example.com?x', 'example.com', '/', 'x'],
  ])('turns %s into origin-form where allowed', (target, authority, rawPath, query) => {
    expect(splitTarget(target, 'GET', absolute)).toMatchObject({
      ok: true,
      kind: 'origin',
      rawPath,
      query,
      authority: { text: authority },
    });
  });

  it.each([
    ['http://user@example.com/', 'host'],
    ['http:///a', 'host'],
    ['http://a\\b/', 'host'],
    ['ftp://example.com/', 'form'],
    ['http:/a', 'form'],
  ])('refuses %s as %s where absolute-form is allowed', (target, reason) => {
    expect(splitTarget(target, 'GET', absolute)).toEqual({ ok: false, reason });
  });

  it('never throws', () => {
    const piece = fc.constantFrom('/', '?', '#', 'http:', 'a', '*', '\\', '@', ':', '\0', '[');
    fc.assert(
      fc.property(
        fc.array(piece).map((p) => p.join('')),
        (t) => void splitTarget(t, 'GET', absolute),
      ),
    );
  });
});
