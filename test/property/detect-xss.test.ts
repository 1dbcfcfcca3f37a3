// detect_xss over random bytes and over the pieces attacks are made of: total, the same each time, and linear in work.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeReferences } from '../../src/detect/html/character-references.ts';
import { XSS_MARKS, detectXss } from '../../src/detect/html/detect-xss.ts';
import { PIECES } from '../integration/xss-values.ts';

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
);
const text = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));

it('judges any text, and the same text alike whatever it judged before', () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const first = detectXss(one);
      detectXss(other);
      expect(detectXss(one)).toBe(first);
    }),
    { numRuns: 2_000 },
  );
});

it('finds nothing in a text without the characters that the prefilter asks for', () => {
  const marks = new Set(XSS_MARKS);
  const without = fc
    .array(piece, { maxLength: 25 })
    .map((pieces) => [...pieces.join('')].filter((char) => !marks.has(char)).join(''));
  fc.assert(
    fc.property(without, (value) => {
      expect(detectXss(value)).toBe(false);
    }),
    { numRuns: 1_000 },
  );
  expect(detectXss('document.cookie')).toBe(false);
  expect(detectXss(`"'{}!{}~{}-{}-{}alert`)).toBe(false);
});

it('detects an attack behind any text that has no markup', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'abc 019.,;:!?()[]{}-+*/&\n\t\\'), maxLength: 60 }),
      (before) => {
        expect(detectXss(`${before}<img src=x onerror=alert(1)>`)).toBe(true);
        expect(detectXss(`${before}"><svg onload=alert(1)>`)).toBe(true);
        expect(detectXss(`${before}';alert(1)//`)).toBe(true);
      },
    ),
  );
});

it('gives back references that it does not know, and decodes no further than once', () => {
  fc.assert(
    fc.property(text, (value) => {
      const decoded = decodeReferences(value);
      expect(decoded.length).toBeLessThanOrEqual(value.length);
      expect(decodeReferences(value.replaceAll('&', '&amp;'))).toBe(value);
    }),
  );
});

/** What takes time when a tokenizer restarts: many beginnings of something that never ends. */
const HOSTILE = [
  '<a b="',
  '<a b=\'<a c="',
  '<a b=<',
  '<!--',
  '<!--<!-',
  '<!---->',
  '<!----!>',
  '{{{{}} ',
  '<?',
  'feed:',
  '<style>/*',
  '<p style="/*',
  '<p style="x:/*a*',
  '<style>',
  '<style></',
  '<p style="a:',
  '{{',
  '{{constructor',
  '[[',
  '${',
  '&',
  '&#x',
  '&lt;a b=&quot;',
  "'",
  '"x=',
  '`${',
  '/*',
  '[/',
  '((((',
  '(f(1),',
  '[1].find(',
  'on=',
  ' onload=(',
  'javascript:',
  'a=`',
  '<?xml-stylesheet ',
  '\\',
  '=\\',
];

it.each(HOSTILE)('does work in proportion to the length of many %j', (unit) => {
  const work = (bytes: number): number => {
    const value = unit.repeat(Math.ceil(bytes / unit.length));
    detectXss(value);
    const start = process.cpuUsage();
    for (let run = 0; run < 3; run++) detectXss(value);
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  // Sixteen times the length: squared work would be 256 times as much. Noise is far below the margin.
  const small = Math.max(work(4_096), 1_000);
  expect(work(65_536) / small).toBeLessThan(100);
});
