// Attack classes × encodings × places: each seed in several places as it is, and in each disguise that applies.
import { readFileSync } from 'node:fs';
import { PLACES, fitsHeader, percentEncode } from '../../bench/detection/places.mjs';
import { Draw, familyOf } from './draw.mjs';
import { OVERLONG, TEXT_ENCODINGS, WIRE_ENCODINGS, base64, isAscii, unicodeEscape } from './encodings.mjs';

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
};

const PLAIN_PLACES = 4;
const DISGUISES_MAX = 3;

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
  if (kind === 'xxe') return yield* documents(seed);
  if (kind === 'node' || kind === 'nosqli') return yield* structured(seed, draw, places);
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
