import { describe, expect, test } from 'vitest';
import { DiagnosticList } from '../../../src/dsl/diagnostics/diagnostic-list.ts';
import { Lexer } from '../../../src/dsl/lexer.ts';
import { createSource } from '../../../src/dsl/source.ts';

function lex(text: string): { tokens: string[]; codes: string[]; comments: string[] } {
  const diagnostics = new DiagnosticList();
  const lexer = new Lexer(createSource('a.ward', text), diagnostics);
  const tokens: string[] = [];
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next())
    tokens.push(`${token.kind} ${token.text}`);
  const codes = diagnostics.sorted().map((found) => found.code);
  return {
    tokens,
    codes,
    comments: lexer.comments.map((comment) => (comment.doc ? 'doc ' : '') + comment.text),
  };
}

describe('classes of words', () => {
  test.each([
    ['a_b1', 'ident a_b1'],
    ['GET', 'method GET'],
    ['Order', 'type Order'],
    ['T', 'type T'],
    ['ID2', 'type ID2'],
    ['GETx', 'type GETx'],
    ['12', 'int 12'],
    ['-1_000', 'int -1_000'],
    ['1.5', 'float 1.5'],
    ['1e5', 'number 1e5'],
    ['-1.5E+3', 'number -1.5E+3'],
    ['5%', 'percent 5%'],
    ['0.5%', 'percent 0.5%'],
    ['256KiB', 'size 256KiB'],
    ['10m', 'duration 10m'],
    ['10ms', 'duration 10ms'],
    ['2027-03-31', 'date 2027-03-31'],
    ['"a\\"b"', 'string "a\\"b"'],
    ['/a\\/b/im', 'regex /a\\/b/im'],
    ['|>?', 'punctuation |>?'],
  ])('%s', (text, token) => {
    expect(lex(text)).toEqual({ tokens: [token], codes: [], comments: [] });
  });
});

test('the longest match wins, and a range is no fraction', () => {
  expect(lex('1..50').tokens).toEqual(['int 1', 'punctuation ..', 'int 50']);
  expect(lex('a|>?b').tokens).toEqual(['ident a', 'punctuation |>?', 'ident b']);
  expect(lex('x->-1').tokens).toEqual(['ident x', 'punctuation ->', 'int -1']);
  expect(lex('sqli.*').tokens).toEqual(['ident sqli', 'punctuation .', 'punctuation *']);
});

test('comments are kept beside the tokens; three slashes document, four do not', () => {
  expect(lex('// a  \r\n/// b\n//// c\nx // d').comments).toEqual(['// a', 'doc /// b', '//// c', '// d']);
});

test('operators of other languages are reported and read as the word they mean', () => {
  expect(lex('a && b || !c')).toMatchObject({
    tokens: ['ident a', 'ident and', 'ident b', 'ident or', 'ident not', 'ident c'],
    codes: ['E006', 'E006', 'E006'],
  });
});

test('a byte order mark is skipped at the start only', () => {
  expect(lex('\ufeffa')).toMatchObject({ tokens: ['ident a'], codes: [] });
  expect(lex('a\ufeffb').codes).toEqual(['E006']);
});

test('tokens know whether they are first on their line', () => {
  const lexer = new Lexer(createSource('a', 'a b\n  c // x\nd'), new DiagnosticList());
  expect([1, 2, 3, 4].map(() => lexer.next().firstOnLine)).toEqual([true, false, true, true]);
});

test('text that shows other than it reads is refused, comments included', () => {
  expect(lex('// a\u202eb').codes).toEqual(['E006']);
  expect(lex('/a\u2066b/').codes).toEqual(['E006']);
  expect(lex('\u00a0').codes).toEqual(['E006']);
});
