import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AUTOMATON_TABLE_BYTES_MAX, LITERAL_BYTES_MAX } from '../../../src/core/limits.ts';
import { AlphabetPlan, CLAUSE_BITS } from '../../../src/matcher/alphabet-plan.ts';
import { Automaton, tableBytes } from '../../../src/matcher/automaton.ts';
import { BLANKS, ERASED, GAP, withoutGaps } from '../../../src/matcher/literals.ts';

const erase = (text: string): string => [...text].filter((char) => !ERASED.has(char.charCodeAt(0))).join('');
const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

function found(automaton: Automaton, text: string): number[] {
  const count = automaton.scan(text);
  const values = [...automaton.hits.subarray(0, count)].flatMap((hit) => [
    ...automaton.values.subarray(automaton.offsets[hit], automaton.offsets[hit + 1]),
  ]);
  return values.sort((a, b) => a - b);
}

describe('automaton', () => {
  const char = fc.constantFrom('a', 'b', 'A', 'c', ' ', '\n', '\0', "'", '\xe9', '<');
  const text = fc.array(char, { maxLength: 40 }).map((chars) => chars.join(''));
  const texts = fc.array(text, { maxLength: 4 });
  const literal = fc
    .array(fc.constantFrom('a', 'b', 'c', '\xe9', '<'), { minLength: 1, maxLength: 5 })
    .map((chars) => chars.join(''));
  const automatonOf = (literals: readonly string[]): Automaton =>
    new Automaton(new Map(literals.map((value, i) => [value, [i]])));

  test('finds what indexOf finds in the words of the folded text without erased bytes, each literal once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(literal, { maxLength: 12 }), texts, (literals, values) => {
        const automaton = automatonOf(literals);
        for (const value of values) {
          const words = lower(value)
            .split(/[\t\n\v\f\r ]/)
            .map(erase);
          const expected = literals.flatMap((wanted, i) =>
            words.some((word) => word.includes(wanted)) ? [i] : [],
          );
          expect(found(automaton, value), JSON.stringify([literals, value])).toEqual(expected);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  test('finds across blanks where a literal has a gap, and nothing that is not there without blanks', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 2, maxLength: 5 });
    const gapped = fc
      .tuple(short, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }))
      .map(([bytes, gaps]) => [...bytes].map((byte, i) => (i > 0 && gaps[i] ? GAP + byte : byte)).join(''));
    const spread = fc.string({ unit: fc.constantFrom('a', 'b', 'B', ' ', "'"), minLength: 8, maxLength: 20 });
    const values = fc.array(spread, { maxLength: 4 });
    const isThere = (wanted: string, value: string): boolean =>
      new RegExp([...wanted].map((byte) => (byte === GAP ? ' *' : byte)).join('')).test(value);
    let apart = 0;
    fc.assert(
      fc.property(fc.uniqueArray(gapped, { maxLength: 12 }), values, (literals, all) => {
        const automaton = automatonOf(literals);
        for (const value of all) {
          const spaced = [...lower(value)]
            .map((byte) => (BLANKS.has(byte.charCodeAt(0)) ? ' ' : erase(byte)))
            .join('');
          const reported = found(automaton, value);
          literals.forEach((wanted, i) => {
            const where = JSON.stringify([literals, value, wanted]);
            if (isThere(wanted, spaced)) expect(reported, where).toContain(i);
            const isSomewhere = erase(lower(value)).includes(withoutGaps(wanted));
            if (reported.includes(i)) expect(isSomewhere, where).toBe(true);
            else if (isSomewhere) apart++;
          });
        }
      }),
      { numRuns: 1_500 },
    );
    // What blanks part is told apart, or gaps would be for nothing.
    expect(apart).toBeGreaterThan(300);
  });

  test('gaps of one literal do not let another be found across blanks', () => {
    const automaton = automatonOf([`e${GAP}v${GAP}a${GAP}l`, 'env', 'val', `w${GAP}e`, 'wc']);
    expect(found(automaton, 'green velvet')).toEqual([]);
    expect(found(automaton, 'maple valley')).toEqual([0, 2]);
    expect(found(automaton, 'window cabin')).toEqual([]);
    expect(found(automaton, 'w e, awc')).toEqual([3, 4]);
  });

  test('a literal inside another and one that is its end are both reported', () => {
    const automaton = new Automaton(
      new Map([
        ['select', [1]],
        ['elec', [2]],
        ['ct', [3, 4]],
        ['union', [5]],
      ]),
    );
    expect(found(automaton, 'preSE\0LE"CTion')).toEqual([1, 2, 3, 4]);
  });

  test('no literals, no hits', () => {
    expect(found(new Automaton(new Map()), 'anything \xff')).toEqual([]);
  });

  test('characters beyond the bytes do no harm', () => {
    expect(found(new Automaton(new Map([['a', [0]]])), '\u{1f600}a')).toEqual([0]);
  });

  test('the table is as large as foretold', () => {
    const literals = new Map([
      ['abc', [0]],
      ['abd', [1]],
      ['b', [2]],
    ]);
    expect(new Automaton(literals).tableBytes).toBe(tableBytes(literals));
  });
});

describe('plan', () => {
  const requirements = Array.from({ length: 200 }, (_, i) => ({
    clauses: [new Set([`literal${String.fromCharCode(97 + (i % 26), 97 + ((i * 7) % 26))}x`])],
    masks: [],
    minLength: 0,
    maxLength: Infinity,
  }));

  test('literals are cut to eight bytes, and shorter where the table would grow past its limit', () => {
    const roomy = new AlphabetPlan(requirements, AUTOMATON_TABLE_BYTES_MAX);
    expect(roomy.literals).toBe(26);
    const tight = new AlphabetPlan(requirements, 400);
    expect(tight.automaton.tableBytes).toBeLessThanOrEqual(400);
    expect(tight.literals).toBe(1);
    const values = found(tight.automaton, 'literalzzx');
    expect(new Set(values.map((value) => value >> CLAUSE_BITS)).size).toBe(200);
  });

  test('literals that differ behind LITERAL_BYTES_MAX are one to the automaton', () => {
    const plan = (bytes: number): AlphabetPlan =>
      new AlphabetPlan(
        ['x', 'y'].map((end) => ({
          clauses: [new Set(['l'.repeat(bytes) + end])],
          masks: [],
          minLength: 0,
          maxLength: Infinity,
        })),
      );
    expect(plan(LITERAL_BYTES_MAX - 1).literals).toBe(2);
    expect(plan(LITERAL_BYTES_MAX).literals).toBe(1);
  });

  test('a table beyond AUTOMATON_TABLE_BYTES_MAX is never built', () => {
    // Literals of their own with no prefix in common: each byte of each is a state.
    const words = Array.from({ length: 150_000 }, (_, i) => {
      const mixed = Math.imul(i + 1, 2_654_435_761) >>> 0;
      return mixed.toString(36).padStart(7, 'z') + String.fromCharCode(97 + (i % 26));
    });
    const many = [{ clauses: [new Set(words)], masks: [], minLength: 0, maxLength: Infinity }];
    expect(tableBytes(new Map(words.map((word) => [word, [0]])))).toBeGreaterThan(AUTOMATON_TABLE_BYTES_MAX);
    expect(new AlphabetPlan(many).automaton.tableBytes).toBeLessThanOrEqual(AUTOMATON_TABLE_BYTES_MAX);
  });
});
