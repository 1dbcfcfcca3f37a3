// Requests that programs and browsers really sent, recorded in archives (HAR 1.2) and cassettes, and lists of addresses.
// What one host was sent is alike, so the requests of a host are one family.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { filesUnder, linesOf } from './sending.mjs';

/** What belongs to the connection, or to HTTP/2, and not to the request. */
const OF_THE_CONNECTION =
  /^(?::|(?:host|connection|content-length|transfer-encoding|accept-encoding|expect)$)/i;
const FIELD_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const FIELD_VALUE = /^[^\0-\x08\x0a-\x1f\x7f]*$/;
/** A recording of a page that loads the same pixel a hundred times says no more than one that loads it thrice. */
const ALIKE_MAX = 3;

function recorded(method, address, fields, body) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  // As it was written: parsing encodes characters that were sent raw.
  const target = /^https?:\/\/[^/?#]*([^#]*)/i.exec(address)[1];
  return {
    label: 'benign',
    class: 'traffic',
    place: body === undefined ? 'without body' : 'with body',
    method: method.toUpperCase(),
    target: target.startsWith('/') ? target : `/${target}`,
    family: url.host,
    headers: fields
      .map(([name, value]) => [name.toLowerCase(), String(value).trim()])
      .filter(([name, value]) => FIELD_NAME.test(name) && FIELD_VALUE.test(value))
      .filter(([name]) => !OF_THE_CONNECTION.test(name)),
    ...(body === undefined ? {} : { body }),
  };
}

/** Each at most ALIKE_MAX times by method, path and names of its arguments. */
function* unlike(requests) {
  const seen = new Map();
  for (const request of requests) {
    if (request === undefined || /[\s\0-\x20]/.test(request.target)) continue;
    const [path, query = ''] = request.target.split('?', 2);
    const names = query.split('&').map((argument) => argument.split('=', 1)[0]);
    const key = `${request.method} ${request.family}${path}?${names} ${(request.body ?? '').slice(0, 64)}`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    if (times <= ALIKE_MAX) yield request;
  }
}

function* archiveEntries(text) {
  let archive;
  try {
    archive = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return;
  }
  for (const { request } of archive.log?.entries ?? []) {
    if (typeof request?.url !== 'string' || typeof request.method !== 'string') continue;
    const fields = (request.headers ?? []).map(({ name, value }) => [name ?? '', value ?? '']);
    const body = request.postData?.text;
    yield recorded(
      request.method,
      request.url,
      fields,
      typeof body === 'string' && body !== '' ? body : undefined,
    );
  }
}

/** HTTP archives as browsers save them. */
export function* archiveRequests(directory) {
  yield* unlike(
    filesUnder(directory, '.har').flatMap((file) => [...archiveEntries(readFileSync(file, 'utf8'))]),
  );
}

function bodyOf({ string, base64_string: base64 } = {}) {
  const text = base64 === undefined ? (string ?? '') : Buffer.from(base64, 'base64').toString('utf8');
  return text === '' ? undefined : text;
}

/** Secrets were replaced by a name in angle brackets, numbers of JSON among them. */
const SECRET = /<([A-Z_]+)>/g;
const UNQUOTED_SECRET = /:<[A-Z_]+>([,}])/g;

function* cassetteEntries(text) {
  for (const { request } of parse(text, { logLevel: 'silent' })?.http_interactions ?? []) {
    const fields = Object.entries(request.headers ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value]),
    );
    const address = request.uri.replace(SECRET, '$1');
    const body = bodyOf(request.body)?.replace(UNQUOTED_SECRET, ':0$1');
    yield recorded(request.method, address, fields, body);
  }
}

/** Cassettes (vcr), in JSON or YAML, of the tests of a client. */
export const cassetteRequests = (folder) =>
  function* (directory) {
    const files = filesUnder(join(directory, folder), '').filter((file) => /\.(?:json|ya?ml)$/.test(file));
    yield* unlike(files.flatMap((file) => [...cassetteEntries(readFileSync(file, 'utf8'))]));
  };

/** Addresses of pages, one a line. */
export const addressRequests = (path) =>
  function* (directory) {
    yield* unlike(
      linesOf(join(directory, path)).map((line) => recorded('GET', line.replace(/^\uFEFF/, ''), [])),
    );
  };
