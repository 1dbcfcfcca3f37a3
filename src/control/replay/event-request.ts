/**
 * The request behind an event of the log, as far as the event tells: the path without its query, and of the values only
 * those that rules matched. Enough to see whether other rules would refuse it for the same values; what an event leaves
 * out, cuts or redacts is not guessed.
 */
import type { WrittenRequest } from '../inspection.ts';
import { isObject, latin1 } from './traffic-record.ts';
import type { JsonRecord, TrafficRequest } from './traffic-record.ts';

/** A value as the event shows it, its bytes restored. */
interface EventValue {
  readonly field: string;
  readonly name: string;
  readonly path: string;
  readonly value: string;
}

/** What `printable` marks as cut. */
const CUT = '…';

export function requestOfEvent(event: JsonRecord): TrafficRequest {
  const { method, path, client, host } = event;
  if (typeof method !== 'string' || typeof path !== 'string' || path === '') return { kind: 'skipped' };
  const values: EventValue[] = [];
  for (const rule of Array.isArray(event.rules) ? (event.rules as readonly unknown[]) : []) {
    const value = isObject(rule) && isObject(rule.match) ? valueOf(rule.match) : undefined;
    if (value === 'hidden') return { kind: 'incomplete', why: 'a value is redacted or cut' };
    if (value !== undefined && !values.some((one) => isSame(one, value))) values.push(value);
  }
  if (values.length === 0 && typeof event.body_bytes === 'number' && event.body_bytes > 0)
    return { kind: 'incomplete', why: 'the body is not in the event' };
  return assemble(values, {
    method,
    target: restored(path),
    from: typeof client === 'string' ? client : '',
    host: typeof host === 'string' ? restored(host) : '',
  });
}

function isSame(a: EventValue, b: EventValue): boolean {
  return a.field === b.field && a.name === b.name && a.path === b.path && a.value === b.value;
}

function valueOf(match: JsonRecord): EventValue | 'hidden' | undefined {
  const { field, name = '', path = name, value } = match;
  if (typeof field !== 'string' || typeof name !== 'string' || typeof path !== 'string') return undefined;
  if (typeof value !== 'string' || [value, name, path].some((text) => text.endsWith(CUT))) return 'hidden';
  return { field, name: restored(name), path: restored(path), value: restored(value) };
}

interface Head {
  readonly method: string;
  readonly target: string;
  readonly from: string;
  readonly host: string;
}

function assemble(values: readonly EventValue[], { method, target, from, host }: Head): TrafficRequest {
  const query: string[] = [];
  const form: string[] = [];
  const cookies: string[] = [];
  const headers: [string, string][] = host === '' ? [] : [['host', host]];
  const json: Record<string, unknown> = {};
  let text: string | undefined;
  for (const one of values) {
    const pair = `${encoded(one.name)}=${encoded(one.value)}`;
    if (one.field === 'args.query') query.push(pair);
    else if (one.field === 'args.form') form.push(pair);
    else if (one.field === 'request.cookies') cookies.push(`${one.name}=${one.value}`);
    else if (one.field === 'request.headers') headers.push([one.name, one.value]);
    else if (one.field === 'args.json') putJson(json, one);
    else if (one.field === 'body.text') text = one.value;
    else if (!/^request\.(?:raw_path|path|method)$/.test(one.field))
      return { kind: 'incomplete', why: `a value of ${one.field} cannot be put back` };
  }
  const hasJson = Object.keys(json).length > 0;
  if ([form.length > 0, hasJson, text !== undefined].filter(Boolean).length > 1)
    return { kind: 'incomplete', why: 'its values are of several bodies' };
  if (cookies.length > 0) headers.push(['cookie', cookies.join('; ')]);
  if (form.length > 0) headers.push(['content-type', 'application/x-www-form-urlencoded']);
  if (hasJson) headers.push(['content-type', 'application/json']);
  const request: WrittenRequest = {
    method,
    target: query.length === 0 ? target : `${target}?${query.join('&')}`,
    from,
    scheme: 'https',
    headers,
    body:
      form.length > 0
        ? form.join('&')
        : hasJson
          ? Buffer.from(JSON.stringify(json), 'latin1').toString('latin1')
          : text,
    answered: undefined,
  };
  return { kind: 'request', request };
}

/** Puts a leaf where its pointer says; elements of arrays become keys, which rules name alike. */
function putJson(root: Record<string, unknown>, { name, path, value }: EventValue): void {
  const keys = path.startsWith('/') ? path.slice(1).split('/') : [name];
  let at = root;
  for (const key of keys.slice(0, -1).map(unescaped)) {
    const below = Object.hasOwn(at, key) ? at[key] : undefined;
    const next = isObject(below) ? (below as Record<string, unknown>) : {};
    Object.defineProperty(at, key, { value: next, enumerable: true, configurable: true, writable: true });
    at = next;
  }
  const last = unescaped(keys.at(-1) ?? name);
  Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true });
}

function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Undoes `printable`: the bytes behind a text of the log. */
function restored(text: string): string {
  return text.replace(/\\(?:\\|x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\})|[^ -~]+/g, (all, byte, point) => {
    if (typeof byte === 'string') return String.fromCharCode(Number.parseInt(byte, 16));
    if (typeof point === 'string')
      return latin1(String.fromCodePoint(Math.min(Number.parseInt(point, 16), 0x10ffff)));
    return all === '\\\\' ? '\\' : latin1(all);
  });
}

/** https://url.spec.whatwg.org/#urlencoded-serializing, of bytes. */
function encoded(bytes: string): string {
  return bytes.replace(
    /[^A-Za-z0-9*\-._]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
