import { expect, test } from 'vitest';
import { createSource, spanBetween, spanText } from '../../../src/dsl/source.ts';

const source = createSource('a.ward', 'one\r\ntwo\n\nfour');

test('lines and columns count from 1, offsets outside move to the ends', () => {
  expect(source.lineAt(0)).toEqual({ line: 1, column: 1 });
  expect(source.lineAt(5)).toEqual({ line: 2, column: 1 });
  expect(source.lineAt(9)).toEqual({ line: 3, column: 1 });
  expect(source.lineAt(12)).toEqual({ line: 4, column: 3 });
  expect(source.lineAt(-5)).toEqual({ line: 1, column: 1 });
  expect(source.lineAt(999)).toEqual({ line: 4, column: 5 });
});

test('the text of a line is without its line end', () => {
  expect([0, 1, 2, 3, 4, 5].map((line) => source.lineText(line))).toEqual(['', 'one', 'two', '', 'four', '']);
  expect([1, 2, 3, 4].map((line) => source.lineStart(line))).toEqual([0, 5, 9, 10]);
});

test('spans join and give their text', () => {
  const span = spanBetween({ source, start: 0, end: 3 }, { source, start: 5, end: 8 });
  expect(spanText(span)).toBe('one\r\ntwo');
});
