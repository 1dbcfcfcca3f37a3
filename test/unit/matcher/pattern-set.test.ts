import { describe, expect, test } from 'vitest';
import { CHAIN_VARIANTS_MAX, LITERALS_PER_CLAUSE_MAX } from '../../../src/core/limits.ts';
import { ERASED_BYTES } from '../../../src/http/transform/transformation.ts';
import { ByteSet } from '../../../src/matcher/byte-set.ts';
import { ERASED } from '../../../src/matcher/literals.ts';
import { CandidateBuffer, type ChainStep, type Need, PatternSet } from '../../../src/matcher/pattern-set.ts';
import { compileRegex, RegexSyntaxError } from '../../../src/matcher/regex.ts';

const step = (key: string, apply: (text: string) => string, rest: Partial<ChainStep> = {}): ChainStep => ({
  key,
  apply,
  triggers: null,
  erases: false,
  keepOriginal: false,
  ...rest,
});
const regex = (source: string, flags = ''): Need => ({ kind: 'regex', source, flags });

function scan(set: PatternSet, text: string, target = 0): number[] {
  const out = new CandidateBuffer(1);
  set.scan(target, text, out);
  return [...out.ids.subarray(0, out.count)].sort((a, b) => a - b);
}

const single = (need: Need, chain: readonly ChainStep[] = []): PatternSet =>
  new PatternSet([{ id: 1, chain, need, targets: [0] }]);

test('the scanner skips the bytes the transformations call erased', () => {
  expect(ERASED.bytes()).toEqual(ByteSet.of(ERASED_BYTES).bytes());
});

describe('candidates', () => {
  test('an entry without an exact search is possible, one with it is confirmed or left out', () => {
    const exact = compileRegex('ab{2}c', '');
    const set = new PatternSet([
      { id: 7, chain: [], need: regex('ab{2}c'), targets: [0] },
      { id: 8, chain: [], need: regex('ab{2}c'), exact, targets: [0] },
    ]);
    const out = new CandidateBuffer();
    set.scan(0, 'xABBC', out);
    expect([out.count, out.ids[0], out.confirmed[0]]).toEqual([1, 7, 0]);
    set.scan(0, 'xabbc', out);
    const confirmed = new Map([...out.ids.subarray(0, out.count)].map((id, i) => [id, out.confirmed[i]]));
    expect(confirmed).toEqual(
      new Map([
        [7, 0],
        [8, 1],
      ]),
    ); // prettier-ignore
  });

  test('a target sees its own entries only, an unknown target none', () => {
    const set = new PatternSet([
      { id: 1, chain: [], need: regex('abc'), targets: [0, 2] },
      { id: 2, chain: [], need: regex('abc'), targets: [1] },
      { id: 3, chain: [], need: { kind: 'always' }, targets: [2] },
    ]);
    expect([0, 1, 2, 3].map((target) => scan(set, 'abc', target))).toEqual([[1], [2], [1, 3], []]);
  });

  test('values without the literals, the bytes or the length are spared', () => {
    expect(scan(single(regex('select.*from')), 'select it')).toEqual([]);
    expect(scan(single(regex('[<>]')), 'a = b')).toEqual([]);
    expect(scan(single({ kind: 'always', minLength: 3, maxLength: 4 }), 'ab')).toEqual([]);
    expect(scan(single({ kind: 'always', minLength: 3, maxLength: 4 }), 'abcde')).toEqual([]);
    expect(scan(single(regex('^\\w{2,4}$')), 'abcde')).toEqual([]);
    expect(scan(single({ kind: 'literals', any: [], fold: false, at: 'anywhere' }), 'x')).toEqual([]);
  });

  test('what words have only together is no candidate, unless blanks may stand there', () => {
    const blanks = step('blanks', (text) => text.replaceAll(/ (?=\/)/g, ''), {
      triggers: ' ',
      erases: true,
      brings: '',
    });
    const before = (joins: string): ChainStep => ({ ...blanks, key: `blanks ${joins}`, joins });
    expect(scan(single(regex('env|eval')), 'green velvet, maple valley')).toEqual([]);
    expect(scan(single(regex('env|eval')), 'an environment')).toEqual([1]);
    expect(scan(single(regex('e\\s*nv')), 'green velvet')).toEqual([]);
    expect(scan(single(regex('en\\s*v')), 'green velvet')).toEqual([1]);
    expect(scan(single(regex('en["\\s]?v')), 'green\nvelvet')).toEqual([1]);
    expect(scan(single(regex('env'), [before('')]), 'green velvet')).toEqual([]);
    expect(scan(single(regex('en/v'), [before('/')]), 'en /v')).toEqual([1]);
    expect(scan(single(regex('en/v'), [before('/')]), 'en/ v')).toEqual([]);
    expect(scan(single(regex('env'), [blanks]), 'green velvet')).toEqual([1]);
  });

  test('the empty value is a value', () => {
    expect(scan(single(regex('^$')), '')).toEqual([1]);
    expect(scan(single({ kind: 'always' }), '')).toEqual([1]);
    expect(scan(single(regex('x'), [step('x', () => 'x')]), '')).toEqual([1]);
  });

  test('no entries, no candidates; equal ids are a mistake; a bad regex is the error of its author', () => {
    expect(scan(new PatternSet([]), 'x')).toEqual([]);
    const entry = { id: 1, chain: [], need: regex('a'), targets: [0] };
    expect(() => new PatternSet([entry, entry])).toThrow('unique');
    expect(() => single(regex('('))).toThrow(RegexSyntaxError);
  });
});

describe('chains', () => {
  test('a trigger that counts at the end alone is none before another byte, unless that may be erased', () => {
    let calls = 0;
    const seen = (text: string): string => (calls++, text.replace(/\.(?=\/|$)/g, '<'));
    const ends = step('ends', seen, { triggers: './', endTriggers: '.' });
    const drops = { triggers: '"', erases: true, brings: '', drops: true, dropsEach: true };
    const set = new PatternSet([
      { id: 1, chain: [ends], need: regex('<'), targets: [0] },
      {
        id: 2,
        chain: [step('drop', (text) => text.replaceAll('"', ''), drops), ends],
        need: regex('<'),
        targets: [0],
      },
    ]);
    expect(scan(set, '3.15')).toEqual([]);
    expect(scan(set, 'a. "b" c')).toEqual([]);
    expect(calls).toBe(0);
    expect(scan(set, '3.')).toEqual([1, 2]);
    expect(scan(set, '3."')).toEqual([2]);
    expect(scan(set, '3./4')).toEqual([1, 2]);
  });

  test('a transformation runs only when a trigger byte occurs, and once for all entries that share it', () => {
    let calls = 0;
    const decode = step('decode', (text) => (calls++, text.replaceAll('%41', 'A')), { triggers: '%' });
    const set = new PatternSet([
      { id: 1, chain: [decode], need: regex('A'), targets: [0] },
      { id: 2, chain: [decode, step('cut', (text) => text.slice(1))], need: regex('A'), targets: [0] },
    ]);
    expect(scan(set, 'plain A')).toEqual([1, 2]);
    expect(calls).toBe(0);
    expect(scan(set, '-%41')).toEqual([1, 2]);
    expect(calls).toBe(1);
  });

  test('`|>?` finds what holds before or behind the step', () => {
    const reverse = step('reverse', (text) => [...text].reverse().join(''), { keepOriginal: true });
    const set = single(regex('abc'), [reverse]);
    expect([scan(set, 'abc'), scan(set, 'cba'), scan(set, 'bca')]).toEqual([[1], [1], []]);
  });

  test('variants that are one text are searched once', () => {
    const regexOf = compileRegex('x', '');
    let searches = 0;
    const exact = {
      info: regexOf.info,
      exec: () => null,
      findAll: () => [],
      test: () => (searches++, false),
    };
    const idle = Array.from({ length: 6 }, (_, i) =>
      step(`idle${i}`, (text) => text.trim(), { keepOriginal: true, erases: i > 3 }),
    );
    const set = new PatternSet([{ id: 1, chain: idle, need: regex('x'), exact, targets: [0] }]);
    expect(scan(set, 'x')).toEqual([]);
    expect(searches).toBe(1);
  });

  test('one variant has to satisfy the whole need', () => {
    const swap = step('swap', (text) => text.replace('one', 'two'), { keepOriginal: true });
    const need: Need = { kind: 'all', needs: [regex('one'), regex('two')] };
    expect(scan(single(need, [swap]), 'one')).toEqual([]);
  });

  test('more `|>?` steps than variants allow are refused', () => {
    const many = Array.from({ length: Math.log2(CHAIN_VARIANTS_MAX) + 1 }, (_, i) =>
      step(`s${i}`, (text) => text + String(i), { keepOriginal: true }),
    );
    expect(scan(single(regex('x'), many.slice(1)), 'x')).toEqual([1]);
    expect(() => single(regex('x'), many)).toThrow('too many');
  });
});

describe('erasing steps say nothing about erased bytes, case and length', () => {
  const spaces = step('spaces', (text) => text.replaceAll(' ', "'"), { triggers: ' ', erases: true });
  const double = step('double', (text) => text.replaceAll(',', ',,,'), { triggers: ',', erases: true });
  const drop = step('drop', (text) => text.replaceAll(' ', ''), { triggers: ' ', erases: true });
  const upper = step('upper', (text) => text.toUpperCase(), { triggers: 'abc', erases: true });

  test.each([
    ['a byte outside the alphabet of the value appears', "^a'b$", spaces, 'a b'],
    ['a byte of a mask appears', "['^]", spaces, 'a b'],
    ['the text grows', '^a,{3}b$', double, 'a,b'],
    ['the text shrinks', '^ab$', drop, 'a     b'],
    ['the case changes', '^[A-Z]+$', upper, 'abc'],
  ])('%s', (_, source, erasing, value) => {
    const set = new PatternSet([
      { id: 1, chain: [erasing], need: regex(source), exact: compileRegex(source, ''), targets: [0] },
    ]);
    expect(scan(set, value)).toEqual([1]);
  });
});

describe('long lists of literals', () => {
  test('beyond the limit prefixes stand for them', () => {
    const any = Array.from({ length: LITERALS_PER_CLAUSE_MAX + 1 }, (_, i) => `word${i}`);
    for (const at of ['anywhere', 'start', 'end', 'whole'] as const) {
      const set = single({ kind: 'literals', any, fold: false, at });
      expect(scan(set, `word${LITERALS_PER_CLAUSE_MAX}`)).toEqual([1]);
      expect(scan(set, 'sword')).toEqual(at === 'start' || at === 'whole' ? scan(set, 'word') : [1]);
      expect(scan(set, 'other')).toEqual([]);
    }
  });

  test('when even the prefixes are too many every value is possible', () => {
    const any = Array.from({ length: LITERALS_PER_CLAUSE_MAX + 1 }, (_, i) =>
      i.toString(36).padStart(4, '-'),
    );
    expect(scan(single({ kind: 'literals', any, fold: false, at: 'whole' }), 'anything')).toEqual([1]);
  });
});

test('statistics tell how entries are found', () => {
  const set = new PatternSet([
    { id: 1, chain: [], need: regex('select'), targets: [0] },
    { id: 2, chain: [], need: regex('<b>'), targets: [0] },
    { id: 3, chain: [], need: regex('.'), targets: [0] },
  ]);
  expect(set.statistics.alphabets[0]).toMatchObject({ impossible: 1, filtered: 1, always: 1 });
  expect(set.statistics.alphabets[3]).toMatchObject({ impossible: 0, filtered: 2, always: 1 });
});
