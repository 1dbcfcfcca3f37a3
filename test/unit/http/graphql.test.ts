/** What GraphQL documents ask for, what is no document, and towers that only grow when they are spread. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GRAPHQL_DEPTH_MAX, GRAPHQL_FRAGMENTS_MAX, GRAPHQL_SPREADS_MAX } from '../../../src/core/limits.ts';
import { type GraphqlMeasures, measureGraphql } from '../../../src/http/graphql.ts';

const measures = (depth: number, aliases: number, fields: number): GraphqlMeasures => ({
  depth,
  aliases,
  fields,
});

describe('measureGraphql', () => {
  it.each([
    ['{ a }', measures(1, 0, 1)],
    [
      'query Q($id: ID! = "}{", $n: [Int!] = [1, 2]) @d(x: {y: "{"}) { a(id: $id) { b c } }',
      measures(2, 0, 3),
    ],
    ['mutation { x: a(in: { k: [{ v: "}" }] }) y: a }', measures(1, 2, 2)],
    ['{ a { ... on T { b } ... { c } ...F } } fragment F on T { d { e } }', measures(3, 0, 5)],
    ['query A { a } query B { a { b } }', measures(2, 0, 2)],
    ['{a#}\n,b\ufeff c """ } "" \\""" { """}', null],
    ['{ a(s: """ } "" \\""" { """) }', measures(1, 0, 1)],
    ['{ query: fragment on: mutation }', measures(1, 2, 2)],
    ['subscription { a } fragment Unused on T { b { c { d } } }', measures(1, 0, 1)],
  ])('%s', (text, expected) => {
    expect(measureGraphql(text)).toEqual(expected);
  });

  it.each([
    '',
    'hello',
    '{',
    '{ }',
    '{ a } }',
    '{ a { } }',
    '{ a( }',
    '{ a: }',
    'type T { a: Int }',
    '{ ...Missing }',
    '{ ...A } fragment A on T { ...B } fragment B on T { a { ...A } }',
    '{ ...A } fragment A on T { ...A }',
    'fragment A on T { a }',
    '{ ...A } fragment A on T { a } fragment A on T { b }',
    '{ a ~ }',
    '{ a(s: "unclosed) }',
  ])('knows nothing of %j', (text) => {
    expect(measureGraphql(text)).toBeNull();
  });

  it('counts a tower of fragments in full and at once', () => {
    const levels = 60;
    const tower = Array.from(
      { length: levels },
      (_, i) => `fragment F${i} on T { a { ...F${i + 1} ...F${i + 1} } }`,
    );
    const text = `{ ...F0 } ${tower.join(' ')} fragment F${levels} on T { x: a }`;
    expect(measureGraphql(text)).toEqual(measures(levels + 1, 1e15, 1e15));
  });

  it('gives up beyond GRAPHQL_DEPTH_MAX, GRAPHQL_FRAGMENTS_MAX and GRAPHQL_SPREADS_MAX', () => {
    const nested = (depth: number): string => `${'{a'.repeat(depth)}${'}'.repeat(depth)}`;
    expect(measureGraphql(nested(GRAPHQL_DEPTH_MAX))?.depth).toBe(GRAPHQL_DEPTH_MAX);
    expect(measureGraphql(nested(GRAPHQL_DEPTH_MAX + 1))).toBeNull();
    const fragments = (count: number): string =>
      `{ a } ${Array.from({ length: count }, (_, i) => `fragment F${i} on T { a }`).join(' ')}`;
    expect(measureGraphql(fragments(GRAPHQL_FRAGMENTS_MAX))).not.toBeNull();
    expect(measureGraphql(fragments(GRAPHQL_FRAGMENTS_MAX + 1))).toBeNull();
    const spreads = (count: number): string => `{ ${'...F '.repeat(count)} } fragment F on T { a }`;
    expect(measureGraphql(spreads(GRAPHQL_SPREADS_MAX))?.fields).toBe(GRAPHQL_SPREADS_MAX);
    expect(measureGraphql(spreads(GRAPHQL_SPREADS_MAX + 1))).toBeNull();
  });

  it('agrees with trees that were printed in any layout, and takes any text', () => {
    interface Field {
      readonly alias: boolean;
      readonly below: readonly Field[];
    }
    const field: fc.Memo<Field> = fc.memo((depth) =>
      fc.record({
        alias: fc.boolean(),
        below: depth <= 1 ? fc.constant([]) : fc.array(field(depth - 1), { maxLength: 3 }),
      }),
    );
    const print = ({ alias, below }: Field, gap: string): string =>
      `${alias ? `x${gap}:` : ''}f(a:"{")${below.length === 0 ? '' : `{${gap}${below.map((one) => print(one, gap)).join(`${gap} `)}}`}`;
    const sum = (fields: readonly Field[]): GraphqlMeasures =>
      fields.reduce<GraphqlMeasures>(
        (total, { alias, below }) => {
          const inner = sum(below);
          return measures(
            Math.max(total.depth, 1 + inner.depth),
            total.aliases + inner.aliases + Number(alias),
            total.fields + inner.fields + 1,
          );
        },
        measures(0, 0, 0),
      );
    const seed = Number(process.env['FC_SEED'] ?? 1);
    fc.assert(
      fc.property(
        fc.array(field(5), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(' ', '\n,', '#}\n', '\t'),
        (fields, gap) => {
          expect(measureGraphql(`{${fields.map((one) => print(one, gap)).join(`${gap} `)}}`)).toEqual(
            sum(fields),
          );
        },
      ),
      { seed, numRuns: 200 },
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '{',
            '}',
            '...',
            'a',
            ':',
            '(',
            ')',
            '"',
            '""',
            '@',
            '$',
            'on',
            'fragment',
            ' ',
            '\\',
            '#',
          ),
        ),
        (tokens) => {
          measureGraphql(tokens.join(''));
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});
