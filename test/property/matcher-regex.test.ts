/** The regex front end against RE2 itself: what is accepted, and what it means for bytes. */
import fc from 'fast-check';
import RE2 from 're2';
import { describe, expect, test } from 'vitest';
import { analyseRegex, compileRegex, type RegexInfo, RegexSyntaxError } from '../../src/matcher/regex.ts';
import { parseRegex } from '../../src/matcher/regex-parser.ts';
import { referenceTest } from './matcher-reference.ts';
import { byteText, regexWithText } from './matcher-arbitraries.ts';

const accepts = (run: () => unknown): boolean => {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof RegexSyntaxError || error instanceof SyntaxError) return false;
    throw error;
  }
};

const FRAGMENTS = [
  'a',
  'b',
  '-',
  '.',
  '*',
  '+',
  '?',
  '^',
  '$',
  '|',
  '(',
  ')',
  '(?:',
  '(?i)',
  '(?i:',
  '(?-s:',
  '(?P<n>',
  '(?P<m>',
  '[',
  ']',
  '[^',
  '[:alpha:]',
  '[:^digit:]',
  '[:none:]',
  '{',
  '}',
  '{2}',
  '{2,}',
  '{,2}',
  '{0,3}',
  '{1001}',
  '{3,2}',
  '\\d',
  '\\W',
  '\\s',
  '\\b',
  '\\B',
  '\\A',
  '\\z',
  '\\x41',
  '\\x{42}',
  '\\x{110000}',
  '\\x4',
  '\\1',
  '\\101',
  '\\07',
  '\\_',
  '\\.',
  '\\]',
  '\\Q',
  '\\E',
  '\\C',
  '(?=',
  '(?U)',
  '(?s-i)',
  '(?-i-s)',
  '(?',
  '\n',
  ' ',
  '#',
  ':',
  ',',
  '0',
  '9',
  '=',
  '{40}',
  '(?:)',
]; // prettier-ignore

/** RE2 finds an empty `\\B` between the two bytes of an encoded byte; the language refuses such regexes (E102). */
const matchesInsideCharacter = (info: RegexInfo, value: string): boolean =>
  info.matchesEmpty && info.source.includes('\\B') && /[\x80-\xff]/.test(value);

describe('acceptance', () => {
  test('generated sources are accepted exactly when RE2 accepts them', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 12 }), (parts) => {
        const source = parts.join('');
        expect(
          accepts(() => analyseRegex(source, '')),
          source,
        ).toBe(accepts(() => new RE2(source, 'us')));
      }),
      { numRuns: 6_000 },
    );
  });

  test('what is accepted prints as a regex RE2 accepts, with its groups', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 10 }), (parts) => {
        const source = parts.join('');
        if (!accepts(() => parseRegex(source, 'm'))) return;
        const regex = compileRegex(source, 'm');
        expect(regex.info.groups).toBe(parseRegex(source, 'm').groups);
      }),
      { numRuns: 1_500 },
    );
  });
});

describe('meaning', () => {
  test('generated regexes match the texts derived from them and agree with the reference elsewhere', () => {
    fc.assert(
      fc.property(
        regexWithText(),
        byteText(),
        fc.constantFrom('', 'i', 'm', 'im'),
        ([source, text], other, flags) => {
          const regex = compileRegex(source, flags);
          const root = parseRegex(source, flags).root;
          for (const value of [text, other, other + text, text.toUpperCase(), text + other]) {
            if (value.length > 40 || matchesInsideCharacter(regex.info, value)) continue;
            expect(regex.test(value), JSON.stringify([source, flags, value])).toBe(
              referenceTest(root, value),
            );
          }
        },
      ),
      { numRuns: 1_200 },
    );
  });

  test('any match has a required literal, and its length is within the bounds', () => {
    fc.assert(
      fc.property(regexWithText(), byteText(), fc.constantFrom('', 'i'), ([source, text], other, flags) => {
        const regex = compileRegex(source, flags);
        for (const value of [text, other + text + other, text.toUpperCase()]) {
          const match = regex.exec(value);
          if (match === null) continue;
          const found = (match.text(0) as string).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
          const { requiredLiterals, minLength, maxLength, matchesEmpty } = regex.info;
          if (requiredLiterals.length > 0)
            expect(
              requiredLiterals.some((l) => found.includes(l)),
              source,
            ).toBe(true);
          expect(found.length).toBeGreaterThanOrEqual(minLength);
          expect(found.length).toBeLessThanOrEqual(maxLength);
          if (found === '' && value !== '') expect(matchesEmpty).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('findAll agrees with exec on the first match and never overlaps', () => {
    fc.assert(
      fc.property(regexWithText(), byteText(), ([source, text], other) => {
        const regex = compileRegex(source, '');
        const value = other + text + other + text;
        const spans = regex.findAll(value, 50);
        const first = regex.exec(value);
        expect(spans.length === 0).toBe(first === null);
        if (first !== null) expect(spans[0]).toEqual([first.start(0), first.end(0)]);
        for (let i = 1; i < spans.length; i++) expect(spans[i][0]).toBeGreaterThanOrEqual(spans[i - 1][1]);
      }),
      { numRuns: 800 },
    );
  });
});
