// Cookie lines as servers read them.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { COOKIE_COUNT_MAX } from '../../../src/core/limits.ts';
import { parseCookies } from '../../../src/http/cookies.ts';

it.each([
  ['a=1; b=2', ['a', '1', 'b', '2']],
  ['a=1;b=2', ['a', '1', 'b', '2']],
  ['a=1; a=2', ['a', '1', 'a', '2']],
  ['a="x y"; b=%41', ['a', '"x y"', 'b', '%41']],
  ['a=b=c', ['a', 'b=c']],
  [' a = 1 ;; ', ['a', '1']],
  ['lonely', ['', 'lonely']],
  ['=v', ['', 'v']],
  ['a=', ['a', '']],
  ['a="1;2"', ['a', '"1', '', '2"']],
  ['', []],
])('reads %j as %j', (line, pairs) => {
  expect(parseCookies(line)).toEqual({ pairs, truncated: false });
});

it('stops at the limit and says so', () => {
  expect(parseCookies('a=1;'.repeat(COOKIE_COUNT_MAX)).truncated).toBe(false);
  const over = parseCookies('a=1;'.repeat(COOKIE_COUNT_MAX + 1));
  expect(over.truncated).toBe(true);
  expect(over.pairs).toHaveLength(COOKIE_COUNT_MAX * 2);
});

it('never throws and loses no byte but blanks and separators', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '=', ';', ' ', '"', '\xff') }), (line) => {
      const { pairs } = parseCookies(line);
      const kept = pairs.join('').replace(/[ =]/g, '');
      expect(kept).toBe(line.replace(/[ ;=]/g, ''));
    }),
  );
});
