// What interfaces are sent all day, taken from fixtures and manuals of their programs: HTML that editors post, reports of
// browsers, queries of search engines and metrics, documents of single sign-on.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { PLACES, percentEncode } from '../places.mjs';
import { filesUnder, jsonRequest, proseRequest } from './sending.mjs';

/** Pages that a visual editor posts, in every place it may choose. */
export const pageRequests = (folder, kind) =>
  function* (directory) {
    for (const file of filesUnder(join(directory, folder), '.html')) {
      const text = readFileSync(file, 'utf8').trim();
      if (text === '') continue;
      for (const place of ['form', 'json', 'multipart']) {
        yield {
          label: 'benign',
          class: kind,
          place,
          family: basename(dirname(file)),
          ...PLACES[place](text),
        };
      }
    }
  };

/** Articles of an export of WordPress, as its editor saves them: blocks in comments, tags without a paragraph. */
export function* articleRequests(directory) {
  for (const file of filesUnder(directory, '.xml')) {
    const found = readFileSync(file, 'utf8').matchAll(
      /<content:encoded><!\[CDATA\[((?:(?!\]\]>)[\s\S])+)\]\]><\/content:encoded>/g,
    );
    for (const [, text] of found) yield proseRequest('article', text);
  }
}

/** Reports on violations of content security policies, shown in fenced blocks. */
export function* reportRequests(directory) {
  for (const file of filesUnder(directory, '.md')) {
    for (const [, block] of readFileSync(file, 'utf8').matchAll(/^```\w*\n(\s*\{[\s\S]*?)^```/gm)) {
      if (!/violated|original-?policy/i.test(block)) continue;
      yield {
        label: 'benign',
        class: 'report',
        place: 'json',
        method: 'POST',
        target: '/csp-reports',
        headers: [['content-type', 'application/csp-report']],
        body: block,
      };
    }
  }
}

/**
 * Queries of a search engine, `method_request: GET /index/_search?size=5` and a body in YAML or JSON, as an application hands
 * them on: the engine's own paths are what probes ask for (`access.console`).
 */
export function* engineRequests(directory) {
  for (const file of filesUnder(join(directory, 'specification'), '.yaml')) {
    const { method_request: line, value } = parse(readFileSync(file, 'utf8'), { logLevel: 'silent' }) ?? {};
    const [, query] = /^[A-Z]+\s+[^\s?]+(\?\S+)?/.exec(line ?? '') ?? [];
    const body = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
    if (body === undefined && query === undefined) continue;
    // The console of the manual has strings in three quotes, which are no JSON.
    if (typeof body === 'string' && body.includes('"""')) continue;
    yield {
      ...jsonRequest('search', `/api/search${query ?? ''}`, body),
      method: body === undefined ? 'GET' : 'POST',
      family: basename(dirname(dirname(dirname(file)))),
    };
  }
}

/** Tables asked for by address: `curl "http://localhost:3000/people?age=lt.13"`. */
export function* tableRequests(directory) {
  for (const file of filesUnder(directory, '.rst')) {
    const found = readFileSync(file, 'utf8').matchAll(
      /curl (?:-g )?"(?:https?:\/\/)?localhost:3000([^"\s]*)"/g,
    );
    for (const [, target] of found) {
      if (target === '') continue;
      yield {
        label: 'benign',
        class: 'table',
        place: 'query',
        method: 'GET',
        target: encodeURI(decodeSafely(target)),
        headers: [],
      };
    }
  }
}

function decodeSafely(text) {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}

/** Expressions over metrics, as a panel asks for them. */
export function* metricRequests(directory) {
  for (const file of filesUnder(directory, 'sonnet')) {
    const text = readFileSync(file, 'utf8');
    for (const [, block, line] of text.matchAll(
      /expr: \|\|\|\n([\s\S]*?)\n\s*\|\|\||['"]([^'"\n]*\brate\([^'"\n]*)['"]/g,
    )) {
      const query = (block ?? line).replace(/%\((\w+)\)s/g, '$1="x"').trim();
      const parameters = `query=${percentEncode(query)}&start=1700000000&end=1700003600&step=15`;
      yield {
        label: 'benign',
        class: 'metric',
        place: 'query',
        method: 'GET',
        target: `/api/v1/query_range?${parameters}`,
        headers: [],
      };
      yield proseRequest('metric', query);
    }
  }
}

/** Messages of single sign-on in Base64, as a browser posts them. */
export function* signOnRequests(directory) {
  for (const file of filesUnder(join(directory, 'tests/data'), '.base64')) {
    if (/invalid|wrapped|xxe|dtd/i.test(file)) continue;
    const text = readFileSync(file, 'utf8').trim();
    const field = /logout_re?quest|authn_request/.test(file) ? 'SAMLRequest' : 'SAMLResponse';
    yield {
      label: 'benign',
      class: 'sign-on',
      place: 'form',
      method: 'POST',
      target: '/saml/acs',
      headers: [['content-type', 'application/x-www-form-urlencoded']],
      body: `${field}=${percentEncode(text)}&RelayState=${percentEncode('https://app.example/start?x=1')}`,
    };
  }
}
