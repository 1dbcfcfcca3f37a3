// How collections that are plain texts become requests.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PLACES } from '../places.mjs';

/** Where a text of a list is sent; one place each, drawn from the text so that a new entry moves no other. */
const PLACES_OF_LISTS = ['query', 'query', 'form', 'form', 'json', 'multipart', 'cookie', 'xml'];
const PLACES_OF_PROSE = ['form', 'form', 'json', 'json', 'multipart', 'query'];
const QUERY_PROSE_MAX = 1_500;

function drawn(text, from) {
  return from[createHash('sha256').update(text).digest()[1] % from.length];
}

/** A payload of a list. One that is percent-encoded already goes into the query as it is written. */
export function payloadRequest(kind, text) {
  const base = { label: 'attack', class: kind };
  if (/%(?:u[0-9a-f]{2})?[0-9a-f]{2}/i.test(text))
    return {
      ...base,
      place: 'query',
      encoding: 'as written',
      method: 'GET',
      target: `/search?q=${wireSafe(text)}`,
      headers: [],
    };
  const place = drawn(text, PLACES_OF_LISTS);
  return { ...base, place, ...PLACES[place](text) };
}

/** What people write: posts, documents, lines. */
export function proseRequest(kind, text) {
  let place = drawn(text, PLACES_OF_PROSE);
  if (place === 'query' && text.length > QUERY_PROSE_MAX) place = 'form';
  return { label: 'benign', class: kind, place, ...PLACES[place](text) };
}

/** What programs post. */
export function jsonRequest(kind, target, body) {
  const headers = [['content-type', 'application/json']];
  return { label: 'benign', class: kind, place: 'json', method: 'POST', target, headers, body };
}

export function agentRequest(kind, text) {
  return { label: 'benign', class: kind, place: 'user_agent', ...PLACES.user_agent(text) };
}

/** Only what would end the target or the parameter is encoded. */
export function wireSafe(text) {
  return encodeURI(text)
    .replace(/%25/g, '%')
    .replace(/[&#]/g, (char) => encodeURIComponent(char));
}

/** Lines without blank ones, each once. */
export function linesOf(path) {
  const lines = readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  return [...new Set(lines)];
}

export function filesUnder(directory, ending) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
