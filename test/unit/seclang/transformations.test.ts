// Vectors for each transformation of SecLang, written from its manual and from what ModSecurity 2.9 and 3.0 give.
import { describe, expect, it } from 'vitest';
import { TRANSFORMATIONS } from '../../../src/http/transform/registry.ts';
import { knownTransformation, stepsFor, TRANSFORMATION_NAMES } from '../../../src/seclang/transformations.ts';

type Vector = readonly [input: string, output: string | number];

const PATHS: readonly Vector[] = [
  ['/a/./b//c/../d', '/a/b/d'],
  ['./x/../../y', '../y'],
  ['/../../etc/passwd', '/etc/passwd'],
  ['a/', 'a/'],
  ['', ''],
];
const WINDOWS_PATHS: readonly Vector[] = [
  ['c:\\a\\.\\b\\\\c\\..\\d', 'c:/a/b/d'],
  ['..\\..\\boot.ini', '../../boot.ini'],
  ['a/b\\', 'a/b/'],
  ['', ''],
];

const VECTORS: Readonly<Record<string, readonly Vector[]>> = {
  base64Decode: [
    ['PGltZyBzcmM9eD4=', '<img src=x>'],
    ['PGltZyBzcmM9eD4', '<img src=x>'],
    ['YWJj.YWJj', 'abc'],
    ['YQ==Yg==', 'a'],
    ['YWJj\r\nZGVm', 'abcdef'],
    ['YWJjZ', 'abc'],
    ['_-_-', ''],
    ['', ''],
  ],
  base64DecodeExt: [
    ['P.G!ltZy Bz\ncmM9eD4=', '<img src=x>'],
    ['YQ==YmM', 'a\x06&'],
    ['YWJj\0ZGVm', 'abcdef'],
    ['a-_b', 'i'],
    ['YWJjY=', ''],
    ['YWJjYQ=', 'abca'],
    ['', ''],
  ],
  base64Encode: [
    ['<img src=x>', 'PGltZyBzcmM9eD4='],
    ['\0\xff', 'AP8='],
    ['abc', 'YWJj'],
    ['', ''],
  ],
  cmdLine: [
    ['C^MD "/C"  DIR', 'cmd/c dir'],
    ["w'h\\oami;,id", 'whoami id'],
    ['type\t(x )', 'type(x )'],
    ['a\nb\rc', 'a b c'],
    ['', ''],
  ],
  compressWhitespace: [
    ['a \t\r\n\v\fb  c', 'a b c'],
    ['\ta', ' a'],
    ['a\xa0\xa0b', 'a\xa0\xa0b'],
    ['', ''],
  ],
  cssDecode: [
    ['ja\\vascript', 'ja\\vascript'.replace('\\', '')],
    ['\\6a\\61 vascript', 'javascript'],
    ['\\00006a x', 'jx'],
    ['\\ff1cb', '\xcb'],
    ['\\00ff1c', '<'],
    ['a\\\nb\\', 'ab'],
    ['\\0', '\0'],
    ['\\400z', '\0z'],
  ],
  escapeSeqDecode: [
    ['\\a\\b\\f\\n\\r\\t\\v', '\x07\x08\x0c\x0a\x0d\x09\x0b'],
    ['\\\\\\?\\\'\\"', '\\?\'"'],
    ['\\x41\\x4g', 'Ax4g'],
    ['\\101\\7\\777', 'A\x07\xff'],
    ['\\q\\', 'q\\'],
  ],
  hexDecode: [
    ['3c7363726970743E', '<script>'],
    ['414', 'A'],
    ['', ''],
  ],
  hexEncode: [
    ['<a\xff', '3c61ff'],
    ['\0', '00'],
    ['', ''],
  ],
  htmlEntityDecode: [
    ['&lt;a&GT;&Quot;&amp&nbsp;', '<a>"&\xa0'],
    ['&#60;&#x3C;&#X3c&#60', '<<<<'],
    ['&#316;&#x13c;', '<<'],
    ['&ltb', '&ltb'],
    ['&lt1;', '&lt1;'],
    ['&colon;&#;&#x;&;&', '&colon;&#;&#x;&;&'],
    ['&#&lt;&#x&lt;', '&#<&#x<'],
    ['&#9223372036854775808;&#xffffffffffffffff3c;', '\xff\xff'],
    ['&#9223372036854775800;', '\xff'],
    ['&#4294967356;', '<'],
  ],
  jsDecode: [
    ['\\u003cb\\x3E', '<b>'],
    ['\\uff1c\\u4e3c', '<<'],
    ['\\74\\074\\400', '<< 0'],
    ['\\n\\q\\', '\nq\\'],
    ['\\u003\\x3', 'u003x3'],
  ],
  length: [
    ['abc', 3],
    ['\xe4\0', 2],
    ['', 0],
  ],
  lowercase: [
    ['ABC\xc4z', 'abc\xc4z'],
    ['', ''],
  ],
  md5: [
    ['', '\xd4\x1d\x8c\xd9\x8f\0\xb2\x04\xe9\x80\t\x98\xec\xf8B~'],
    ['a', '\x0c\xc1u\xb9\xc0\xf1\xb6\xa81\xc3\x99\xe2iw&a'],
  ],
  normalisePath: PATHS,
  normalizePath: PATHS,
  normalisePathWin: WINDOWS_PATHS,
  normalizePathWin: WINDOWS_PATHS,
  parityEven7bit: [
    ['abc\xe3', '\xe1\xe2c\xe3'],
    ['\0\x80', '\0\x80'],
  ],
  parityOdd7bit: [
    ['abc\xe3', 'ab\xe3c'],
    ['\0\x01', '\x80\x01'],
  ],
  parityZero7bit: [
    ['a\xe1\x80', 'aa\0'],
    ['', ''],
  ],
  removeComments: [
    ['un/* x */ion', 'union'],
    ['a<!-- b -->c', 'ac'],
    ['a -- b', 'a '],
    ['a # b', 'a '],
    ['a /* b', 'a  '],
  ],
  removeCommentsChar: [
    ['a/*b*/c', 'abc'],
    ['<!--x-->', 'x'],
    ["1'--#", "1'"],
    ['a-b/c*d', 'a-b/c*d'],
  ],
  removeNulls: [
    ['u\0n\0', 'un'],
    ['', ''],
  ],
  removeWhitespace: [
    ['a \t\r\n\v\fb', 'ab'],
    ['a\xc2\xa0b\xa0c', 'abc'],
    ['', ''],
  ],
  replaceComments: [
    ['un/* x */ion', 'un ion'],
    ['a/* b', 'a '],
    ['a*/b', 'a*/b'],
    ['a -- b', 'a -- b'],
  ],
  replaceNulls: [
    ['u\0n\0', 'u n '],
    ['', ''],
  ],
  sha1: [
    ['abc', '\xa9\x99>6G\x06\x81j\xba>%qxP\xc2l\x9c\xd0\xd8\x9d'],
    ['', '\xda9\xa3\xee^kK\r2U\xbf\xef\x95`\x18\x90\xaf\xd8\x07\t'],
  ],
  sqlHexDecode: [
    ['0x414243 or 0X61', 'ABC or a'],
    ['x=0x4142434', 'x=ABC4'],
    ['0x4', '0x4'],
    ['0x', '0x'],
    ['a\x000x41', 'a\0A'],
    ['00x41', '0A'],
    ['0xzz0x41', '0xzzA'],
    ['', ''],
  ],
  trim: [
    [' \t\na b\v\f\r', 'a b'],
    ['\xa0a', '\xa0a'],
    [' ', ''],
  ],
  trimLeft: [
    [' \t\na ', 'a '],
    [' ', ''],
  ],
  trimRight: [
    [' a\v\f\r ', ' a'],
    [' ', ''],
  ],
  uppercase: [
    ['abc\xe4Z', 'ABC\xe4Z'],
    ['', ''],
  ],
  urlDecode: [
    ['a+b%20c%2B', 'a b c+'],
    ['%3C%3c%%41%4', '<<%A%4'],
    ['%u003c%00', '%u003c\0'],
    ['%25%32%35', '%25'],
  ],
  urlDecodeUni: [
    ['a+%u003cb%3e', 'a <b>'],
    ['%uff1c%u4e3c', '<<'],
    ['%u00%uzz3c', '%u00%uzz3c'],
    ['%2541', '%41'],
  ],
  urlEncode: [
    ['a b*Z9', 'a+b*Z9'],
    ['<\0\xff~-._/', '%3c%00%ff%7e%2d%2e%5f%2f'],
    ['', ''],
  ],
  utf8toUnicode: [
    ['a\xc3\xa4', 'a%u00e4'],
    ['\xef\xbc\x9c', '%uff1c'],
    ['\xc3', ''],
    ['abc', 'abc'],
  ],
};

/** As a rule's transformation list would run it. */
function run(name: string, input: string): unknown {
  let value: unknown = input;
  for (const { name: step, argument } of stepsFor(name) ?? []) {
    const bound = TRANSFORMATIONS.get(step)?.bind(argument === undefined ? [] : [argument]) as
      | ((value: unknown) => unknown)
      | undefined;
    if (bound === undefined) throw new Error(`no step ${step}`);
    value = bound(value);
  }
  return value;
}

describe.each(Object.entries(VECTORS))('t:%s', (name, vectors) => {
  it.each(vectors)('%j gives %j', (input, output) => {
    expect(run(name, input)).toBe(output);
  });
});

it('has vectors for every transformation, and a counterpart', () => {
  expect(Object.keys(VECTORS).sort()).toEqual([...TRANSFORMATION_NAMES].sort());
  for (const name of TRANSFORMATION_NAMES) expect(stepsFor(name)?.length).toBeGreaterThan(0);
});

it('knows names in any letter case', () => {
  expect(knownTransformation('URLDECODEUNI')).toBe('urlDecodeUni');
  expect(knownTransformation('none')).toBe('none');
  expect(knownTransformation('rot13')).toBeUndefined();
});
