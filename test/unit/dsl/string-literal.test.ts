import { describe, expect, test } from 'vitest';
import type { StringLiteral } from '../../../src/dsl/ast-expression.ts';
import { createSource, spanText } from '../../../src/dsl/source.ts';
import { decodeString, quoteBytes, stringSpan } from '../../../src/dsl/string-literal.ts';

const decode = (raw: string): string =>
  decodeString(raw, (problem) => {
    throw new Error(problem.message);
  });

describe('values are bytes', () => {
  test.each([
    ['"a\\n\\t\\"\\\\\\/"', 'a\n\t"\\/'],
    ['"\\x00\\xff"', '\x00\xff'],
    ['"é"', '\xc3\xa9'],
    ['"\\u00e9"', '\xc3\xa9'],
    ['"😀"', '\xf0\x9f\x98\x80'],
    ['"\\ud83d\\ude00"', '\xf0\x9f\x98\x80'],
    ['""', ''],
  ])('%s', (raw, value) => {
    expect(decode(raw)).toBe(value);
  });
});

test('mistakes are reported at their place and left out', () => {
  const problems: string[] = [];
  const raw = '"a\\qb\\x4c\\u12c\\ud800d\ud800"';
  const value = decodeString(raw, (problem) => problems.push(raw.slice(problem.start, problem.end)));
  expect(problems).toEqual(['\\q', '\\u', '\\ud800', '\ud800']);
  expect(value).toBe('abL12cd');
});

test('a stretch of the value points into the source', () => {
  const text = 'list x = "ab\\x41c\u00e9d"';
  const source = createSource('a', text);
  const raw = text.slice(9);
  const literal: StringLiteral = {
    kind: 'StringLiteral',
    raw,
    value: decode(raw),
    span: { source, start: 9, end: text.length },
  };
  expect(spanText(stringSpan(literal, 0, 2))).toBe('ab');
  expect(spanText(stringSpan(literal, 1, 3))).toBe('b\\x41');
  expect(spanText(stringSpan(literal, 2, 3))).toBe('\\x41');
  expect(stringSpan(literal, 99, 99).start).toBe(text.length - 1);
});

test('bytes are quoted so that they read back', () => {
  expect(quoteBytes('a"\\\n\x00\xe9')).toBe('"a\\"\\\\\\n\\x00\\xe9"');
});
