// What `unwrap` finds inside other encodings, what it leaves alone, and that it ends.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CUT_RUN_CHARS_MIN,
  ENCODED_PIECES_MAX,
  ENCODED_RUN_CHARS_MIN,
  ENCODED_VALUE_CHARS_MIN,
  UNWRAP_FORM_BYTES_MAX,
  UNWRAP_LAYERS_MAX,
  UNWRAP_PERCENT_ROUNDS,
} from '../../src/core/limits.ts';
import { unwrap } from '../../src/http/transform/unwrap.ts';

const run = unwrap.bind([]);
const RUNS = 300;

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const percent = (text: string): string =>
  [...text].map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
const escaped = (text: string): string =>
  [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

const LAYERS: Readonly<Record<string, (text: string) => string>> = {
  base64,
  'base64 without padding': (text) => base64(text).replace(/=+$/, ''),
  base64url: (text) => Buffer.from(text, 'latin1').toString('base64url'),
  'base64 of UTF-16': (text) => Buffer.from(text, 'utf16le').toString('base64'),
  hexadecimal: (text) => Buffer.from(text, 'latin1').toString('hex'),
  'prefixed hexadecimal': (text) => `0x${Buffer.from(text, 'latin1').toString('hex')}`,
  'four-digit escapes': escaped,
  'braced escapes': (text) => [...text].map((char) => `\\u{${char.charCodeAt(0).toString(16)}}`).join(''),
  'percent escapes of UTF-16': (text) => escaped(text).replaceAll('\\', '%'),
  'byte escapes': (text) =>
    [...text].map((char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''),
};
const overlong = (text: string): string =>
  [...text]
    .map((char) => String.fromCharCode(0xc0 | (char.charCodeAt(0) >> 6), 0x80 | (char.charCodeAt(0) & 63)))
    .join('');
const ATTACK = "<script>alert('1')</script>; cat /etc/passwd #";
/** Printable text that is not itself an encoding of something. */
const words = fc
  .array(fc.constantFrom('<b>', ' or ', "'", 'é', '../', 'select', '; id ', '(1)', '\n', '"x"'), {
    minLength: 8,
    maxLength: 30,
  })
  .map((parts) => `<${parts.join('')}>`.replaceAll('é', '\xc3\xa9'));

describe.each(Object.entries(LAYERS))('%s', (_name, encode) => {
  it('comes off', () => {
    expect(run(encode(ATTACK))).toBe(ATTACK);
  });

  it('comes off around and inside another layer', () => {
    for (const other of Object.values(LAYERS)) {
      expect(run(encode(other(ATTACK)))).toBe(ATTACK);
    }
  });

  it('comes off with percent escapes around it, as often as they are decoded', () => {
    let wrapped = encode(ATTACK);
    for (let round = 0; round < UNWRAP_PERCENT_ROUNDS; round++) wrapped = percent(wrapped);
    expect(run(wrapped)).toBe(ATTACK);
    expect(run(percent(wrapped))).toBe(percent(wrapped));
  });
});

it('reads overlong UTF-8 and what is escaped in it', () => {
  expect(run(overlong(ATTACK))).toBe(ATTACK);
  expect(run(overlong(escaped(ATTACK)))).toBe(ATTACK);
});

describe('blanks of a form', () => {
  it.each([
    ['uname+-a', 'uname -a'],
    ['c%27a%27t+%2Fetc%2Fpasswd', 'c%27a%27t %2Fetc%2Fpasswd'],
    ['http://a/?q=a+b%3B', 'http://a/?q=a b%3B'],
    ["1'+or+sleep(5)-- -", "1' or sleep(5)-- -"],
    ['1+or+2=2', '1 or 2=2'],
    [base64("1'+or+'a'='a"), "1' or 'a'='a"],
    ['id=1+OR+2', 'id=1 OR 2'],
    ["a'+b", "a' b"],
    ['a+b>c', 'a b>c'],
  ])('come back: %s', (text, inner) => {
    expect(run(text)).toBe(inner);
  });

  it.each([
    '+4917012345',
    '1%2B1',
    'a+b c%3B',
    'application/vnd.api+json',
    '2020-01-01T00:00:00+00:00',
    '%+%x',
    "the 'a'+b+c",
  ])('stay plus signs where no form wrote them: %s', (text) => {
    expect(run(text)).toBe(text);
  });

  it('stay what they are in a text longer than a cookie', () => {
    const longest = `a+${'b'.repeat(UNWRAP_FORM_BYTES_MAX - 2)}`;
    expect(run(longest)).toBe(longest.replace('+', ' '));
    expect(run(`${longest}b`)).toBe(`${longest}b`);
  });
});

it('finds any text in Base64, alone and between other characters', () => {
  fc.assert(
    fc.property(words, (text) => {
      expect(run(base64(text))).toBe(run(text));
      expect(run(`a=1&t=${base64(text)}&b=2`)).toBe(`a=1&t=${run(text)}&b=2`);
      expect(run(`/view/${base64(text).replaceAll('/', '_')}/page`)).toBe(`/view/${run(text)}/page`);
    }),
    { numRuns: RUNS },
  );
});

it('takes bytes for no text', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const bytes = createHash('sha512').update(String(seed)).digest();
      for (const text of [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')])
        expect(run(text)).toBe(text);
    }),
    { numRuns: RUNS },
  );
  const png = '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0\x1f\xf3\xffa';
  for (const value of [
    base64(png),
    `data:image/png;base64,${base64(png)}`,
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '7b3e9a58-1f0e-4c3a-9a52-000012345678',
    'the-quick-brown-fox-jumps-over-the-lazy-dog',
    '/assets/javascript/application/components/navigation.js',
    'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
    '20260612123410789000111222',
  ])
    expect(run(value), value).toBe(value);
});

it('is never longer, ends, and says the same of what it has said', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom('\\u', '\\x', '%u', '%', '&#', '\xc0', '\xe0\x80', 'PHNj', '/', '=', '0x', '3c'),
          fc.string({ maxLength: 6 }).map((text) => Buffer.from(text, 'utf8').toString('latin1')),
        ),
        { maxLength: 40 },
      ),
      (parts) => {
        const text = parts.join('');
        expect(run(text).length).toBeLessThanOrEqual(text.length);
        expect(run(text)).toBe(run(text));
      },
    ),
    { numRuns: RUNS },
  );
});

describe('limits', () => {
  it(`${UNWRAP_LAYERS_MAX} layers come off, one more does not`, () => {
    let text = ATTACK;
    for (let layer = 0; layer < UNWRAP_LAYERS_MAX; layer++) text = base64(text);
    expect(run(text)).toBe(ATTACK);
    expect(run(base64(text))).toBe(base64(ATTACK));
  });

  it(`a value of ${ENCODED_VALUE_CHARS_MIN} characters is tried, a shorter one is not`, () => {
    expect(run(base64('<b><i>'))).toHaveLength(6);
    expect(base64('<b><i>')).toHaveLength(ENCODED_VALUE_CHARS_MIN);
    expect(run('PGI-PGk')).toBe('PGI-PGk');
  });

  it(`a run of ${ENCODED_RUN_CHARS_MIN} characters in a value is tried, a shorter one is not`, () => {
    const enough = base64('<b><i><b><i>');
    expect(enough).toHaveLength(ENCODED_RUN_CHARS_MIN);
    expect(run(`?t=${enough}`)).toBe('?t=<b><i><b><i>');
    expect(run(`?t=${enough.slice(1)}`)).toBe(`?t=${enough.slice(1)}`);
  });

  it(`${ENCODED_PIECES_MAX} parts of a path are tried`, () => {
    const path = (parts: number): string => `${'segment/'.repeat(parts)}${base64('<b><i><b><i>')}`;
    expect(run(path(ENCODED_PIECES_MAX - 1))).toContain('<b><i>');
    expect(run(path(ENCODED_PIECES_MAX))).not.toContain('<b><i>');
  });

  it(`a run above ${CUT_RUN_CHARS_MIN} characters at the start may have lost its beginning`, () => {
    const whole = base64(`${ATTACK} `.repeat(200));
    for (const cut of [1, 2, 3, 4, 5]) expect(run(whole.slice(cut))).toContain(ATTACK);
    expect(run(whole.slice(1, CUT_RUN_CHARS_MIN))).not.toContain(ATTACK);
  });
});
