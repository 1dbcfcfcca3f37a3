/** No byte sequence of a client's may act in a log or a terminal, and none may be lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/telemetry/printable.ts';

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('printable', () => {
  it.each([
    ['plain text', 'plain text'],
    [utf8('José 日本 😀'), 'José 日本 😀'],
    ['a\r\nb\tc\0', 'a\\x0d\\x0ab\\x09c\\x00'],
    ['\x1b[2Jgone', '\\x1b[2Jgone'],
    ['\x9b31m', '\\x9b31m'],
    [utf8('\u009b31m'), '\\u{9b}31m'],
    [utf8('abc\u202Edcb'), 'abc\\u{202e}dcb'],
    [utf8('a\u2028b'), 'a\\u{2028}b'],
    ['\xff\xfe', '\\xff\\xfe'],
    ['C:\\x41', 'C:\\\\x41'],
    ['', ''],
  ])('writes %j as %j', (given, expected) => {
    expect(printable(given)).toBe(expected);
  });

  it('cuts and says so, also through a character', () => {
    expect(printable('a'.repeat(300))).toBe(`${'a'.repeat(256)}…`);
    expect(printable(utf8('é').repeat(3), 5)).toBe('éé\\xc3…');
    expect(printable(utf8('日本'), 4)).toBe('日\\xe6…');
  });

  it('prints nothing that is not printable, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const shown = printable(Buffer.from(bytes).toString('latin1'));
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(shown.length).toBeLessThan(257 * 8);
      }),
      { numRuns: 500 },
    );
  });

  it('gives two different byte strings two different texts', () => {
    const short = fc.uint8Array({ maxLength: 6 });
    fc.assert(
      fc.property(short, short, (a, b) => {
        const [first, second] = [a, b].map((bytes) => Buffer.from(bytes).toString('latin1'));
        if (first !== second) expect(printable(first)).not.toBe(printable(second));
      }),
      { numRuns: 500 },
    );
  });
});
