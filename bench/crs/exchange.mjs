/**
 * One request of a test judged in this process: its bytes are taken apart forgivingly, as no listener of Ward would, and go
 * to the guard, the readers and the engine. What the guard refuses is judged as well, from a head made by hand.
 */
import { randomUUID } from 'node:crypto';
import { parseIp } from '../../dist/http/address.js';
import { GUARD_DEFAULTS } from '../../dist/http/guard/guard-defaults.js';
import { REFUSAL_STATUS } from '../../dist/http/guard/refusal.js';
import { RequestGuard } from '../../dist/http/guard/request-guard.js';
import { logExchange } from '../../dist/telemetry/security-event.js';

const CLIENT = '127.0.0.1';
const guard = new RequestGuard({ ...GUARD_DEFAULTS, newRequestId: randomUUID });

/**
 * @returns what a client and the log would get: `{status, isRefused, isUnguarded, rules}`, rules as the event lists them
 */
export async function judge(engine, bytes) {
  const raw = takeApart(bytes);
  const line = /^HTTP\/(1\.[01])$/.exec(raw.version);
  const admission = line === null ? null : guard.check({ ...raw, version: line[1], ...CONNECTION });
  const head = admission?.head ?? headOf(raw);
  const refusal = admission?.refusal ?? null;
  const isRefused = head !== admission?.head;
  const transaction = engine.begin(head);
  try {
    await transaction.opening;
    if (head.hasBody) await transaction.requestBody(Buffer.from(raw.body, 'latin1'));
    await transaction.requestEnd();
    const answer = answerTo(head, raw.body);
    await takeAnswer(transaction, answer);
    const status = isRefused ? (REFUSAL_STATUS[refusal] ?? 400) : answer.status;
    return { status, isRefused, refusal: refusal ?? 'version', rules: rulesOf(head, transaction.report()) };
  } finally {
    transaction.close();
  }
}

const CONNECTION = { scheme: 'http', peer: CLIENT, peerPort: undefined, proxied: '' };

/** Bytes to line, fields and body: lines may end with a bare LF, the target may hold blanks, a body ends by its length. */
function takeApart(bytes) {
  const end = /\r?\n\r?\n/.exec(bytes) ?? { index: bytes.length, 0: '' };
  const [line, ...lines] = bytes.slice(0, end.index).split(/\r?\n/);
  const [, method, target, version] = /^(\s*\S*) (.*?) ?(\S*)$/.exec(line) ?? ['', line, '/', ''];
  const fields = lines.flatMap((text) => {
    const colon = text.indexOf(':');
    return colon < 0 ? [] : [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
  });
  const rest = bytes.slice(end.index + end[0].length);
  const valueOf = (wanted) => fields.find((_, i) => i % 2 === 1 && fields[i - 1] === wanted);
  const isChunked = valueOf('transfer-encoding')?.toLowerCase() === 'chunked';
  const length = valueOf('content-length');
  return {
    method,
    target,
    version,
    fields,
    isChunked,
    body: isChunked ? joined(rest) : rest.slice(0, Number(length ?? 0)),
  };
}

function joined(chunks) {
  let body = '';
  let rest = chunks;
  for (let size = Number.parseInt(rest, 16); size > 0; size = Number.parseInt(rest, 16)) {
    const from = rest.indexOf('\r\n') + 2;
    body += rest.slice(from, from + size);
    rest = rest.slice(from + size + 2);
  }
  return body;
}

/** The head of a request that the guard refuses, with nothing put in order. */
function headOf({ method, target, version, fields, body, isChunked }) {
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const at = fields.indexOf('host');
  const ip = parseIp(CLIENT);
  return {
    id: randomUUID(),
    method,
    target,
    sentTarget: target,
    rawPath,
    query: mark < 0 ? '' : target.slice(mark + 1),
    hasQuery: mark >= 0,
    path: rawPath,
    pathViews: [],
    version: version.replace(/^HTTP\//, ''),
    scheme: 'http',
    host: at < 0 ? '' : fields[at + 1],
    fields,
    contentLength: body.length,
    hasBody: body !== '' || isChunked,
    client: { ip, peer: ip, port: undefined },
  };
}

/** The service behind: answers POST /reflect with what the body asks for, all else with 200. */
function answerTo({ rawPath }, body) {
  if (!/^\/reflect(\/|$)/.test(rawPath)) return { status: 200, headers: {}, body: '' };
  const wanted = parsed(Buffer.from(body, 'latin1').toString('utf8'));
  if (wanted === undefined) return { status: 400, headers: {}, body: '' };
  const encoded = wanted.encodedBody === undefined ? undefined : Buffer.from(wanted.encodedBody, 'base64');
  const answered = (encoded ?? Buffer.from(wanted.body ?? '')).toString('latin1');
  return { status: Number(wanted.status ?? 200), headers: wanted.headers ?? {}, body: answered };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function takeAnswer(transaction, { status, headers, body }) {
  const fields = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), String(value)]);
  const isText = /^[\t\r\n\x20-\x7e\x80-\xff]*$/.test(body);
  if (!('content-type' in Object.fromEntries(Object.keys(headers).map((name) => [name.toLowerCase(), 0])))) {
    fields.push('content-type', isText ? 'text/plain; charset=utf-8' : 'application/octet-stream');
  }
  transaction.responseHead(status, fields);
  await transaction.responseBody(Buffer.from(body, 'latin1'));
  await transaction.responseEnd();
}

/** The rules of the exchange as its event lists them. */
function rulesOf({ id, method, host, path }, report) {
  let rules = [];
  const take = (line) => {
    rules = line.rules ?? [];
  };
  const log = { debug: take, info: take, warn: take, error: take };
  const wire = {
    id,
    client: CLIENT,
    method,
    host,
    path,
    status: 0,
    durationMs: 0,
    outcome: 'forwarded',
    report,
  };
  logExchange(log, { ...wire, refused: undefined, failure: undefined }, true);
  return rules;
}
