// Attack classes × encodings × places: each seed in several places as it is, and in each disguise that applies.
import { readFileSync } from 'node:fs';
import { PLACES, fitsHeader, percentEncode } from '../../bench/detection/places.mjs';
import { Draw, familyOf } from './draw.mjs';
import {
  OVERLONG,
  TEXT_ENCODINGS,
  WIRE_ENCODINGS,
  base64,
  isAscii,
  percentAll,
  unicodeEscape,
} from './encodings.mjs';

const VALUES = ['query', 'form', 'json', 'cookie', 'multipart', 'json_in_query'];
const ANYWHERE = [
  ...VALUES,
  'query_name',
  'form_name',
  'json_key',
  'path',
  'xml',
  'xml_attribute',
  'referer',
];
const HEADERS = ['user_agent', 'header'];

/** Class -> file of seeds, places where the attack reaches something. */
const CLASSES = {
  sqli: [['sqli'], [...ANYWHERE, ...HEADERS]],
  xss: [['xss'], [...ANYWHERE, ...HEADERS, 'filename']],
  command: [
    ['command-unix', 'command-windows', 'command-argument'],
    [...VALUES, 'user_agent', 'header', 'filename', 'xml', 'path'],
  ],
  traversal: [
    ['traversal', 'traversal-server'],
    [...VALUES, 'path', 'filename', 'xml', 'header'],
  ],
  inclusion: [['inclusion'], [...VALUES, 'xml']],
  ssrf: [['ssrf'], ['query', 'form', 'json', 'xml', 'multipart']],
  template: [['template'], [...VALUES, 'user_agent', 'path', 'xml', 'filename']],
  java: [['java'], [...VALUES, 'user_agent', 'header', 'referer', 'path', 'xml']],
  php: [['php'], [...VALUES, 'user_agent', 'xml']],
  node: [['node'], VALUES],
  nosqli: [['nosqli'], ['query', 'form', 'json', 'cookie', 'json_in_query']],
  ldapi: [['ldapi'], ['query', 'form', 'json', 'xml', 'cookie']],
  xpathi: [['xpathi'], ['query', 'form', 'json', 'xml']],
  protocol: [['protocol'], ['query', 'form']],
  upload: [['upload'], ['filename']],
  xxe: [['xxe'], ['xml_body']],
  'code-injection': [['code-injection'], [...VALUES, 'user_agent', 'xml', 'filename']],
  deserialisation: [['deserialisation'], [...VALUES, 'header', 'xml']],
  prototype: [['prototype'], VALUES],
  redirect: [['redirect'], ['query', 'form', 'json', 'cookie']],
  header: [['header'], ['query', 'form', 'path']],
  mail: [['mail'], ['query', 'form']],
  graphql: [['graphql'], ['graphql', 'graphql_get']],
  ssi: [['ssi'], [...VALUES, 'user_agent', 'path', 'xml', 'filename']],
  access: [['access'], ['target']],
  shellshock: [['shellshock'], ['user_agent', 'referer', 'cookie', 'header']],
  log4shell: [['log4shell'], [...ANYWHERE, ...HEADERS, 'filename']],
};

const PLAIN_PLACES = 3;
const DISGUISES_MAX = 2;

/** Places that carry a spelling as it is. */
const RAW_PLACES = {
  query: (wire) => ({ method: 'GET', target: `/search?q=${wire}&page=1`, headers: [] }),
  form: (wire) => ({
    method: 'POST',
    target: '/comments',
    headers: [['content-type', 'application/x-www-form-urlencoded']],
    body: `author=kim&text=${wire}`,
  }),
  path: (wire) => ({ method: 'GET', target: `/items/${wire}/view`, headers: [] }),
  cookie: (wire) => ({
    method: 'GET',
    target: '/account',
    headers: [['cookie', `theme=dark; prefs=${wire}`]],
  }),
};

export function* attackCases(directory, kind) {
  const [files, places] = CLASSES[kind];
  for (const file of files) {
    for (const seed of readFileSync(`${directory}/${file}.txt`, 'utf8').split('\n')) {
      if (seed === '') continue;
      const base = { label: 'attack', class: kind, family: familyOf(kind, seed) };
      for (const variant of variantsOf(kind, file, seed, places)) yield { ...base, ...variant };
    }
  }
}

export const ATTACK_CLASSES = Object.keys(CLASSES);

function* variantsOf(kind, file, seed, places) {
  const draw = new Draw(`attack ${kind} ${seed}`);
  if (OWN_WRITERS[kind] !== undefined) return yield* OWN_WRITERS[kind](seed, draw, places);
  // Written with escapes of the wire already: they reach their decoder only where nothing encodes them again.
  if (/%[0-9a-fu]{2}/i.test(seed)) return yield* asWritten(seed, places);
  for (const place of draw.some(places, PLAIN_PLACES)) yield* placed(seed, place, 'plain');
  const disguises = [...textDisguises(file, seed, draw, places), ...wireDisguises(kind, seed, draw, places)];
  for (const disguise of draw.some(disguises, DISGUISES_MAX)) yield* disguise();
}

function* placed(text, place, encoding) {
  if (HEADERS.includes(place) && !fitsHeader(text)) return;
  if (place === 'filename' && /[\r\n]/.test(text)) return;
  if (place === 'path' && /^\.{0,2}$/.test(text)) return;
  yield { place, encoding, ...PLACES[place](text) };
}

function textDisguises(file, seed, draw, places) {
  return Object.entries(TEXT_ENCODINGS[file] ?? {}).flatMap(([encoding, disguise]) => {
    const text = disguise(seed);
    return text === undefined ? [] : [() => placed(text, draw.pick(places), encoding)];
  });
}

function wireDisguises(kind, seed, draw, places) {
  const raw = places.filter((place) => RAW_PLACES[place] !== undefined);
  const found = [];
  for (const [encoding, spell] of Object.entries(WIRE_ENCODINGS)) {
    const wire = spell(seed);
    if (wire === undefined || raw.length === 0) continue;
    found.push(function* () {
      const place = draw.pick(raw);
      yield { place, encoding, ...RAW_PLACES[place](wire) };
    });
  }
  if (kind === 'traversal' && OVERLONG(seed) !== undefined)
    found.push(function* () {
      yield { place: 'query', encoding: 'overlong', ...RAW_PLACES.query(OVERLONG(seed)) };
    });
  if (places.includes('json') && isAscii(seed))
    found.push(function* () {
      const body = `{"id":7,"note":"${unicodeEscape(seed)}"}`;
      yield { place: 'json', encoding: 'json_unicode', ...PLACES.json(''), body };
    });
  if (kind !== 'upload' && kind !== 'protocol')
    found.push(() => placed(base64(seed), draw.pick(['query', 'form', 'json', 'cookie']), 'base64'));
  return found;
}

function* asWritten(seed, places) {
  const wire = seed.replace(/[^!-~]|["<>#&+]/g, percentEncode);
  for (const [place, build] of Object.entries(RAW_PLACES)) {
    if (places.includes(place)) yield { place, encoding: 'as_written', ...build(wire) };
  }
  if (places.includes('filename')) yield* placed(seed, 'filename', 'as_written');
}

/** Seeds that are JSON or name=value pairs become bodies and queries themselves. */
function* structured(seed, draw, places) {
  if (/^\{".*\}$/.test(seed)) {
    yield { place: 'json_body', encoding: 'plain', ...PLACES.json(''), body: seed };
    yield { place: 'json_body', encoding: 'nested', ...PLACES.json(''), body: `{"data":[{"item":${seed}}]}` };
    yield { place: 'json_in_query', encoding: 'plain', ...RAW_PLACES.query(percentEncode(seed)) };
    yield { place: 'json_in_form', encoding: 'plain', ...RAW_PLACES.form(percentEncode(seed)) };
  } else if (/^[\w$[\]. ]+=/.test(seed)) {
    const pairs = seed.replace(/[^\w$[\]=&.-]/g, percentEncode);
    const { method, headers } = RAW_PLACES.form('');
    yield { place: 'query', encoding: 'plain', method: 'GET', target: `/login?${pairs}`, headers: [] };
    yield {
      place: 'query',
      encoding: 'percent_all',
      method: 'GET',
      target: `/login?${pairs.replace(/[[\]$]/g, percentEncode)}`,
      headers: [],
    };
    yield { place: 'form', encoding: 'plain', method, target: '/login', headers, body: pairs };
  } else {
    for (const place of draw.some(places, PLAIN_PLACES)) yield* placed(seed, place, 'plain');
    const text = base64(seed);
    yield* placed(text, draw.pick(['query', 'json']), 'base64');
  }
}

/** Whole XML documents, also in UTF-16 (XML 1.0, appendix F: told by its byte order mark). */
function* documents(seed) {
  const send = (type) => ({ method: 'POST', target: '/api/order', headers: [['content-type', type]] });
  yield { place: 'xml_body', encoding: 'plain', ...send('application/xml'), body: seed };
  yield { place: 'xml_body', encoding: 'other_type', ...send('text/xml; charset=utf-8'), body: seed };
  yield { place: 'xml_body', encoding: 'soap_type', ...send('application/soap+xml'), body: seed };
  yield { place: 'form', encoding: 'plain', ...PLACES.form(seed) };
  const utf16 = Buffer.from(`\ufeff${seed}`, 'utf16le').toString('base64');
  yield { place: 'xml_body', encoding: 'utf16', ...send('application/xml'), body_base64: utf16 };
}

/** Where services take the address to go to next. */
function* destinations(seed, draw) {
  const wire = /%[0-9a-f]{2}/i.test(seed) ? seed.replace(/["<>#&+ ]/g, percentEncode) : percentEncode(seed);
  const name = draw.pick(['next', 'url', 'return_to', 'redirect_uri', 'continue', 'dest']);
  const { method, headers } = RAW_PLACES.form('');
  yield { place: 'query', encoding: 'plain', method: 'GET', target: `/login?${name}=${wire}`, headers: [] };
  yield {
    place: 'form',
    encoding: 'plain',
    method,
    target: '/login',
    headers,
    body: `user=kim&${name}=${wire}`,
  };
  const doubled = percentEncode(wire);
  const target = `/out?id=7&${name}=${doubled}`;
  yield { place: 'query', encoding: 'double_percent', method: 'GET', target, headers: [] };
}

/** A GraphQL document as both of its transports carry it (GraphQL over HTTP, section 5). */
function* operations(seed) {
  const type = [['content-type', 'application/json']];
  const post = (body) => ({ method: 'POST', target: '/graphql', headers: type, body });
  yield { place: 'graphql', encoding: 'plain', ...post(JSON.stringify({ query: seed })) };
  yield { place: 'graphql', encoding: 'json_unicode', ...post(`{"query":"${unicodeEscape(seed)}"}`) };
  const target = `/graphql?query=${percentEncode(seed)}`;
  yield { place: 'graphql_get', encoding: 'plain', method: 'GET', target, headers: [] };
}

/** Paths of what no visitor asks for. */
function* targets(seed, draw) {
  const get = (encoding, target) => ({ place: 'target', encoding, method: 'GET', target, headers: [] });
  yield get('plain', seed);
  yield get('plain', `/shop${seed}`);
  yield get('with_query', `${seed}${seed.includes('?') ? '&' : '?'}v=${draw.int(99)}`);
  const at = seed.search(/[a-z]/i);
  yield get('percent_all', seed.slice(0, at) + percentAll(seed[at]) + seed.slice(at + 1));
}

/** Field lines that a CGI program finds in its environment as they are (RFC 3875, section 4.1.18). */
function* fieldLines(seed) {
  const names = { user_agent: 'user-agent', referer: 'referer', cookie: 'cookie', header: 'accept-language' };
  for (const [place, name] of Object.entries(names))
    yield { place, encoding: 'plain', method: 'GET', target: '/cgi-bin/status', headers: [[name, seed]] };
}

/** Class -> what sends its seeds where places and disguises do not fit. */
const OWN_WRITERS = {
  xxe: documents,
  node: structured,
  nosqli: structured,
  prototype: structured,
  redirect: destinations,
  graphql: operations,
  access: targets,
  shellshock: fieldLines,
};
