/**
 * Bodies made to be read in two ways, or to be too much, against the real program with the shipped rules: each gets a
 * clear refusal and an event with its reason, the service sees none of it, and memory stays where it was.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningWard, startService, stopService } from './ward-process.ts';
import type { WardEvent } from './ward-process.ts';

const DEEP = 10_000;
const MIB = 1024 * 1024;
/** Four bombs one after another may not add more to the peak than half of what one of them inflates to. */
const MEMORY_KIB_MAX = 32 * 1024;

/** What a bomb inflates to: white space, which every reader would take. */
const FILLING = Buffer.alloc(64 * MIB, ' ');

const SQLI = "1' UNION SELECT password FROM users--";
const part = (head: string, content: string): string =>
  `--b\r\nContent-Disposition: ${head}\r\n\r\n${content}`;
const FORM_DATA = 'multipart/form-data; boundary=b';
const brotli = (bytes: Uint8Array): Buffer =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } });
const JSON_BYTES = Buffer.from('{"a":"some text, some text, some text"}');

interface Hostile {
  readonly what: string;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly coding?: string;
  readonly status?: number;
  readonly reason?: string;
}

const HOSTILE: readonly Hostile[] = [
  { what: 'JSON cut short', type: 'application/json', body: '{"a":"b', reason: 'body.truncated' },
  { what: 'JSON with two', type: 'application/json', body: '{"a":1}{"a":2}', reason: 'json.syntax' },
  { what: 'a key twice', type: 'application/json', body: '{"a":1,"a":2}', reason: 'json.duplicate_key' },
  {
    what: 'deep JSON',
    type: 'application/json',
    body: '['.repeat(DEEP) + ']'.repeat(DEEP),
    reason: 'json.depth',
  },
  { what: 'deep JSON, undeclared', type: 'text/plain', body: '{"a":'.repeat(DEEP), reason: 'json.depth' },
  {
    what: 'Latin-1 in JSON',
    type: 'application/json',
    body: Buffer.from('{"a":"\xe9"}', 'latin1'),
    reason: 'json.charset',
  },
  { what: 'a byte order mark', type: 'application/json', body: '\ufeff{"a":1}', reason: 'json.charset' },
  {
    what: 'UTF-16',
    type: 'application/json; charset=utf-16',
    body: Buffer.from('{"a":1}', 'utf16le'),
    reason: 'charset.unsupported',
  },
  {
    what: 'UTF-7 in a form',
    type: 'application/x-www-form-urlencoded; charset=utf-7',
    body: 'a=+ADw-',
    reason: 'charset.unsupported',
  },
  {
    what: 'a broken escape',
    type: 'application/x-www-form-urlencoded',
    body: 'a=%u0041&b=%zz',
    reason: 'form.escape',
  },
  {
    what: 'entities that grow',
    type: 'application/xml',
    body: '<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;&b;</a>',
    status: 403,
  },
  { what: 'a document type', type: 'application/xml', body: '<!DOCTYPE a><a/>', reason: 'xml.doctype' },
  { what: 'deep XML', type: 'text/xml', body: '<a>'.repeat(DEEP), reason: 'xml.depth' },
  { what: 'XML that ends early', type: 'application/xml', body: '<a><b>', reason: 'body.truncated' },
  {
    what: 'a form without an end',
    type: FORM_DATA,
    body: part('form-data; name="a"', 'x\r\n'),
    reason: 'multipart.truncated',
  },
  {
    what: 'bare line feeds',
    type: FORM_DATA,
    body: '--b\nContent-Disposition: form-data; name="a"\n\nx\n--b--\n',
    reason: 'multipart.delimiter',
  },
  {
    what: 'two boundaries',
    type: `${FORM_DATA}; boundary=c`,
    body: `${part('form-data; name="a"', 'x\r\n')}--b--`,
    reason: 'multipart.boundary',
  },
  {
    what: 'an unknown coding',
    type: 'application/json',
    coding: 'zstd',
    body: JSON_BYTES,
    reason: 'coding.unsupported',
  },
  {
    what: 'stacked codings',
    type: 'application/json',
    coding: 'gzip, gzip',
    body: gzipSync(gzipSync(JSON_BYTES)),
    reason: 'coding.unsupported',
  },
  {
    what: 'a coding that lies',
    type: 'application/json',
    coding: 'gzip',
    body: JSON_BYTES,
    reason: 'coding.damaged',
  },
  {
    what: 'gzip and more',
    type: 'application/json',
    coding: 'gzip',
    body: Buffer.concat([gzipSync(JSON_BYTES), Buffer.from('{}')]),
    reason: 'coding.damaged',
  },
  {
    what: 'brotli and more',
    type: 'application/json',
    coding: 'br',
    body: Buffer.concat([brotli(JSON_BYTES), brotli(JSON_BYTES)]),
    reason: 'coding.damaged',
  },
  {
    what: 'deflate cut short',
    type: 'application/json',
    coding: 'deflate',
    body: deflateSync(JSON_BYTES).subarray(0, -5),
    reason: 'coding.damaged',
  },
  { what: 'an attack called a picture', type: 'image/png', body: JSON.stringify({ q: SQLI }), status: 403 },
  {
    what: 'an attack in the second line',
    type: 'application/x-ndjson',
    body: `{"q":1}\n${JSON.stringify({ q: SQLI })}\n`,
    status: 403,
  },
  {
    what: 'an attack under gzip',
    type: 'application/json',
    coding: 'gzip',
    body: gzipSync(JSON.stringify({ q: SQLI })),
    status: 403,
  },
];

describe.each(['uws', 'node'])('ward run --listener %s, hostile bodies', (listener) => {
  let one: RunningWard;
  let service: Awaited<ReturnType<typeof startService>>;
  /** Requests the service has seen the end of, by path. */
  const complete: string[] = [];

  function respond(request: IncomingMessage, response: ServerResponse): void {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      complete.push(request.url ?? '');
      response.end(String(bytes));
    });
    request.on('error', () => undefined);
  }

  beforeAll(async () => {
    service = await startService(respond);
    one = await RunningWard.start(['--upstream', service.url, '--listener', listener, '--workers', '1']);
  });
  afterAll(async () => {
    await one.stop();
    await stopService(service.server);
    expect(one.stderr).toBe('');
  });

  async function send(path: string, { type, coding, body }: Hostile): Promise<Response> {
    const headers = { 'content-type': type, ...(coding === undefined ? {} : { 'content-encoding': coding }) };
    return fetch(`${one.url}${path}`, { method: 'POST', headers, body: Buffer.from(body as string) });
  }

  /** The refusal that belongs to a response. */
  async function refusalOf(response: Response): Promise<WardEvent> {
    await response.text();
    const id = response.headers.get('x-request-id');
    for (let seen = 0; ; seen++) {
      const event = await one.event('request.blocked', seen);
      if (event.id === id) return event;
      seen = one.events.indexOf(event);
    }
  }

  it.each(HOSTILE)('refuses $what', async (hostile) => {
    complete.length = 0;
    const response = await send('/hostile', hostile);
    expect(response.status).toBe(hostile.status ?? 415);
    expect((await refusalOf(response)).uninspectable).toBe(hostile.reason);
    expect(complete).toEqual([]);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotli],
  ] as const)('stops a bomb of %s, again and again, in little memory', async (coding, encode) => {
    const start = '{"a":"';
    const bomb = encode(Buffer.concat([Buffer.from(start), FILLING]));
    const hostile: Hostile = { what: 'bomb', type: 'application/json', coding, body: bomb };
    await (await send('/warm', hostile)).text();
    const before = peakKib(one.pid);
    for (let round = 0; round < 4; round++) {
      complete.length = 0;
      const response = await send('/bomb', hostile);
      expect(response.status).toBe(415);
      expect((await refusalOf(response)).uninspectable).toBe('coding.ratio');
      expect(complete).toEqual([]);
    }
    expect(peakKib(one.pid) - before).toBeLessThan(MEMORY_KIB_MAX);
  });

  it('passes an archive as the opaque bytes it is, whatever it would unpack to', async () => {
    const archive = gzipSync(FILLING);
    const before = peakKib(one.pid);
    for (const type of ['application/zip', 'application/gzip', 'text/plain']) {
      const response = await send('/archive', { what: 'archive', type, body: archive });
      expect([response.status, await response.text()]).toEqual([200, String(archive.length)]);
    }
    expect(peakKib(one.pid) - before).toBeLessThan(MEMORY_KIB_MAX);
  });

  it('is alive and well afterwards', async () => {
    const response = await send('/after', { what: 'plain', type: 'application/json', body: JSON_BYTES });
    expect(response.status).toBe(200);
    expect(one.events.filter(({ event }) => /worker|error/.test(event))).toEqual([]);
  });
});

/** Most memory the process has had so far. */
function peakKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]);
}
