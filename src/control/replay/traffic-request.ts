/**
 * Requests of recorded traffic, one JSON object a line (docs/reference/traffic.md): written down as a whole, or an event
 * of Ward's own log, of which the request is put together again as far as the event tells.
 */
import type { WrittenAnswer, WrittenRequest } from '../inspection.ts';
import { requestOfEvent } from './event-request.ts';
import { isObject, latin1 } from './traffic-record.ts';
import type { JsonRecord, TrafficRequest } from './traffic-record.ts';

/** What a client sends that names no agent itself: a missing field must not be the finding. */
const USUAL_FIELDS: readonly (readonly [string, string])[] = [
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['accept', '*/*'],
  ['accept-language', 'en'],
];
/** TEST-NET-2 (RFC 5737). */
const CLIENT_ADDRESS = '198.51.100.7';

export function readTraffic(line: string): TrafficRequest {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return { kind: 'wrong', why: 'this is no JSON' };
  }
  if (!isObject(record)) return { kind: 'wrong', why: 'a request is a JSON object' };
  if (typeof record.event === 'string') return requestOfEvent(record);
  if (record.method === undefined && record.target === undefined && record.collection !== undefined)
    return { kind: 'skipped' };
  return requestOf(record);
}

function requestOf(record: JsonRecord): TrafficRequest {
  const { method, target, headers = [], from = CLIENT_ADDRESS, scheme = 'https', response } = record;
  if (typeof method !== 'string') return { kind: 'wrong', why: '`method` is missing' };
  if (typeof target !== 'string') return { kind: 'wrong', why: '`target` is missing' };
  if (typeof from !== 'string') return { kind: 'wrong', why: '`from` is no address' };
  if (scheme !== 'http' && scheme !== 'https') return { kind: 'wrong', why: '`scheme` is http or https' };
  const fields = fieldsOf(headers);
  if (fields === undefined) return { kind: 'wrong', why: '`headers` is a list of [name, value]' };
  const body = bodyOf(record);
  if (body === null) return { kind: 'wrong', why: '`body` is text, `body_base64` base64' };
  const answered = response === undefined ? undefined : answerOf(response);
  if (answered === null) return { kind: 'wrong', why: '`response` has `status`, `headers` and `body`' };
  const isNamed = fields.some(([name]) => name.toLowerCase() === 'user-agent');
  const request: WrittenRequest = {
    method: latin1(method),
    target: latin1(target),
    from,
    scheme,
    headers: isNamed ? fields : [...fields, ...USUAL_FIELDS],
    body,
    answered,
  };
  return { kind: 'request', request };
}

function fieldsOf(headers: unknown): readonly (readonly [string, string])[] | undefined {
  if (!Array.isArray(headers)) return undefined;
  const fields: [string, string][] = [];
  for (const line of headers as readonly unknown[]) {
    if (!Array.isArray(line) || line.length !== 2) return undefined;
    const [name, value] = line as readonly unknown[];
    if (typeof name !== 'string' || typeof value !== 'string') return undefined;
    fields.push([name, latin1(value)]);
  }
  return fields;
}

/** Null for what is no body. */
function bodyOf({ body, body_base64: base64 }: JsonRecord): string | undefined | null {
  if (body === undefined && base64 === undefined) return undefined;
  if (typeof base64 === 'string' && body === undefined)
    return Buffer.from(base64, 'base64').toString('latin1');
  return typeof body === 'string' && base64 === undefined ? latin1(body) : null;
}

function answerOf(response: unknown): WrittenAnswer | null {
  if (!isObject(response)) return null;
  const headers = fieldsOf(response.headers ?? []);
  const body = bodyOf(response);
  const { status } = response;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return null;
  return headers === undefined || body === null ? null : { status, headers, body: body ?? '' };
}
