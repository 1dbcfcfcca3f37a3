/** One case or more for every fault reason; the table is checked against FAULT_REASONS. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  ARGUMENT_COUNT_MAX,
  ARGUMENT_NAME_BYTES_MAX,
  DOCUMENT_VALUE_COUNT_MAX,
  JSON_DEPTH_MAX,
  JSON_NUMBER_BYTES_MAX,
  JSON_OPEN_KEY_BYTES_MAX,
  JSON_OPEN_KEY_OVERHEAD_BYTES,
  MULTIPART_PART_COUNT_MAX,
  MULTIPART_PART_HEADER_BYTES_MAX,
  XML_ATTRIBUTE_COUNT_MAX,
  XML_DECLARATION_BYTES_MAX,
  XML_DEPTH_MAX,
} from '../../../../src/core/limits.ts';
import { contentCodingOf, createDecoder } from '../../../../src/http/body/content-coding.ts';
import { createReaderFor, READER_LIMITS_DEFAULT } from '../../../../src/http/body/create-reader.ts';
import { FAULT_REASONS } from '../../../../src/http/body/reader.ts';
import type { FaultReason } from '../../../../src/http/body/reader.ts';
import { chooseBody } from '../../../../src/http/body/sniff.ts';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const XML = 'application/xml';
const MULTIPART = 'multipart/form-data; boundary=b';

const part = (header: string, content = 'x'): string => `--b\r\n${header}\r\n\r\n${content}\r\n`;
const field = (name: string, more = ''): string =>
  part(`Content-Disposition: form-data; name="${name}"${more}`);
const manyKeys = (count: number, bytes: number): string =>
  Array.from({ length: count }, (_, i) => `"${String(i).padStart(bytes, '-')}":1`).join();

/** Content type, body (latin1), reason, and where the fault stands if that is worth saying. */
const CASES: readonly (readonly [type: string, body: string, reason: FaultReason, at?: number])[] = [
  [FORM, 'a=1&b=%4', 'form.escape', 6],
  [FORM, 'a=%zz', 'form.escape', 2],
  [FORM, '%', 'form.escape', 0],
  [FORM, `a=1&${'n'.repeat(ARGUMENT_NAME_BYTES_MAX + 1)}=1`, 'body.name', 4],
  [FORM, `{}=1&${'n'.repeat(ARGUMENT_NAME_BYTES_MAX + 1)}=1`, 'body.name', 5],
  [FORM, '{"a":1}&b=%4', 'form.escape', 10],
  [FORM, '{"a":1}&%zz', 'form.escape', 8],
  [FORM, 'a&'.repeat(ARGUMENT_COUNT_MAX + 1), 'body.arguments', ARGUMENT_COUNT_MAX * 2],
  [JSON_TYPE, '', 'json.syntax', 0],
  [JSON_TYPE, ' \n', 'json.syntax'],
  [JSON_TYPE, '{"a":1,}', 'json.syntax', 7],
  [JSON_TYPE, '[1,]', 'json.syntax', 3],
  [JSON_TYPE, '[1]x', 'json.syntax', 3],
  [JSON_TYPE, '{"a":01}', 'json.syntax', 5],
  [JSON_TYPE, '["a\nb"]', 'json.syntax', 3],
  [JSON_TYPE, '["\\x41"]', 'json.syntax', 2],
  [JSON_TYPE, "{'a':1}", 'json.syntax', 1],
  [JSON_TYPE, '[1}', 'json.syntax', 2],
  [JSON_TYPE, '[NaN]', 'json.syntax', 1],
  [JSON_TYPE, '{"a":1,"b":2,"\\u0061":3}', 'json.duplicate_key', 13],
  [JSON_TYPE, `{${manyKeys(20, 4)},${manyKeys(1, 4)}}`, 'json.duplicate_key'],
  [JSON_TYPE, '['.repeat(JSON_DEPTH_MAX + 1), 'json.depth', JSON_DEPTH_MAX],
  [JSON_TYPE, `[1${'0'.repeat(JSON_NUMBER_BYTES_MAX)}]`, 'json.number', 1],
  [JSON_TYPE, '\xef\xbb\xbf{}', 'json.charset', 0],
  [JSON_TYPE, '\xff\xfe{\0', 'json.charset', 0],
  [JSON_TYPE, '["\xc3"]', 'json.charset', 3],
  [JSON_TYPE, '["\xed\xa0\x80"]', 'json.charset', 3],
  [JSON_TYPE, '["\xc0\xaf"]', 'json.charset', 2],
  [JSON_TYPE, '["\\ud800"]', 'json.charset', 2],
  [JSON_TYPE, '["\\udc00\\ud800"]', 'json.charset', 2],
  [JSON_TYPE, '["\\ud800\\u0041"]', 'json.charset', 2],
  [JSON_TYPE, `{"${'k'.repeat(ARGUMENT_NAME_BYTES_MAX + 1)}":1}`, 'body.name', 1],
  [JSON_TYPE, `{"${'k'.repeat(600)}":{"${'k'.repeat(600)}":1}}`, 'body.name', 605],
  [
    JSON_TYPE,
    `[${'1,'.repeat(DOCUMENT_VALUE_COUNT_MAX)}1]`,
    'body.arguments',
    1 + 2 * DOCUMENT_VALUE_COUNT_MAX,
  ],
  [JSON_TYPE, `{${manyKeys(JSON_OPEN_KEY_BYTES_MAX / 1000 + 1, 1000)}}`, 'body.arguments'],
  [JSON_TYPE, `{${manyKeys(JSON_OPEN_KEY_BYTES_MAX / JSON_OPEN_KEY_OVERHEAD_BYTES, 6)}}`, 'body.arguments'],
  [JSON_TYPE, `[${'{"a":[]},'.repeat(DOCUMENT_VALUE_COUNT_MAX)}{"b":{}}]`, 'body.arguments'],
  [JSON_TYPE, '{"a":', 'body.truncated', 5],
  [JSON_TYPE, '"abc', 'body.truncated', 4],
  [JSON_TYPE, 'tru', 'body.truncated', 3],
  [XML, '', 'xml.syntax', 0],
  [XML, '<a></b>', 'xml.syntax', 3],
  [XML, `<a>${'<b/>'.repeat(DOCUMENT_VALUE_COUNT_MAX)}</a>`, 'body.arguments'],
  [XML, '<a/><b/>', 'xml.syntax', 4],
  [XML, '<a>&nbsp;</a>', 'xml.syntax', 3],
  [XML, '<a>&#0;</a>', 'xml.syntax', 3],
  [XML, '<a x="1" x="2"/>', 'xml.syntax', 9],
  [XML, '<a x="<"/>', 'xml.syntax', 6],
  [XML, '<a x=1/>', 'xml.syntax', 5],
  [XML, '<a x="1"y="2"/>', 'xml.syntax', 8],
  [XML, '<a>]]></a>', 'xml.syntax', 3],
  [XML, '<a><!-- -- --></a>', 'xml.syntax', 8],
  [XML, 'text', 'xml.syntax', 0],
  [XML, `<?xml version="1.0"${' '.repeat(XML_DECLARATION_BYTES_MAX)}?><a/>`, 'xml.syntax', 0],
  [XML, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'xml.doctype', 0],
  [XML, '<a><!ENTITY b "c"></a>', 'xml.doctype', 3],
  [XML, '<?xml-stylesheet href="a"?><a/>', 'xml.doctype', 0],
  [XML, '<a><?php ?></a>', 'xml.doctype', 3],
  [XML, '<a>'.repeat(XML_DEPTH_MAX + 1), 'xml.depth', 3 * XML_DEPTH_MAX],
  [XML, '<?xml version="1.0" encoding="UTF-7"?><a/>', 'xml.charset', 0],
  [XML, '<a>\xff</a>', 'xml.charset', 3],
  [
    XML,
    `<a${Array.from({ length: XML_ATTRIBUTE_COUNT_MAX + 1 }, (_, i) => ` x${i}=""`).join('')}/>`,
    'body.arguments',
  ],
  [XML, `<${'n'.repeat(ARGUMENT_NAME_BYTES_MAX + 1)}/>`, 'body.name', 0],
  [XML, '<a>text', 'body.truncated', 7],
  ['multipart/form-data', field('a'), 'multipart.boundary', 0],
  ['multipart/form-data; boundary=a; boundary=b', field('a'), 'multipart.boundary', 0],
  ['multipart/form-data; boundary="a\\b"', field('a'), 'multipart.boundary', 0],
  ['multipart/form-data; boundary="b "', field('a'), 'multipart.boundary', 0],
  [`multipart/form-data; boundary=${'b'.repeat(71)}`, field('a'), 'multipart.boundary', 0],
  ['x, multipart/form-data; boundary=b', field('a'), 'multipart.boundary', 0],
  [MULTIPART, `preamble\r\n${field('a')}--b--`, 'multipart.delimiter', 0],
  [MULTIPART, `${field('a')}--b--\r\nepilogue`, 'multipart.delimiter'],
  [MULTIPART, `${field('a')}--b--\r`, 'multipart.delimiter'],
  [MULTIPART, `${field('a')}--b \r\n`, 'multipart.delimiter'],
  [MULTIPART, `${field('a')}--bb\r\n`, 'multipart.delimiter'],
  [MULTIPART, field('a').replace('x\r\n', 'x\n') + '--b--', 'multipart.delimiter'],
  [MULTIPART, field('a').replace('x\r\n', 'x\r') + '--b--', 'multipart.delimiter'],
  [MULTIPART, field('a').replace('x\r\n', '') + '--b--', 'multipart.delimiter'],
  [MULTIPART, field('a').replace('\r\n\r\n', '\n\n') + '--b--', 'multipart.delimiter'],
  [MULTIPART, part('Content-Type: text/plain'), 'multipart.header', 5],
  [MULTIPART, part('Content-Disposition: form-data; name=a'), 'multipart.header', 5],
  [MULTIPART, part('Content-Disposition: attachment; name="a"'), 'multipart.header', 5],
  [MULTIPART, field('a', '; name="b"'), 'multipart.header', 5],
  [MULTIPART, field('a', '; filename="b"; filename="c"'), 'multipart.header', 5],
  [MULTIPART, field('a', "; filename*=UTF-8''b"), 'multipart.header', 5],
  [MULTIPART, field('a', '; filename="b\\"c"'), 'multipart.header', 5],
  [MULTIPART, field('a', '\r\n folded'), 'multipart.header', 5],
  [MULTIPART, field('a', '\r\nContent-Disposition: form-data; name="b"'), 'multipart.header', 5],
  [MULTIPART, field('a', '\r\nContent-Transfer-Encoding: base64'), 'multipart.header', 5],
  [MULTIPART, field('a', '\r\nContent-Type: multipart/mixed; boundary=c'), 'multipart.header', 5],
  [MULTIPART, field('a', '\r\nNo colon'), 'multipart.header', 5],
  [MULTIPART, field('a', `\r\nX: ${'x'.repeat(MULTIPART_PART_HEADER_BYTES_MAX)}`), 'multipart.header', 5],
  [MULTIPART, field('a', '\r\nContent-Type: text/plain; charset=utf-7'), 'charset.unsupported', 5],
  [MULTIPART, field('_charset_'), 'charset.unsupported', 5],
  [MULTIPART, field('n'.repeat(ARGUMENT_NAME_BYTES_MAX + 1)), 'body.name', 5],
  [MULTIPART, '', 'multipart.truncated', 0],
  [MULTIPART, field('a'), 'multipart.truncated'],
  [MULTIPART, `${field('a')}--b-`, 'multipart.truncated'],
  [MULTIPART, field('a').repeat(MULTIPART_PART_COUNT_MAX + 1), 'multipart.parts'],
  ['application/json; charset=utf-16', '{}', 'charset.unsupported', 0],
  ['application/json; charset=utf-8; charset=utf-7', '{}', 'charset.unsupported', 0],
  ['text/plain; charset=utf-7', '+ADw-', 'charset.unsupported', 0],
  ['application/json; charset', '{}', 'charset.unsupported', 0],
  // Sniffed: that it is no JSON is no fault, that it is too deep is.
  ['text/plain', '['.repeat(JSON_DEPTH_MAX + 1), 'json.depth'],
];

function faultOf(type: string, body: string, chunkBytes: number): { reason: string; at: number } | null {
  const sink = { value: () => undefined, file: () => undefined };
  const reader = createReaderFor(chooseBody(type), {
    limits: READER_LIMITS_DEFAULT,
    sink,
    direction: 'request',
  });
  const bytes = Buffer.from(body, 'latin1');
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.write(bytes.subarray(at, at + chunkBytes));
  reader.end();
  return reader.fault === null ? null : { ...reader.fault };
}

const label = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

describe('a body that cannot be inspected', () => {
  test.each(
    CASES.map(([type, body, reason, at]) => [type, label(JSON.stringify(body)), reason, at, body] as const),
  )('%s %s is %s', (type, _label, reason, at, body) => {
    for (const chunkBytes of [body.length + 1, 7]) {
      const fault = faultOf(type, body, chunkBytes);
      expect(fault?.reason).toBe(reason);
      if (at !== undefined) expect(fault?.at).toBe(at);
    }
  });

  test('every reason has a case', async () => {
    const coded = new Set<string>(contentCodingOf('compress') === null ? ['coding.unsupported'] : []);
    for (const body of [gzipSync('a').subarray(1), gzipSync(Buffer.alloc(8 << 20))]) {
      const decoder = createDecoder('gzip', () => undefined);
      await decoder.write(body);
      await decoder.end();
      if (decoder.fault !== null) coded.add(decoder.fault.reason);
    }
    const covered = new Set<string>([...CASES.map(([, , reason]) => reason), ...coded]);
    expect([...covered].sort()).toEqual(Object.keys(FAULT_REASONS).sort());
  });
});

test.each([
  [FORM, `${'n'.repeat(ARGUMENT_NAME_BYTES_MAX)}=1`],
  [FORM, 'a&'.repeat(ARGUMENT_COUNT_MAX)],
  [JSON_TYPE, '['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX)],
  [JSON_TYPE, `[${'9'.repeat(JSON_NUMBER_BYTES_MAX)}]`],
  [JSON_TYPE, `[${'1,'.repeat(DOCUMENT_VALUE_COUNT_MAX - 1)}1]`],
  [JSON_TYPE, `{${manyKeys(Math.floor(JSON_OPEN_KEY_BYTES_MAX / (JSON_OPEN_KEY_OVERHEAD_BYTES + 6)), 6)}}`],
  [JSON_TYPE, `[${`{${manyKeys(3, 6)}},`.repeat(ARGUMENT_COUNT_MAX)}1]`],
  [JSON_TYPE, `{"${'k'.repeat(ARGUMENT_NAME_BYTES_MAX)}":1}`],
  [XML, '<a>'.repeat(XML_DEPTH_MAX) + '</a>'.repeat(XML_DEPTH_MAX)],
  [XML, '\xef\xbb\xbf<?xml version="1.0" encoding="utf-8" standalone="yes"?><a>&#x10FFFF;</a>'],
  [MULTIPART, `${field('a').repeat(MULTIPART_PART_COUNT_MAX)}--b--\r\n`],
  [MULTIPART, '--b--'],
  [
    'multipart/form-data; boundary="b"',
    `${field('a', '; filename="x.txt"\r\nContent-Type: text/plain; charset=UTF-8')}--b--`,
  ],
  ['text/plain', '[not json'],
  ['text/plain', '{"a":1,"a":2'],
  ['text/plain; charset=iso-8859-1', 'caf\xe9=1%'],
  [`image/png`, '\x89PNG'],
])('%s within the limits is read', (type, body) => {
  expect(faultOf(type, body, 1 << 20)).toBeNull();
  expect(faultOf(type, body, 5)).toBeNull();
});
