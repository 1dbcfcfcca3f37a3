// Harmless requests: texts of the seeds where people write them, and what programs send (benign-machines.mjs).
import { readFileSync } from 'node:fs';
import { halfOf } from '../../bench/detection/collection.mjs';
import { PLACES, fitsHeader, percentEncode } from '../../bench/detection/places.mjs';
import { MACHINES } from './benign-machines.mjs';
import { Draw, familyOf, retiredFamilyOf } from './draw.mjs';

const BLOCK_SEPARATOR = '\n=====\n';
const lines = (text) => text.split('\n').filter((line) => line !== '');
const blocks = (text) => text.split(BLOCK_SEPARATOR).map((block) => block.trim());

/** Where people write at length. */
const WRITTEN = ['form_page', 'json', 'multipart', 'json_profile'];

/** Kind -> how its file is divided, where people write such texts, in how many places each is sent. */
const TEXTS = {
  names: [lines, ['form_page', 'json', 'query', 'multipart', 'json_profile', 'xml'], 3],
  languages: [lines, ['form_page', 'json', 'query', 'multipart', 'cookie', 'xml_attribute'], 3],
  prose: [lines, ['form_page', 'json', 'multipart', 'json_profile', 'query', 'xml'], 3],
  searches: [lines, ['query', 'query_bare', 'json_in_query', 'referer', 'form_page'], 3],
  agents: [lines, ['user_agent'], 1],
  code: [blocks, ['form_page', 'json', 'multipart', 'json_profile'], 4],
  markdown: [blocks, ['form_page', 'json', 'multipart', 'json_profile'], 4],
  graphql: [lines, ['graphql', 'graphql_get'], 2],
  journals: [blocks, ['form_page', 'json', 'multipart', 'json_profile'], 3],
  settings: [blocks, ['json_document', 'form_page', 'json', 'multipart'], 3],
  questions: [lines, ['query', 'query_bare', 'json_in_query', 'referer', 'form_page'], 3],
  posts: [blocks, WRITTEN, 3],
  articles: [blocks, WRITTEN, 3],
  'sql-lessons': [blocks, WRITTEN, 3],
  diaries: [blocks, WRITTEN, 3],
  traces: [blocks, [...WRITTEN, 'text'], 3],
  manifests: [blocks, [...WRITTEN, 'text'], 3],
  commits: [blocks, WRITTEN, 3],
  chat: [lines, ['form_page', 'json', 'query', 'cookie', 'json_in_query'], 3],
  science: [blocks, [...WRITTEN, 'query', 'xml'], 3],
  poetry: [blocks, [...WRITTEN, 'xml'], 3],
  tables: [blocks, [...WRITTEN, 'text', 'query'], 3],
  mails: [blocks, [...WRITTEN, 'text'], 3],
  operations: [blocks, ['json_document', 'form_page', 'multipart'], 2],
  hooks: [blocks, ['json_document', 'form_page', 'json'], 2],
  addresses: [lines, ['form_page', 'json', 'query', 'multipart', 'json_profile', 'xml', 'cookie'], 3],
  patterns: [lines, ['query', 'form_page', 'json', 'json_profile'], 3],
  products: [lines, ['query', 'form_page', 'json', 'xml', 'multipart', 'json_in_query'], 3],
  parameters: [lines, ['query', 'cookie', 'form_page', 'json', 'multipart'], 3],
};

/** Kinds whose wrong answers in the held-out half were seen once: all of it serves for tuning since. */
const RETIRED = new Set(['code']);

const WRITING = {
  ...PLACES,
  query_bare: (text) => ({
    method: 'GET',
    target: `/s?q=${percentEncode(text).replaceAll('%20', '+')}`,
    headers: [],
  }),
  form_page: (text, draw) => ({
    method: 'POST',
    target: draw.pick(['/posts', '/contact', '/account/profile', '/forum/thread/812/reply']),
    headers: [
      ['origin', 'https://shop.example'],
      ['referer', 'https://shop.example/forum/thread/812?page=2#last'],
      ['content-type', 'application/x-www-form-urlencoded'],
      ['cookie', `session=${draw.hex(32)}; _ga=GA1.2.${draw.int(1e9)}.${draw.int(1e9)}`],
    ],
    body: `csrf_token=${draw.text(24)}%3D%3D&title=${percentEncode(text.slice(0, 40))}&text=${percentEncode(text).replaceAll('%20', '+')}&save=1`,
  }),
  json_profile: (text, draw) => ({
    method: 'PUT',
    target: `/api/v2/documents/${draw.hex(24)}`,
    headers: [
      ['content-type', 'application/json; charset=utf-8'],
      ['authorization', `Bearer ${draw.text(40)}`],
      ['x-requested-with', 'XMLHttpRequest'],
    ],
    body: JSON.stringify({
      version: draw.int(90),
      content: { blocks: [{ type: 'paragraph', text }] },
      draft: false,
    }),
  }),
  json_document: (text, draw) => ({
    method: 'PUT',
    target: `/api/settings/${draw.hex(8)}`,
    headers: [['content-type', 'application/json']],
    body: text,
  }),
  text: (text) => ({
    method: 'POST',
    target: '/api/files/raw',
    headers: [['content-type', 'text/plain; charset=utf-8']],
    body: text,
  }),
  graphql: (text) => ({
    method: 'POST',
    target: '/graphql',
    headers: [['content-type', 'application/json']],
    body: JSON.stringify({ query: text, variables: { first: 10, after: null, id: '7' } }),
  }),
  graphql_get: (text) => ({
    method: 'GET',
    target: `/graphql?query=${percentEncode(text)}&variables=%7B%7D`,
    headers: [],
  }),
};

export const BENIGN_KINDS = [...Object.keys(TEXTS), ...Object.keys(MACHINES)];

export function* benignCases(directory, kind) {
  if (MACHINES[kind] !== undefined) return yield* machineCases(kind);
  const [divide, places, count] = TEXTS[kind];
  for (const text of divide(readFileSync(`${directory}/${kind}.txt`, 'utf8'))) {
    const draw = new Draw(`benign ${kind} ${text}`);
    const family = RETIRED.has(kind) ? retiredFamilyOf(kind, text) : familyOf(kind, text);
    const base = { label: 'benign', class: kind, family };
    for (const place of draw.some(places, count)) {
      if (place === 'user_agent' && !fitsHeader(text)) continue;
      yield { ...base, place, ...WRITING[place](text, draw) };
    }
  }
}

function* machineCases(kind) {
  const [count, make] = MACHINES[kind];
  for (let number = 0; number < count; number++) {
    const family = familyOf(kind, String(number));
    const half = halfOf(family) === 'tune' ? 0 : 1;
    yield { label: 'benign', class: kind, family, ...make(new Draw(`benign ${kind} ${number}`, half)) };
  }
}
