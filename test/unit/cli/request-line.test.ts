/** Requests as typed on a command line. */
import { expect, it } from 'vitest';
import { readRequest } from '../../../src/cli/request-line.ts';

const read = (line: string, headers: string[] = [], data?: string) =>
  readRequest({ line, headers, data, from: '198.51.100.7' });

it('reads method, target, headers and body, as latin1', () => {
  const request = read('POST /a?b=é', ['X-Name:  José ', 'host: shop.example'], 'ü=1');
  expect(request.method).toBe('POST');
  expect(request.target).toBe('/a?b=\xc3\xa9');
  expect(request.headers).toEqual([
    ['user-agent', 'ward-explain/1'],
    ['accept', '*/*'],
    ['x-name', 'Jos\xc3\xa9'],
    ['host', 'shop.example'],
    ['content-type', 'application/x-www-form-urlencoded'],
  ]);
  expect(request.body).toBe('\xc3\xbc=1');
});

it.each([
  ["GET /s?q=1' or '1'='1", "/s?q=1'%20or%20'1'='1"],
  ['GET /a\tb\n', '/a%09b'],
  ['GET /?q=a b HTTP/1.1', '/?q=a%20b'],
])('encodes what cannot stand in a request line: %j', (line, target) => {
  expect(read(line).target).toBe(target);
});

it('keeps a content type that is given', () => {
  const { headers } = read('POST /', ['Content-Type: application/json'], '{}');
  expect(headers.filter(([name]) => name === 'content-type')).toEqual([['content-type', 'application/json']]);
});

it.each(['', 'GET', '/x', 'get /x', 'GET x', 'GET http://h/x'])('refuses the line %j', (line) => {
  expect(() => read(line)).toThrow("a request is written like 'GET /path?q=1'");
});

it('refuses a header without a name', () => {
  expect(() => read('GET /', ['nothing'])).toThrow("a header is written like 'name: value'");
});
