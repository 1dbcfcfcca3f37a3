// Queries as servers read them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUERY_PAIRS_MAX } from '../../../src/core/limits.ts';
import { parseQuery } from '../../../src/http/query.ts';

const pairs = (query: string): string[][] => parseQuery(query).pairs.map(({ name, value }) => [name, value]);

describe('parseQuery', () => {
  it.each([
    ['', []],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a', [['a', '']]],
    ['=x', [['', 'x']]],
    ['&&a=&', [['a', '']]],
    ['a=b=c', [['a', 'b=c']]],
    ['q=a+b%2Bc%20d', [['q', 'a b+c d']]],
    ['%71=%2541', [['q', '%41']]],
    [
      'q=100%&r=%zz%4',
      [
        ['q', '100%'],
        ['r', '%zz%4'],
      ],
    ],
    ['q=%C3%A9', [['q', '\xc3\xa9']]],
    ['a;b=1', [['a;b', '1']]],
  ])('reads %j', (query, expected) => {
    expect(pairs(query)).toEqual(expected);
  });

  it('says where each value stands', () => {
    const query = 'a=1&bc=%41x&d';
    for (const { at, length, value } of parseQuery(query).pairs) {
      expect(decodeURIComponent(query.slice(at, at + length))).toBe(value);
    }
  });

  it('stops at the limit and says so', () => {
    expect(parseQuery('a&'.repeat(QUERY_PAIRS_MAX))).toMatchObject({ truncated: false });
    const over = parseQuery('a&'.repeat(QUERY_PAIRS_MAX + 1));
    expect(over.truncated).toBe(true);
    expect(over.pairs).toHaveLength(QUERY_PAIRS_MAX);
  });

  it('agrees with URLSearchParams on valid UTF-8', () => {
    const piece = fc.constantFrom('q', 'z', '=', '&', '+', '%41', '%2B', '%', '%4', '%C3%A9', '%26', '%3D');
    fc.assert(
      fc.property(
        fc.array(piece).map((p) => p.join('')),
        (query) => {
          const oracle = [...new URLSearchParams(query)].map((pair) =>
            pair.map((text) => Buffer.from(text, 'utf8').toString('latin1')),
          );
          expect(pairs(query)).toEqual(oracle);
        },
      ),
      { numRuns: 500 },
    );
  });
});
