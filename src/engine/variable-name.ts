/**
 * Where a value stands, in the words of ModSecurity's reference manual: `ARGS:q`, `REQUEST_HEADERS:Referer`.
 *
 * For messages of imported rules, whose readers and tools know these names.
 */
import { ORIGIN_NAMES } from '../http/value.ts';
import { FACET, ORIGIN_FILE, ORIGIN_SCALAR } from './program.ts';

const COLLECTION_OF_ORIGIN: Readonly<Record<string, string>> = {
  header: 'REQUEST_HEADERS',
  cookie: 'REQUEST_COOKIES',
  part_header: 'MULTIPART_PART_HEADERS',
  text: 'REQUEST_BODY',
  xml: 'XML',
  response_header: 'RESPONSE_HEADERS',
  response_text: 'RESPONSE_BODY',
  response_json: 'RESPONSE_BODY',
};

const VARIABLE_OF_FIELD: Readonly<Record<string, string>> = {
  'request.target': 'REQUEST_URI',
  'request.path': 'REQUEST_FILENAME',
  'request.raw_path': 'REQUEST_FILENAME',
  'request.query': 'QUERY_STRING',
  'request.version': 'REQUEST_PROTOCOL',
  'client.ip': 'REMOTE_ADDR',
  'body.size': 'REQUEST_BODY_LENGTH',
};

/** Values without a name of their own. */
const NAMELESS: ReadonlySet<string> = new Set(['REQUEST_BODY', 'RESPONSE_BODY', 'XML']);

/** `name` is the name of the value, or of a scalar its field in the rules language. */
export function variableName(origin: number, facet: number, name: string): string {
  if (origin === ORIGIN_SCALAR) return variableOfField(name);
  if (origin === ORIGIN_FILE) return `FILES:${name}`;
  const collection = COLLECTION_OF_ORIGIN[ORIGIN_NAMES[origin]] ?? 'ARGS';
  if (NAMELESS.has(collection)) return collection;
  const member = collection.endsWith('_HEADERS') && origin !== PART_HEADER ? capitalised(name) : name;
  return `${collection}${facet === FACET.VALUE ? '' : '_NAMES'}:${member}`;
}

const PART_HEADER = ORIGIN_NAMES.indexOf('part_header');

export function variableOfField(field: string): string {
  return VARIABLE_OF_FIELD[field] ?? field.replaceAll('.', '_').toUpperCase();
}

/** Field names come in lower case; clients write them so. */
function capitalised(name: string): string {
  return name.replace(/(?<![a-z0-9])[a-z]/g, (letter) => letter.toUpperCase());
}
