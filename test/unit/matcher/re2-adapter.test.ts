import { expect, test } from 'vitest';
import { Re2Program } from '../../../src/matcher/re2-adapter.ts';
import { compileRegex } from '../../../src/matcher/regex.ts';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

test('spans are latin1 offsets, with bytes beyond ASCII before, inside and behind the match', () => {
  const match = compileRegex('(x)(\\xff+)?(y)?', '').exec('\xe9\x80x\xff\xffé');
  expect([match?.start(0), match?.end(0), match?.start(1), match?.end(2)]).toEqual([2, 5, 2, 5]);
  expect(match?.text(2)).toBe('\xff\xff');
  expect([match?.start(3), match?.end(3), match?.text(3)]).toEqual([-1, -1, undefined]);
  expect([match?.start(9), match?.text(9)]).toEqual([-1, undefined]);
});

test('groups are found by name', () => {
  const regex = compileRegex('(?P<key>\\w+)=(?<value>\\w*)', '');
  expect(regex.info.groupNames).toEqual(['key', 'value']);
  const match = regex.exec('?a=b');
  expect([match?.named('key'), match?.named('value'), match?.named('none')]).toEqual(['a', 'b', undefined]);
});

test('no match is null', () => {
  expect(compileRegex('a', '').exec('b')).toBeNull();
});

test('`.` and negated classes take each single byte, a line feed and raw bytes included', () => {
  for (const byte of ['\n', '\0', '\x80', '\xc3', '\xff']) {
    expect(compileRegex('^.$', '').test(byte)).toBe(true);
    expect(compileRegex('^[^x]$', '').test(byte)).toBe(true);
  }
  expect(compileRegex('^..$', '').test(bytes('é'))).toBe(true);
});

test('a character beyond ASCII stands for its UTF-8 bytes, in classes and ranges too', () => {
  expect(compileRegex('caf(é)+$', '').test(bytes('caféé'))).toBe(true);
  expect(compileRegex('^[é€😀a]+$', '').test(bytes('a😀€é'))).toBe(true);
  expect(compileRegex('^[а-я]+$', '').test(bytes('привет'))).toBe(true);
  expect(compileRegex('^[а-я]+$', '').test(bytes('Привет'))).toBe(false);
  expect(compileRegex('^\\x{20ac}$', '').test(bytes('€'))).toBe(true);
  expect(compileRegex('^\\xe9$', '').test('\xe9')).toBe(true);
});

test('letter case folds for ASCII alone', () => {
  expect(compileRegex('select', 'i').test('SeLeCt')).toBe(true);
  expect(compileRegex('[k-s]', 'i').test(bytes('\u212a\u017f'))).toBe(false);
  expect(compileRegex('\\xe0', 'i').test('\xc0')).toBe(false);
  expect(compileRegex('[^a]', 'i').test('A')).toBe(false);
});

test('`^` and `$` are the ends of the value, with `m` those of lines', () => {
  expect(compileRegex('^a$', '').test('a\n')).toBe(false);
  expect(compileRegex('^a$', 'm').test('b\na\nc')).toBe(true);
  expect(compileRegex('\\Aa', 'm').test('b\na')).toBe(false);
});

test('findAll gives non-overlapping spans with the context a search from the start would see', () => {
  expect(compileRegex('^a', '').findAll('aaa', 10)).toEqual([[0, 1]]);
  expect(compileRegex('^a', 'm').findAll('a\na', 10)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(compileRegex('\\ba', '').findAll('aa a', 10)).toEqual([
    [0, 1],
    [3, 4],
  ]);
  expect(compileRegex('\\xe9.', '').findAll('\xff\xe9\xe9\xe9\xe9', 10)).toEqual([
    [1, 3],
    [3, 5],
  ]);
  expect(compileRegex('a', '').findAll('aaaa', 2)).toHaveLength(2);
  expect(compileRegex('b*', '').findAll('\xffb\xe9', 10)).toEqual([
    [0, 0],
    [1, 2],
    [2, 2],
    [3, 3],
  ]);
});

test('a text longer than the scratch buffer is searched whole', () => {
  const regex = compileRegex('end$', '');
  expect(regex.test(`${'\xff'.repeat(1_000_000)}end`)).toBe(true);
  expect(regex.test('x')).toBe(false);
  expect(regex.exec(`${'a'.repeat(300_000)}end`)?.start(0)).toBe(300_000);
});

test('a text is found again after another of the same length took its place', () => {
  const program = new Re2Program('b');
  expect([program.test('ab'), program.test('aa'), program.test('ab')]).toEqual([true, false, true]);
});
