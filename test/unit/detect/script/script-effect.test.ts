// Effects of texts read as script: what engines accept must not be taken for prose, and prose must be.
import { describe, expect, it } from 'vitest';
import { SCRIPT_BRACKETS_MAX } from '../../../../src/core/limits.ts';
import { CALLS, NO_EFFECT, TELLING } from '../../../../src/detect/script/effect.ts';
import { scriptEffect } from '../../../../src/detect/script/script-effect.ts';

const ofCode = (text: string): number => scriptEffect(text, 0, text.length, 0);
const behind = (quote: string, text: string): number =>
  scriptEffect(text, 0, text.length, quote.charCodeAt(0));

describe('syntax that engines accept', () => {
  it.each([
    'f(1)',
    'if (a) f(1); else g(2)',
    'for (const x of y) f(x)',
    'for (let i = 0, j; i < 9; i++) f(i)',
    'do f(1); while (0)',
    'try { f(1) } catch { } finally { }',
    'switch (a) { case 1: f(1); default: }',
    'x => f(x)',
    'async () => await f(1)',
    '!function () { f(1) }()',
    'function* g() { yield f(1) }',
    'class A extends B { static x = f(1); get y() { return 1 } }',
    'label: f(1)',
    'a ? f(1) : g(2)',
    'a?.b?.[0]?.(1)',
    'a\nf(1)',
    '`a${f(1)}b`',
    'x = `a${`b${f(1)}`}`',
    '/[/"]"/.test(a), f(1)',
    'a / b / f(1)',
    'a = b ? /x/ : f(1)',
    '1..toString(), f(0x1F, 1e9, .5, 1_000n)',
    'var { a, b: [c = f(1)] } = d',
    'f(...a, )',
    'a ??= f(1)',
    'a ||= f(1)',
    'typeof a in f(1)',
    'new F(1).g.h',
    '/* x y z */ f(1) // a b c',
    'f(1) <!-- a b c',
    'a\n--> b c d\nf(1)',
    'a\xc2\xa0in f(1)',
    '}); f(1',
    'return f(1)',
    'throw f(1)',
    "-f(1)-'",
  ])('%j', (code) => expect(ofCode(code)).toBeGreaterThanOrEqual(CALLS));
});

describe('texts that are no script', () => {
  it.each([
    'see f(1)',
    'f(1) and more',
    'Hello! f(1)',
    '2g(x)',
    'a (b c)',
    '1.2.3 + f(1)',
    "don't f(1)",
    '"a" "b" f(1)',
    'a, b; c: d.',
    'f(a]',
    '(+) f(1)',
    'x.(f)(1)',
    '() f(1)',
    '"line\n" + f(1)',
    '/unclosed f(1)',
    "-f(1)-'a",
    "see f(1)-'",
    '@a f(1)',
  ])('%j', (text) => expect(ofCode(text)).toBe(NO_EFFECT));
});

describe('behind the closing quote of a string', () => {
  it.each([
    [';f(1)//', CALLS],
    ["-f(1)-'", CALLS],
    [";f(1)+'", CALLS],
    [';f(1)/*', CALLS],
    [');f(1)//', CALLS],
    [';f(1);', NO_EFFECT],
    [';alert(1);', TELLING],
    ['-f(1)-"', NO_EFFECT],
    ['(f(1))', CALLS],
    ['(x) + f(1)', NO_EFFECT],
    ['s book; f(1)//', NO_EFFECT],
    [' (first) f(1)//', NO_EFFECT],
  ] as const)('%j is %i', (text, effect) => expect(behind("'", text)).toBe(effect));
});

describe('what tells of an attack', () => {
  it.each([
    ['alert(1)', TELLING],
    ['alert (1)', TELLING],
    ['confirm (yes/no)', CALLS],
    ['swal.alert(1)', CALLS],
    ['window.alert(1)', TELLING],
    ['a={alert:f(1)}', CALLS],
    ['[1].find(alert)', TELLING],
    ['setTimeout(f, 1)', CALLS],
    ["setTimeout('f()', 1)", TELLING],
    ['String.fromCharCode(88,83)', TELLING],
    ['String.fromCharCode(a + 1)', CALLS],
    ['location=name', TELLING],
    ["location='/home'", CALLS],
    ["x['constructor']('y')", TELLING],
    ["this['x'](1)", TELLING],
    ['this[x](1)', CALLS],
    ["import('//x')", TELLING],
    ["import('./x')", CALLS],
    ['![]+![]+![]', TELLING],
  ] as const)('%j is %i', (text, effect) => expect(ofCode(text)).toBe(effect));
});

it('takes more open brackets than people write for an attack', () => {
  expect(ofCode('['.repeat(SCRIPT_BRACKETS_MAX))).toBe(NO_EFFECT);
  expect(ofCode('['.repeat(SCRIPT_BRACKETS_MAX + 1))).toBe(TELLING);
});

it('keeps no state between texts', () => {
  expect(ofCode('alert(1)')).toBe(TELLING);
  expect(ofCode('class')).toBe(NO_EFFECT);
  expect(ofCode('f(1)')).toBe(CALLS);
});
