/**
 * Regression tests of a SecLang rule set in the YAML of go-ftw: reads them, makes the bytes of their requests as go-ftw
 * does (https://github.com/coreruleset/go-ftw, "Test format"), and judges what came of them.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Scalars stay texts, as written: `version: 1.10` is no number. */
const AS_WRITTEN = { schema: 'failsafe', customTags: ['null'], strict: false, maxAliasCount: -1 };

/** All tests below a directory, by file name: `{id, ruleId, stages: [{input, output}]}`. */
export function loadTests(directory) {
  const files = readdirSync(directory, { recursive: true }).filter((name) => /\.ya?ml$/.test(name));
  return files
    .sort()
    .flatMap((name) => testsOf(parse(readFileSync(join(directory, name), 'utf8'), AS_WRITTEN)));
}

function testsOf(document) {
  if (!document || document.meta?.enabled === 'false') return [];
  return (document.tests ?? []).map((test, index) => ({
    id: `${document.rule_id}-${test.test_id ?? index + 1}`,
    stages: test.stages.map((stage) => {
      const { input = {}, output = {} } = stage.stage ?? stage;
      return { input, output };
    }),
  }));
}

/** The bytes a stage sends, latin1. */
export function requestBytes(input) {
  if (input.encoded_request) return Buffer.from(input.encoded_request, 'base64').toString('latin1');
  const completes = (input.autocomplete_headers ?? 'true') === 'true';
  const fields = Object.entries(input.headers ?? {}).map(([name, value]) => [name, value ?? '']);
  for (const { name, value } of input.ordered_headers ?? []) fields.push([name, value ?? '']);
  const find = (wanted) => fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  let body = bodyOf(input);
  if (completes && body !== '') {
    if (find('content-type') === undefined) fields.push(['Content-Type', FORM]);
    if (find('content-type')?.toLowerCase() === FORM) body = escapeForm(body);
  }
  if (find('content-type')?.toLowerCase().includes('multipart/form-data;'))
    body = body.replaceAll('\n', '\r\n');
  const method = input.method ?? 'GET';
  if (completes) {
    if (find('connection') === undefined) fields.push(['Connection', 'close']);
    const has = body !== '' || ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method);
    if (has && find('content-length') === undefined) fields.push(['Content-Length', String(body.length)]);
  }
  const line = `${method} ${input.uri ?? '/'} ${input.version ?? 'HTTP/1.1'}`;
  const head = [line, ...fields.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  return `${Buffer.from(head).toString('latin1')}\r\n\r\n${body}`;
}

const FORM = 'application/x-www-form-urlencoded';

function bodyOf({ data, encoded_data: encoded }) {
  if (data === undefined || data === null) return Buffer.from(encoded ?? '', 'base64').toString('latin1');
  // The one template function in use: {{ "text" | repeat 3 }}.
  const text = data.replace(
    /\{\{-?\s*("(?:[^"\\]|\\.)*")\s*\|\s*repeat\s+(\d+)\s*-?\}\}/g,
    (_, literal, times) => JSON.parse(literal).repeat(Number(times)),
  );
  return Buffer.from(text).toString('latin1');
}

/** What is escaped already stays; names and values are escaped, the separators are not. */
function escapeForm(body) {
  if (/[%+]/.test(body)) return body;
  const escape = (bytes) =>
    bytes.replace(/[^A-Za-z0-9_.~-]/g, (c) =>
      c === ' ' ? '+' : `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
  const pairs = body.replace(/&$/, '').split('&');
  return pairs.map((pair) => pair.split(/=(.*)/s, 2).map(escape).join('=')).join('&');
}

/**
 * Why the outcome is not the expected one, or null. `rules` are entries of an event: `{id, msg, data}`.
 *
 * @param {{status: number, isRefused: boolean, rules: readonly {id: number, msg: string, data: string}[]}} outcome
 */
export function failureOf(output, { status, isRefused, rules }) {
  const { log = {} } = output;
  if (output.expect_error === 'true') return isRefused ? null : 'expected an error';
  if (output.status !== undefined && Number(output.status) !== status)
    return `status ${status}, not ${output.status}`;
  const lines = rules.map(({ id, msg, data = '' }) => `[id "${id}"] [msg "${msg}"] [data "${data}"]`);
  const shows = (pattern) => lines.some((line) => new RegExp(pattern).test(line));
  const wanted = log.match_regex ?? output.log_contains;
  if (wanted && !shows(wanted)) return `no entry matches ${wanted}`;
  const unwanted = log.no_match_regex ?? output.no_log_contains;
  if (unwanted && shows(unwanted)) return `an entry matches ${unwanted}`;
  const ids = new Set(rules.map(({ id }) => id));
  const missing = (log.expect_ids ?? []).filter((id) => !ids.has(Number(id)));
  if (missing.length > 0) return `missing ${missing.join(', ')}`;
  const extra = (log.no_expect_ids ?? []).filter((id) => ids.has(Number(id)));
  if (extra.length > 0) return `unwanted ${extra.join(', ')}`;
  return output.isolated === 'true' && rules.length !== 1 ? `${rules.length} rules, not one` : null;
}
