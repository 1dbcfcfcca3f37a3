import { describe, expect, test } from 'vitest';
import {
  PRESENCE_COPIED_BYTES_MAX,
  PRESENCE_COPIED_BYTES_MIN,
  REGEX_DEPTH_MAX,
  REGEX_INSTRUCTIONS_MAX,
  REGEX_REPEAT_MAX,
  REGEX_SOURCE_CHARS_MAX,
} from '../../../src/core/limits.ts';
import { ALPHABETS } from '../../../src/matcher/alphabets.ts';
import {
  ALWAYS_HIGH,
  HIGH_BITS,
  LOW_BITS,
  LOW_MASK,
  PRESENCE_BITS,
  alphabetOf,
  commonPresence,
  rarePresence,
} from '../../../src/matcher/presence.ts';
import { analyseRegex, compileRegex, RegexSyntaxError } from '../../../src/matcher/regex.ts';

function failure(source: string, flags = ''): RegexSyntaxError {
  try {
    analyseRegex(source, flags);
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error;
  }
  throw new Error(`accepted: ${source}`);
}

describe('errors say where and what', () => {
  test.each([
    ['ab(c', 2, 'not closed'],
    ['ab)c', 2, 'closes no group'],
    ['a[bc', 1, 'not closed'],
    ['a|*b', 2, 'nothing to repeat'],
    ['a+*', 2, 'cannot be repeated'],
    ['x{2,1}', 1, 'wrong way round'],
    ['x[z-a]', 2, 'wrong way round'],
    ['x\\', 1, 'backslash'],
    ['(a)\\1', 3, 'back-references'],
    ['a(?=b)', 1, 'not in RE2'],
    ['(?P<n>a)(?P<n>b)', 8, 'twice'],
    ['\\pL', 0, 'Unicode classes'],
    ['a\\y', 1, 'not in RE2'],
    ['[[:letters:]]', 1, 'no class'],
    ['[^é]', 0, 'negated class'],
    ['[\\x80-é]', 1, 'cannot begin'],
    ['\\xg0', 0, 'two digits'],
    ['a\ud800', 1, 'surrogate'],
    ['\\x{d800}', 0, 'surrogate'],
  ])('%s', (source, offset, message) => {
    const error = failure(source);
    expect(error.message).toContain(message);
    expect(error.offset).toBe(offset);
  });

  test('flags', () => {
    expect(failure('a', 'g').message).toContain('`g`');
    expect(failure('a', 'ii').message).toContain('repeated');
  });
});

describe('limits', () => {
  test('repeat counts, alone and multiplied', () => {
    expect(analyseRegex(`a{${REGEX_REPEAT_MAX}}`, '').minLength).toBe(REGEX_REPEAT_MAX);
    expect(failure(`a{${REGEX_REPEAT_MAX + 1}}`).offset).toBe(1);
    expect(failure(`(?:a{10}){${REGEX_REPEAT_MAX / 10 + 1}}`).message).toContain('multiplied');
  });

  test('nesting of groups', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}a${')'.repeat(depth)}`;
    expect(analyseRegex(nested(REGEX_DEPTH_MAX - 1), '').groups).toBe(REGEX_DEPTH_MAX - 1);
    expect(failure(nested(REGEX_DEPTH_MAX)).message).toContain('nest');
  });

  test('length of the source', () => {
    expect(analyseRegex('a'.repeat(REGEX_SOURCE_CHARS_MAX), '').minLength).toBe(REGEX_SOURCE_CHARS_MAX);
    expect(failure('a'.repeat(REGEX_SOURCE_CHARS_MAX + 1)).message).toContain('characters');
  });

  test('size of the program', () => {
    const options = (count: number): string =>
      Array.from({ length: count }, (_, i) => `${i}[^a]{1000}`).join('|');
    // One ASCII range, one that goes on beyond and the copy itself: five instructions a repetition.
    const fitting = Math.floor(REGEX_INSTRUCTIONS_MAX / 5_002);
    expect(compileRegex(options(fitting), '').test(`0${'b'.repeat(1000)}`)).toBe(true);
    expect(failure(options(fitting + 1)).message).toContain('too large');
    expect(() => compileRegex(options(fitting + 1), '')).toThrow(RegexSyntaxError);
  });
});

describe('analysis', () => {
  test('lengths, emptiness, groups', () => {
    expect(analyseRegex('(a|bcd)(?P<x>e{2,3})?', '')).toMatchObject({
      groups: 2,
      groupNames: ['x'],
      minLength: 1,
      maxLength: 6,
      matchesEmpty: false,
    });
    expect(analyseRegex('a*', '')).toMatchObject({ matchesEmpty: true, minLength: 0, maxLength: Infinity });
    expect(analyseRegex('é', '').minLength).toBe(2);
    for (const everywhere of ['^', '$', '^a*', 'a*$', '^|b', '(?:^$|)', '\\b', '(?:^0?$)?']) {
      expect(analyseRegex(everywhere, '').matchesEmpty, everywhere).toBe(true);
    }
    for (const empty of ['^$', '^0?$', 'br|^$', '^(?:a*$)', '^[a-z]*$']) {
      expect(analyseRegex(empty, ''), empty).toMatchObject({ matchesEmpty: false, minLength: 0 });
    }
  });

  test.each([
    ['\\bunion\\s+select', ['select']],
    ['(?:sleep|benchmark)\\s*\\(', ['sleep', 'benchmark']],
    ['ab[cd]e', ['abce', 'abde']],
    ['UNI', ['uni']],
    ['a.?', ['a']],
    ['\\w+', []],
    ['a*', []],
  ])('required literals of %s', (source, literals) => {
    expect(new Set(analyseRegex(source, '').requiredLiterals)).toEqual(new Set(literals));
  });
});

describe('presence', () => {
  test('each byte has exactly one of at most 62 bits, and no sign of a mask', () => {
    expect(Math.max(PRESENCE_BITS.low, PRESENCE_BITS.high)).toBeLessThan(32);
    for (let byte = 0; byte < 256; byte++) {
      const bits = [LOW_BITS[byte], HIGH_BITS[byte]].filter((mask) => mask !== 0);
      expect(bits).toHaveLength(1);
      expect(Math.log2(bits[0] >>> 0) % 1).toBe(0);
      expect(bits[0]).toBeGreaterThan(0);
    }
  });

  test('a text has the bits of its bytes', () => {
    const texts = ['', 'a', '<', 'a b', 'a<b', '\xa0\xa1', '{"a":[1,2]}', 'a\\b', '\0', ...'\x7f\xff\n~'];
    const long = [
      PRESENCE_COPIED_BYTES_MIN,
      PRESENCE_COPIED_BYTES_MAX,
      PRESENCE_COPIED_BYTES_MAX + 1,
    ].flatMap((bytes) => [`${'a'.repeat(bytes - 1)}\xff`, `<${'a'.repeat(bytes - 2)}]`]);
    for (const text of [...texts, ...long]) {
      const codes = [...text].map((char) => char.charCodeAt(0));
      const common = commonPresence(text);
      expect(common & LOW_MASK).toBe(codes.reduce((bits, code) => bits | LOW_BITS[code], 0));
      expect(rarePresence(text)).toBe(codes.reduce((bits, code) => bits | HIGH_BITS[code], ALWAYS_HIGH));
      expect(common < 0).toBe(codes.some((code) => HIGH_BITS[code] !== 0));
    }
  });

  test('alphabets nest, are closed under case, and are told by presence', () => {
    ALPHABETS.forEach((alphabet, level) => {
      expect(alphabet.foldCase().bytes()).toEqual(alphabet.bytes());
      if (level > 0) expect(ALPHABETS[level - 1].isSubsetOf(alphabet)).toBe(true);
    });
    for (let byte = 0; byte < 256; byte++) {
      const smallest = ALPHABETS.findIndex((alphabet) => alphabet.has(byte));
      expect(alphabetOf(LOW_BITS[byte], HIGH_BITS[byte])).toBe(smallest);
    }
    expect(alphabetOf(0, 0)).toBe(0);
  });
});
