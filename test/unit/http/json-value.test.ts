// Whole JSON texts, and what JSON.parse would have let through.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JSON_DEPTH_MAX } from '../../../src/core/limits.ts';
import { parseJson } from '../../../src/http/json-value.ts';

it('reads values, with text as UTF-8 bytes', () => {
  expect(parseJson('{"a":[1,true,null,"\\u00e9","\xc3\xa9"]}')).toEqual(
    Object.assign(Object.create(null) as object, { a: [1, true, null, '\xc3\xa9', '\xc3\xa9'] }),
  );
  expect(parseJson(' "a:b{[\\"" ')).toBe('a:b{["');
});

it.each([
  ...[
    '',
    '{',
    '{a:1}',
    '[1,]',
    "'a'",
    '{"a":1}x',
    'nul',
    '"\\x41"',
    '01',
    '"a\nb"',
    '"\xe9"',
    '"\xc0\xaf"',
    '\ufeff1',
  ],
  ...['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"x":{"a":1,"a":1}}]'],
])('refuses %j', (text) => {
  expect(parseJson(text)).toBeUndefined();
});

it('keeps special keys as data', () => {
  const value = parseJson('{"__proto__":{"x":1},"constructor":2}') as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(value)).toBeNull();
  expect((value as { x?: number }).x).toBeUndefined();
});

it('freezes what it gives', () => {
  expect(() => (parseJson('[[1]]') as number[][])[0]!.push(2)).toThrow(TypeError);
});

it('reads to the depth limit and no further', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(parseJson(nested(JSON_DEPTH_MAX))).toBeDefined();
  expect(parseJson(nested(JSON_DEPTH_MAX + 1))).toBeUndefined();
  expect(parseJson(nested(1_000_000))).toBeUndefined();
});

it('agrees with JSON.parse on what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = Buffer.from(JSON.stringify(value), 'utf8').toString('latin1');
      const expected: unknown = JSON.parse(text, (_key, item: unknown) => item);
      expect(JSON.parse(JSON.stringify(parseJson(text)))).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
