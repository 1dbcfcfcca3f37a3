// What the reference implementation of SecLang's transformations gives for inputs at the edges of each decoder.
import { describe, expect, it } from 'vitest';
import { TRANSFORMATIONS } from '../../../../src/http/transform/registry.ts';

const VECTORS: Record<string, readonly (readonly [input: string, output: string])[]> = {
  url_decode_uni: [
    ['%u0064rop+%74able', 'drop table'],
    ['%U0064', 'd'],
    ['%uFF0Fetc', '/etc'],
    ['%u00', '%u00'],
    ['%u002', '%u002'],
    ['a%2', 'a%2'],
    ['%%41', '%A'],
    ['%2%41', '%2A'],
    ['%uZZ41%41', '%uZZ41A'],
    ['%00x', '\x00x'],
    ['%c0%ae', '\xc0\xae'],
  ],
  html_decode: [
    ['&quot;&amp;&lt;&gt;&nbsp;', '"&<>\xa0'],
    ['&#60&#62;', '<>'],
    ['&#x3C&#X3e;', '<>'],
    ['&#;', '&#;'],
    ['&#x;', '&#x;'],
    ['&', '&'],
    ['&;', '&;'],
    ['&LT;x&Gt;', '<x>'],
    ['&bogus;&lt;', '&bogus;<'],
    ['a&#0b', 'a\x00b'],
    ['&#255;&#xff;', '\xff\xff'],
  ],
  js_decode: [
    ['\\u0041\\u0142', 'AB'],
    ['\\uFF1D\\uff5f', '=_'],
    ['\\u00g1', 'u00g1'],
    ['\\x3c\\x3', '<x3'],
    ['\\1\\12\\123\\1234', '\x01\x0aSS4'],
    ['\\400\\377\\8', ' 0\xff8'],
    ['\\a\\b\\f\\n\\r\\t\\v\\z', '\x07\x08\x0c\x0a\x0d\x09\x0bz'],
    ['\\\\\\\'\\"', '\\\'"'],
    ['tail\\', 'tail\\'],
    ['\\u{3c}', 'u{3c}'],
  ],
  css_decode: [
    ['\\3c', '<'],
    ['\\3 c', '\x03c'],
    ['\\03c x', '<x'],
    ['\\00003c', '<'],
    ['\\000003cf', '\x03cf'],
    ['\\ff1c', '<'],
    ['\\0ff1c\\1ff1c', '<\x1c'],
    ['\\00ff1c\\10ff1c', '<\x1c'],
    ['e\\\x0ax\\p\\ression', 'expression'],
    ['\\', ''],
    ['a\\\\b', 'a\\b'],
    ['\\20\x09\x09', ' \x09'],
  ],
  escape_decode: [
    ['\\x4\\X41\\x41', 'x4AA'],
    ['\\0\\18\\101', '\x00\x018A'],
    ['\\400', '\x00'],
    ['\\?\\"\\\'\\\\', '?"\'\\'],
    ['\\c\\/', 'c/'],
    ['q\\', 'q\\'],
  ],
  cmd_line: [
    ['C:\\Windows\\System32', 'c:windowssystem32'],
    ['n""c  -e\x09/bin/sh', 'nc -e/bin/sh'],
    ['a ( b )', 'a( b )'],
    ['p^i^n^g,;1', 'ping 1'],
    ['  /x', '/x'],
    ['\x0bA\x0c', '\x0ba\x0c'],
    ['\xc4\xd6', '\xc4\xd6'],
  ],
  normalize_path: [
    ['', ''],
    ['/', '/'],
    ['//', '/'],
    ['.', ''],
    ['..', '..'],
    ['/.', ''],
    ['/..', ''],
    ['./a', 'a'],
    ['a/.', 'a'],
    ['a/..', ''],
    ['a/../..', '..'],
    ['../../a', '../../a'],
    ['a/../../b', '../b'],
    ['/a/../../b', '/b'],
    ['foo../bar', 'bar'],
    ['/a/b/..', '/a'],
    ['/a/b/../', '/a/'],
    ['a//b///c', 'a/b/c'],
    ['x/./././y/', 'x/y/'],
    ['.../a', '.../a'],
    ['/a/...', '/a'],
    ['a..', 'a..'],
  ],
  normalize_path_win: [
    ['\\', '/'],
    ['\\a\\b', '/a/b'],
    ['a\\.\\b', 'a/b'],
    ['a\\..\\..\\b', '../b'],
    ['\\\\\\', '\\'],
    ['c:\\x\\..', 'c:'],
    ['/a\\//b', '/a/b'],
    ['mixed/\\path', 'mixed/path'],
  ],
  strip_comments: [
    ['a/*b*/c', 'ac'],
    ['a/*b', 'a '],
    ['/**//**/x', '/**/x'],
    ['x--y', 'x'],
    ['x#y', 'x'],
    ['a<!--b-->c', 'ac'],
    ['a<!--b*/c', 'ac'],
    ['/*-->z', 'z'],
    ['*/x', '*/x'],
    ['a/**/', 'a\x00'],
    ['-', '-'],
    ['<!-', '<!-'],
  ],
  replace_comments: [
    ['a/**/b', 'a b'],
    ['/*', ' '],
    ['/**/', ' '],
    ['a/*b*/c/*d*/e', 'a c e'],
    ['/*/x*/y', ' y'],
    ['*/', '*/'],
  ],
  remove_comment_chars: [
    ['--->', '->'],
    ['-->--', ''],
    ['/*/', '/'],
    ['<!---', '-'],
    ['#a#b', 'ab'],
    ['- -', '- -'],
    ['*/*/', ''],
    ['<!-', '<!-'],
  ],
  utf8_to_unicode: [
    ['\xc3\xa9', '%u00e9'],
    ['\xe2\x82\xac!', '%u20ac!'],
    ['\xf0\x9f\x98\x80', '%u1f600'],
    ['\xc3', ''],
    ['\xe2\x82', '\x82'],
    ['\x80\xbf', '\x80\xbf'],
    ['\xc1\x81', '%u0041\xc1'],
    ['\xe0\x80\xaf', '%u002f\xe0'],
    ['\xed\xa0\x80', '%ud800\xed'],
    ['\xf5\x80\x80\x80', '\xf5%u140000'],
    ['\xf8\x88', '\xf8\x88'],
    ['a\x00b', 'ab'],
    ['a\x00', 'a\x00'],
    ['\xf4\x90\x80\x80', '%u110000'],
  ],
  squeeze: [
    ['a  b', 'a b'],
    [' a ', ' a '],
    ['\x09', ' '],
    ['a\x0b\x0c\x0d\x0ab', 'a b'],
    ['a\xa0\xa0b', 'a\xa0\xa0b'],
    [' \x09 x', ' x'],
  ],
};

describe.each(Object.entries(VECTORS))('%s', (name, vectors) => {
  const transformation = TRANSFORMATIONS.get(name)!;
  const run = transformation.bind([]) as (text: string) => string;

  it.each(vectors)('%j gives %j', (input, output) => {
    expect(run(input)).toBe(output);
  });
});

describe('where Ward goes further than the reference', () => {
  const run = (name: string, text: string): unknown =>
    (TRANSFORMATIONS.get(name)!.bind([]) as (text: string) => string)(text);

  it('maps look-alikes in %u escapes to ASCII', () => {
    expect(run('url_decode_uni', '%u2215%u02bc%u212a%u0131')).toBe("/'K1");
  });

  it('reads numeric references of any length', () => {
    expect(run('html_decode', '&#x0000000003c;&#000000060&#9731;')).toBe('<<\xe2\x98\x83');
    expect(run('html_decode', `&#${'9'.repeat(1000)};&#xd800;`)).toBe('\xef\xbf\xbd\xef\xbf\xbd');
  });

  it('keeps text that touches a name without semicolon', () => {
    expect(run('html_decode', '&ltscript&gtalert')).toBe('<script>alert');
  });

  it('knows the names that hide punctuation, in their exact case', () => {
    expect(run('html_decode', 'java&Tab;script&colon;alert&lpar;&grave;1&grave;&rpar;')).toBe(
      'java\tscript:alert(`1`)',
    );
    expect(run('html_decode', '&tab;&COLON;')).toBe('&tab;&COLON;');
  });
});
