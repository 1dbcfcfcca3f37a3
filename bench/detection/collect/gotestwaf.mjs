// The test cases of GoTestWAF: payloads, encoders and placeholders, each with each. gRPC cases are left out.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { filesUnder } from './sending.mjs';

const BOUNDARY = 'wardcollectionboundary';

/** What Go's `url.PathEscape` leaves alone. */
const pathEscape = (text) =>
  encodeURIComponent(text).replace(/[!'()*]|%(?:24|26|2B|3A|3D|40)/g, (found) =>
    found.startsWith('%') ? decodeURIComponent(found) : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const ENCODERS = {
  Plain: (text) => text,
  URL: pathEscape,
  Base64: (text) => Buffer.from(text).toString('base64'),
  Base64Flat: (text) => Buffer.from(text).toString('base64').replaceAll('=', ''),
};

const jsonEscape = (text) =>
  [...Array(text.length).keys()]
    .map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
const inTarget = (text) => text.replace(/[\s"<>\\^`{|}#]|[^\0-\x7f]/gu, encodeURIComponent);
const xmlEscape = (text) => text.replace(/[<>&'"]/g, (char) => `&#${char.charCodeAt(0)};`);
const named = (text) => createHash('sha256').update(text).digest('hex').slice(0, 10);
const request = (method, target, headers = [], body = undefined) => ({ method, target, headers, body });
const post = (type, body) => request('POST', '/', [['content-type', type]], body);

const PLACEHOLDERS = {
  URLParam: (text) => request('GET', `/?${named(text)}=${inTarget(text)}`),
  URLPath: (text) => request('GET', `/${inTarget(text)}`),
  Header: (text) => request('GET', '/', [[`x-${named(text)}`, text]]),
  UserAgent: (text) => request('GET', '/', [['user-agent', text]]),
  RequestBody: (text) => request('POST', '/', [], text),
  HTMLForm: (text) => post('application/x-www-form-urlencoded', `${named(text)}=${text}`),
  HTMLMultipartForm: (text) =>
    post(
      `multipart/form-data; boundary=${BOUNDARY}`,
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${named(text)}"\r\n\r\n${text}\r\n--${BOUNDARY}--\r\n`,
    ),
  JSONRequest: (text) => post('application/json', `{"test":true, "${named(text)}": "${jsonEscape(text)}"}`),
  JSONBody: (text) => post('application/json', text),
  XMLBody: (text) => post('application/xml', text),
  SOAPBody: (text) =>
    post(
      'text/xml',
      `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><v>${xmlEscape(text)}</v></e:Body></e:Envelope>`,
    ),
  GraphQL: (text, { method }) =>
    method === 'GET' ? request('GET', `/?query=${inTarget(text)}`) : request('POST', '/', [], text),
  RawRequest: (text, { method, path, headers = {}, body = '' }) =>
    request(
      method,
      path.replaceAll('{{payload}}', encodeURIComponent(text)),
      Object.entries(headers).map(([name, value]) => [
        name.toLowerCase(),
        value.replaceAll('{{payload}}', text),
      ]),
      body.replaceAll('{{payload}}', text),
    ),
};

export function* gotestwafRequests(directory, label) {
  for (const file of filesUnder(join(directory, 'testcases'), '.yml')) {
    const [, group, kind] = /([^/]+)\/([^/]+)\.yml$/.exec(file);
    if ((group === 'false-pos') !== (label === 'benign')) continue;
    // Its own reader takes escapes that YAML does not know, as they stand.
    const { payload, encoder, placeholder } = parseDocument(readFileSync(file, 'utf8')).toJS();
    for (const text of payload) {
      for (const encoding of encoder) {
        for (const place of placeholder) {
          const [name, settings] = typeof place === 'string' ? [place, {}] : Object.entries(place)[0];
          if (PLACEHOLDERS[name] === undefined) continue;
          const sent = PLACEHOLDERS[name](ENCODERS[encoding](String(text)), settings);
          yield { label, class: `${group}/${kind}`, place: name, encoding, ...sent };
        }
      }
    }
  }
}
