// Transformations of SecLang against slow references that share nothing with them: regexes and lists of numbers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRANSFORMATIONS } from '../../src/http/transform/registry.ts';
import { stepsFor } from '../../src/seclang/transformations.ts';

const RUNS = 300;

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const PIECES = [
  ...'/\\.;,#*-<!>&%+=\'"^ \t\n\r\v\f\0\xa0\xc2(uUxXaAfFzZ0123789',
  ...['/*', '*/', '<!--', '-->', '--', '0x41', '0X6', '%u', '%uff1c', '%2e', '%25', 'YQ==', 'YWJj'],
  ...[
    '&#',
    '&#x',
    '&lt',
    '&gt;',
    '&NBSP',
    '&#99999999999999999999',
    '\\u00',
    '\\uff21',
    '\\x4',
    '\\7',
    '\\\n',
  ],
];
const text = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...PIECES) }, byte), { maxLength: 24 })
  .map((parts) => parts.join(''));

const codes = (value: string): number[] => [...value].map((char) => char.charCodeAt(0));
const chars = (values: readonly number[]): string => values.map((code) => String.fromCharCode(code)).join('');
const low = (hex: string): string => chars([Number.parseInt(hex.slice(-2), 16)]);
const lowerAscii = (value: string): string => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const isOdd = (code: number): boolean => {
  let bits = 0;
  for (let rest = code; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits % 2 === 1;
};

/** Full-width forms are ASCII, other characters their low byte. */
const narrow = (hex: string): string =>
  /^ff(?:0[1-9a-f]|[1-4].|5[0-9a-e])$/i.test(hex)
    ? chars([(Number.parseInt(hex, 16) - 0xff00 + 0x20) % 256])
    : low(hex);

/** The bits of Base64 characters, as text. */
function fromBase64(characters: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bits = [...characters].map((char) => alphabet.indexOf(char).toString(2).padStart(6, '0')).join('');
  return (bits.match(/.{8}/g) ?? []).map((octet) => chars([Number.parseInt(octet, 2)])).join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const REFERENCES: Readonly<Record<string, (value: string) => unknown>> = {
  base64Decode: (value) => fromBase64(/^[A-Za-z0-9+/\r\n]*/.exec(value)?.[0].replace(/[\r\n]/g, '') ?? ''),
  base64DecodeExt: (value) => {
    const kept = value.replace(/[^A-Za-z0-9+/=]/g, '');
    const mistake = [...value.matchAll(/=(?!=)/g)].some(
      ({ index }) => value.slice(0, index).replace(/[^A-Za-z0-9+/]/g, '').length % 4 === 1,
    );
    return mistake ? '' : fromBase64(kept.replaceAll('=', ''));
  },
  cmdLine: (value) =>
    lowerAscii(
      value
        .replace(/[\\"'^]/g, '')
        .replace(/[ ,;\t\r\n]+/g, ' ')
        .replace(/ (?=[/(])/g, ''),
    ),
  compressWhitespace: (value) => value.replace(/[\t\n\v\f\r ]+/g, ' '),
  cssDecode: (value) =>
    value.replace(
      /\\(?:([0-9a-f]{1,6})[\t\n\v\f\r ]?|\n|([^])|$)/gi,
      (_, hex: string | undefined, other: string | undefined) => {
        if (hex === undefined) return other ?? '';
        const wide = /^0{0,2}(.{4})$/.exec(hex);
        return wide === null ? low(hex) : narrow(wide[1] ?? '');
      },
    ),
  escapeSeqDecode: (value) =>
    value.replace(/\\(?:x([0-9a-f]{2})|([0-7]{1,3})|([^]))/gi, (whole, hex, octal, other) => {
      if (typeof hex === 'string' && whole[1] === 'x') return low(hex);
      if (typeof octal === 'string') return chars([Number.parseInt(octal, 8) % 256]);
      if (typeof hex === 'string') return whole.slice(1) as string;
      return ESCAPES[other as string] ?? (other as string);
    }),
  hexEncode: (value) =>
    codes(value)
      .map((code) => code.toString(16).padStart(2, '0'))
      .join(''),
  htmlEntityDecode: (value) =>
    value.replace(
      /&(?:#x([0-9a-f]+)|#([0-9]+)|(quot|amp|lt|gt|nbsp)(?![a-z0-9]));?/gi,
      (_, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
        if (name !== undefined)
          return { quot: '"', amp: '&', lt: '<', gt: '>', nbsp: '\xa0' }[name.toLowerCase()] ?? '';
        const number = BigInt(hex === undefined ? (decimal ?? '') : `0x${hex}`);
        return chars([number >= 2n ** 63n ? 0xff : Number(number % 256n)]);
      },
    ),
  jsDecode: (value) =>
    value.replace(
      /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3][0-7]{0,2}|[4-7][0-7]?)|([^]))/g,
      (_, wide: string | undefined, hex: string | undefined, octal: string | undefined, other: string) => {
        if (wide !== undefined) return narrow(wide);
        if (hex !== undefined) return low(hex);
        return octal === undefined ? (ESCAPES[other] ?? other) : chars([Number.parseInt(octal, 8)]);
      },
    ),
  length: (value) => codes(value).length,
  lowercase: lowerAscii,
  parityEven7bit: (value) => chars(codes(value).map((code) => (code % 128) + (isOdd(code) ? 128 : 0))),
  parityOdd7bit: (value) => chars(codes(value).map((code) => (code % 128) + (isOdd(code) ? 0 : 128))),
  parityZero7bit: (value) => chars(codes(value).map((code) => code % 128)),
  removeCommentsChar: (value) => value.replace(/\/\*|\*\/|<!--|-->|--|#/g, ''),
  removeNulls: (value) => value.split('\0').join(''),
  removeWhitespace: (value) => value.replace(/[\t\n\v\f\r \xa0\xc2]/g, ''),
  replaceComments: (value) => value.replace(/\/\*[^]*?(?:\*\/|$)/g, ' '),
  replaceNulls: (value) => value.split('\0').join(' '),
  sqlHexDecode: (value) =>
    value.replace(/0x((?:[0-9a-f]{2})+)/gi, (_, hex: string) => (hex.match(/../g) ?? []).map(low).join('')),
  trim: (value) => value.replace(/^[\t\n\v\f\r ]+/, '').replace(/[\t\n\v\f\r ]+$/, ''),
  trimLeft: (value) => value.replace(/^[\t\n\v\f\r ]+/, ''),
  trimRight: (value) => value.replace(/[\t\n\v\f\r ]+$/, ''),
  uppercase: (value) => value.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  urlDecode: (value) =>
    value.replace(/\+|%([0-9a-f]{2})/gi, (_, hex?: string) => (hex === undefined ? ' ' : low(hex))),
  urlEncode: (value) =>
    value.replace(/[^A-Za-z0-9*]/g, (char) =>
      char === ' ' ? '+' : `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    ),
};

function run(name: string, input: string): unknown {
  let value: unknown = input;
  for (const { name: step, argument } of stepsFor(name) ?? []) {
    const bind = TRANSFORMATIONS.get(step)?.bind(argument === undefined ? [] : [argument]);
    value = (bind as (value: unknown) => unknown)(value);
  }
  return value;
}

describe.each(Object.entries(REFERENCES))('t:%s', (name, reference) => {
  it('agrees with its reference', () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(run(name, input)).toBe(reference(input));
      }),
      { numRuns: RUNS },
    );
  });
});

it.each([
  ['hexEncode', 'hexDecode'],
  ['base64Encode', 'base64Decode'],
  ['base64Encode', 'base64DecodeExt'],
  ['urlEncode', 'urlDecode'],
  ['urlEncode', 'urlDecodeUni'],
])('t:%s is undone by t:%s', (encode, decode) => {
  fc.assert(
    fc.property(text, (input) => {
      expect(run(decode, run(encode, input) as string)).toBe(input);
    }),
    { numRuns: RUNS },
  );
});

it('t:utf8toUnicode writes each character of UTF-8 by its number', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (input) => {
      const written = [...input].map((char) => {
        const hex = (char.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
        return char < '\x80' ? char : `%u${hex}`;
      });
      expect(run('utf8toUnicode', Buffer.from(input, 'utf8').toString('latin1'))).toBe(written.join(''));
    }),
    { numRuns: RUNS },
  );
});
