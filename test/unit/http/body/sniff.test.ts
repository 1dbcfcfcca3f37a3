import { describe, expect, test } from 'vitest';
import { NESTED_JSON_BYTES_MAX } from '../../../../src/core/limits.ts';
import {
  createBodyReader,
  createReaderFor,
  READER_LIMITS_DEFAULT,
} from '../../../../src/http/body/create-reader.ts';
import { magicOf } from '../../../../src/http/body/file-magic.ts';
import { readNestedJson } from '../../../../src/http/body/nested.ts';
import { chooseBody } from '../../../../src/http/body/sniff.ts';
import { ORIGIN_NAMES } from '../../../../src/http/value.ts';
import type { ValueSink } from '../../../../src/http/value.ts';

interface Log {
  readonly values: string[];
  readonly sink: ValueSink;
}

function log(): Log {
  const values: string[] = [];
  const sink: ValueSink = {
    value: (origin, name, path, text) => values.push([ORIGIN_NAMES[origin], name, path, text].join('|')),
    file: (file) => values.push(`file|${file.name}|${file.filename}|${file.type}|${file.size}|${file.magic}`),
  };
  return { values, sink };
}

test.each([
  ['application/json', 'json'],
  ['Application/JSON; charset="UTF-8"', 'json'],
  ['application/vnd.api+json', 'json'],
  ['application/x-www-form-urlencoded', 'urlencoded'],
  ['application/soap+xml; charset=utf-8', 'xml'],
  ['text/xml', 'xml'],
  ['multipart/form-data; boundary=x', 'multipart'],
  ['multipart/mixed; boundary=x', 'text'],
  ['text/plain', 'text'],
  ['application/octet-stream', 'text'],
  ['nonsense', 'text'],
  [undefined, 'text'],
])('%s is read as %s', (type, kind) => {
  expect(chooseBody(type)).toMatchObject({ kind, fault: null });
});

const FORM = 'application/x-www-form-urlencoded';
const LONG = 'x'.repeat(READER_LIMITS_DEFAULT.nameBytesMax);

describe.each([
  ['text/plain', ' {"a":"x\\u0027"}', 'json', ["json|a|/a|x'"]],
  ['text/plain', '{"a":1,"a":2}', 'json', ['json|a|/a|1', 'json|a|/a|2']],
  [undefined, 'a=1&b=%27', 'urlencoded', ['form|a|a|1', "form|b|b|'"]],
  ['image/png', 'a[0].b=100%', 'urlencoded', ['form|a[0].b|a[0].b|100%']],
  ['text/plain', "x'y&=1", 'urlencoded', ["form|x'y|x'y|", 'form|||1']],
  ['text/plain', '{"a":1}\n{"a":"\\u0027"}\n', 'json', ['json|a|/a|1', "json|a|/a|'"]],
  [undefined, '{"a":1}{"b":2} [3]', 'json', ['json|a|/a|1', 'json|b|/b|2', 'json||/0|3']],
  ['application/x-ndjson', '{"a":1}\n{"a":\n{"b":"x"}\n', 'json', ['json|a|/a|1', 'json|a.b|/a/b|x']],
  ['application/x-ndjson', 'null\nno\n{"a":1}', 'json', ['json|||null', 'json|a|/a|1']],
  ['application/jsonl', '{"a":"x\n{"b":"y"}', 'json', ['json|a|/a|x', 'json|b|/b|y']],
  ['application/json-seq', '\x1e"x"\n\x1e{"a":1}\n', 'json', ['json|||x', 'json|a|/a|1']],
  ['application/geo+json-seq; charset=utf-8', '\x1e{"a":1}', 'json', ['json|a|/a|1']],
  ['text/plain', '\xef\xbb\xbf{"a":1}', 'json', ['json|a|/a|1']],
  ['text/plain', '\x1e{"a":1}', 'json', ['json|a|/a|1']],
  ['text/plain', 'Dear all,\n1 = 1', 'text', []],
  ['text/html', '<p class=x>', 'text', []],
  [undefined, ' <a b="1"><c>x &lt; y</c></a>', 'xml', ['xml|a@b|/a/@b|1', 'xml|a.c|/a/c|x < y']],
  ['text/plain', '<?xml version="1.0"?><a>1</a>', 'xml', ['xml|a|/a|1']],
  ['text/plain', '<p>one<br>two</p> 3 < 4', 'text', ['xml|p|/p|one']],
  ['text/plain', '<!doctype html><p>x</p>', 'text', []],
  ['text/plain', '<3 you', 'text', []],
  ['image/png', '\x89PNG=1', 'text', []],
  ['text/plain', '', 'text', []],
  [FORM, `{"a":"${LONG}"}`, 'urlencoded', [`form|||{"a":"${LONG}"}`]],
  [FORM, '["100%"]', 'urlencoded', ['form|["100%"]|["100%"]|']],
  [FORM, 'a=1&{"b":"5%"}&c=2', 'urlencoded', ['form|a|a|1', 'form|{"b":"5%"}|{"b":"5%"}|', 'form|c|c|2']],
] as const)('%s %s', (type, body, kind, expected) => {
  test(`is ${kind}`, () => {
    const { values, sink } = log();
    const reader = createReaderFor(chooseBody(type), {
      limits: READER_LIMITS_DEFAULT,
      sink,
      direction: 'request',
    });
    reader.write(Buffer.from(body, 'latin1'));
    reader.end();
    expect(values).toEqual(expected);
    expect([reader.kind, reader.fault, reader.cleared]).toEqual([kind, null, body.length]);
  });
});

test('nesting of sniffed XML beyond the limit is a fault, in answers none is sniffed', () => {
  const deep = '<a>'.repeat(READER_LIMITS_DEFAULT.depthMax + 1);
  const options = { limits: READER_LIMITS_DEFAULT, sink: log().sink };
  const read = (direction: 'request' | 'response') => {
    const reader = createReaderFor(chooseBody(undefined), { ...options, direction });
    reader.write(Buffer.from(deep));
    return [reader.kind, reader.fault?.reason];
  };
  expect([read('request'), read('response')]).toEqual([
    ['xml', 'xml.depth'],
    ['text', undefined],
  ]);
});

test('the names of empty containers and elements are reported', () => {
  const json = log();
  const options = { limits: READER_LIMITS_DEFAULT, direction: 'response' } as const;
  const jsonReader = createBodyReader('json', { ...options, sink: json.sink });
  jsonReader.write(Buffer.from('{"a":{"b":[]},"c":[{}],"":{}}'));
  expect(json.values).toEqual(['response_json|a.b|/a/b|', 'response_json|c|/c/0|']);
  const xml = log();
  createBodyReader('xml', { ...options, sink: xml.sink }).write(Buffer.from('<a> <b/> <c> </c></a>'));
  expect(xml.values).toEqual(['xml|a.b|/a/b|', 'xml|a.c|/a/c|']);
});

test('comments and CDATA do not cut a run of text', () => {
  const { values, sink } = log();
  const reader = createBodyReader('xml', { limits: READER_LIMITS_DEFAULT, sink, direction: 'request' });
  reader.write(Buffer.from('<o:order id="7"><n>UN<!-- x -->I<![CDATA[O]]>N &lt;&#x53;</n></o:order>'));
  reader.end();
  expect(values).toEqual(['xml|order@id|/o:order/@id|7', 'xml|order.n|/o:order/n|UNION <S']);
});

test('multipart reports header lines, fields and files', () => {
  const { values, sink } = log();
  const reader = createBodyReader('multipart', {
    limits: READER_LIMITS_DEFAULT,
    sink,
    direction: 'request',
    boundary: 'b',
  });
  const disposition = 'Content-Disposition: form-data; name="f"; filename="a.png"';
  reader.write(Buffer.from(`--b\r\n${disposition}\r\nContent-Type: Image/PNG\r\n\r\n<?php ?>\r\n--b--\r\n`));
  reader.end();
  expect(reader.fault).toBeNull();
  expect(values).toEqual([
    `part_header|f|f|${disposition}`,
    'part_header|f|f|Content-Type: Image/PNG',
    'file|f|a.png|image/png|8|application/x-php',
  ]);
});

test.each([
  ['{"a":{"b":"x"}}', 'read', ['nested|p.a.b|p/a/b|x']],
  [' [1]', 'read', ['nested|p|p/0|1']],
  ['{"a":"\\ud800"}', 'read', ['nested|p.a|p/a|\xed\xa0\x80']],
  ['"a"', 'absent', []],
  ['{a}', 'absent', []],
  ['{"a":1', 'absent', []],
  [`["x",${'['.repeat(READER_LIMITS_DEFAULT.depthMax)}`, 'beyond_limits', ['nested|p|p/0|x']],
  [`["${'x'.repeat(NESTED_JSON_BYTES_MAX)}"]`, 'beyond_limits', []],
])('nested %.20s is %s', (text, outcome, expected) => {
  const { values, sink } = log();
  expect(readNestedJson(text, 'p', 'p', 5, 9, READER_LIMITS_DEFAULT, sink)).toBe(outcome);
  expect(values).toEqual(expected);
});

test.each([
  ['\x89PNG\r\n\x1a\n\0', 'image/png'],
  ['\xff\xd8\xff\xe0', 'image/jpeg'],
  ['GIF89a', 'image/gif'],
  ['RIFF\0\0\0\0WEBPVP8', 'image/webp'],
  ['%PDF-1.7', 'application/pdf'],
  ['PK\x03\x04', 'application/zip'],
  ['\x1f\x8b\x08\0', 'application/gzip'],
  ['\x7fELF\x02', 'application/x-elf'],
  ['MZ\x90\0', 'application/x-msdownload'],
  ['\n <!DOCTYPE html>', 'text/html'],
  ['<SCRIPT>', 'text/html'],
  ['<svg onload=1>', 'image/svg+xml'],
  ['<?xml version="1.0"?><svg>', 'image/svg+xml'],
  ['<?xml version="1.0"?><a>', 'text/xml'],
  ['<?php system(1);', 'application/x-php'],
  ['just a line\n<?PHP', 'application/x-php'],
  ['GIF89a;<?php', 'application/x-php'],
  ['just a line\n', 'text/plain'],
  ['\0\x01\x02', ''],
  ['', ''],
])('magic of %j is %j', (head, type) => {
  expect(magicOf(head)).toBe(type);
});

test('the first document of a sequence alone has a structure', () => {
  const seen: unknown[][] = [];
  const reader = createReaderFor(chooseBody('text/plain'), {
    limits: READER_LIMITS_DEFAULT,
    sink: log().sink,
    direction: 'request',
    structure: {
      open: (kind) => seen.push(['open', kind]),
      close: (kind) => seen.push(['close', kind]),
      key: (name) => seen.push(['key', name]),
      scalar: (_, text) => seen.push(['scalar', text]),
    },
  });
  reader.write(Buffer.from('{"a":"x"}\n{"b":["y"]}'));
  reader.end();
  expect(seen).toEqual([
    ['open', 'object'],
    ['key', 'a'],
    ['scalar', 'x'],
    ['close', 'object'],
  ]);
});

test('limits hold over a whole sequence, and their faults are no way out', () => {
  const limits = { ...READER_LIMITS_DEFAULT, argumentsMax: 3, documentValuesMax: 3 };
  const reader = createReaderFor(chooseBody('application/x-ndjson'), {
    limits,
    sink: log().sink,
    direction: 'request',
  });
  reader.write(Buffer.from('1\n2\n3\n4\n'));
  expect(reader.fault).toEqual({ reason: 'body.arguments', at: 6 });
});
