// Names, values and lists of fields.
import { describe, expect, it } from 'vitest';
import {
  HOP_BY_HOP,
  SINGLETONS,
  combineLines,
  isFieldValue,
  isPlainFieldName,
  isToken,
} from '../../../src/http/fields.ts';

it('tells plain names from other tokens', () => {
  for (const name of ['Host', 'x-forwarded-for', 'a1']) expect(isPlainFieldName(name), name).toBe(true);
  for (const name of ['', 'x_forwarded_for', 'a.b', 'a b', 'a:', 'é'])
    expect(isPlainFieldName(name), name).toBe(false);
  for (const name of ['x_y', 'a.b', "!#$%&'*+-.^_`|~"]) expect(isToken(name), name).toBe(true);
  for (const name of ['', 'a b', 'a:', 'a(', '"', 'a\n', '\x7f', '\xe9'])
    expect(isToken(name), name).toBe(false);
});

it('refuses control characters in values, tab excepted', () => {
  for (const value of ['', 'a\tb', '\xe9\xff', ' x ']) expect(isFieldValue(value)).toBe(true);
  for (const value of ['a\r', 'a\nb', '\0', '\x1f', '\x7f']) expect(isFieldValue(value)).toBe(false);
});

it('lists names in lower case', () => {
  for (const name of [...HOP_BY_HOP, ...SINGLETONS]) expect(name).toBe(name.toLowerCase());
});

describe('combineLines', () => {
  const fields = ['accept', 'a', 'cookie', 'x=1', 'accept', 'b', 'cookie', 'y=2', 'host', 'h'];

  it('joins lines in order, cookies by a semicolon', () => {
    expect(combineLines(fields, 'accept')).toBe('a, b');
    expect(combineLines(fields, 'cookie')).toBe('x=1; y=2');
    expect(combineLines(fields, 'host')).toBe('h');
    expect(combineLines(fields, 'x=1')).toBeUndefined();
  });
});
