import { expect, test } from 'vitest';
import type { ExampleRequest } from '../../../../src/dsl/checked-request.ts';
import { policyOf } from '../../../support/check-rules.ts';

function request(text: string): ExampleRequest {
  const policy = policyOf(
    `rule a.b "x" { when any args contains "x" then block 403 examples { hit ${text} } }`,
  );
  return policy.rules[0].examples[0].request;
}

const header = (from: ExampleRequest, name: string): string | undefined =>
  from.headers.find(([known]) => known === name)?.[1];

test('what is left out is what a normal client sends', () => {
  expect(request('GET "/a"')).toEqual({
    method: 'GET',
    target: '/a',
    from: '198.51.100.7',
    scheme: 'https',
    headers: [
      ['host', 'example.test'],
      ['user-agent', 'ward-example/1'],
      ['accept', '*/*'],
    ],
    body: undefined,
    answered: undefined,
    claims: undefined,
    later: [],
  });
});

test('a header of the author replaces the usual one', () => {
  const made = request('GET "/a" header "User-Agent" "sqlmap" header "x" "1" header "x" "2"');
  expect(made.headers.filter(([name]) => name === 'user-agent')).toEqual([['user-agent', 'sqlmap']]);
  expect(made.headers.filter(([name]) => name === 'x')).toHaveLength(2);
});

test('JSON is sent with its type and length', () => {
  const made = request('POST "/a" json { "a": [1, 2.5e3, null, true], "b": "x\\"é\\n" }');
  expect(made.body).toBe('{"a":[1,2.5e3,null,true],"b":"x\\u0022\xc3\xa9\\u000a"}');
  expect(JSON.parse(Buffer.from(made.body ?? '', 'latin1').toString('utf8'))).toEqual({
    a: [1, 2500, null, true],
    b: 'x"é\n',
  });
  expect(header(made, 'content-type')).toBe('application/json');
  expect(header(made, 'content-length')).toBe(String(made.body?.length));
});

test('a form repeats what is a list', () => {
  const made = request('POST "/a" form { "a b": ["1 2", "&="], "n": 5 }');
  expect(made.body).toBe('a+b=1+2&a+b=%26%3D&n=5');
  expect(header(made, 'content-type')).toBe('application/x-www-form-urlencoded');
});

test('parts make one multipart body', () => {
  const made = request('POST "/a" part "pic" file "a\\".png" "\\x89PNG" part "note" "hi"');
  expect(header(made, 'content-type')).toBe('multipart/form-data; boundary=ward-example-boundary');
  expect(made.body).toBe(
    '--ward-example-boundary\r\ncontent-disposition: form-data; name="pic"; filename="a%22.png"\r\n' +
      'content-type: image/png\r\n\r\n\x89PNG\r\n' +
      '--ward-example-boundary\r\ncontent-disposition: form-data; name="note"\r\n\r\nhi\r\n' +
      '--ward-example-boundary--\r\n',
  );
});

test('cookies share a line, the rest is said once', () => {
  const made = request('GET "/a" cookie "a" "1" cookie "b" "2" from "2001:DB8::1" over http');
  expect(header(made, 'cookie')).toBe('a=1; b=2');
  expect(made).toMatchObject({ from: '2001:db8::1', scheme: 'http' });
});

test('an answer is whole too', () => {
  const made = request('GET "/a" answered 500 { body "oops" header "x-a" "1" }');
  expect(made.answered).toEqual({
    status: 500,
    headers: [
      ['content-type', 'text/plain; charset=utf-8'],
      ['content-length', '4'],
      ['x-a', '1'],
    ],
    body: 'oops',
  });
  expect(request('GET "/a" answered 200 { json { "ok": true } }').answered?.body).toBe('{"ok":true}');
});
