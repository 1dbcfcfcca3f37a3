/**
 * A request is the same request in HTTP/1.1 and in HTTP/2: the same verdict, for the same reason, and the same bytes for the
 * service. Rules that look everywhere judge random requests in both; `request.version` alone may tell them apart.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { RawHttp2 } from '../support/raw-http2.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import '../support/seed.ts';
import { engineFor } from '../support/transaction-of.ts';
import { startWard, type Ward } from '../support/ward.ts';

const RULES = `
policy "p" { mode enforce }
rule evil.path    "x" { when request.path contains "evil" then block 403 }
rule evil.query   "x" { when any args.query contains "evil" then block 404 }
rule evil.headers "x" { when any request.headers contains "evil" then block 406 }
rule evil.cookies "x" { when any request.cookies contains "evil" then block 407 }
rule evil.args    "x" { when any args contains "evil" then block 409 }
rule evil.text    "x" { when any body.text contains "evil" then block 410 }
rule evil.method  "x" { when request.method == PUT and request.host == "a.example" then block 411 }
`;

/** A parser that refuses by itself leaves no record to wait for. */
const RECORD_MS = 200;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly cookies: readonly string[];
  readonly body: string | undefined;
  /** The length is announced. */
  readonly sized: boolean;
}

let upstream: RawUpstream;
let ward: Ward;
beforeAll(async () => {
  upstream = await new RawUpstream().listen();
  ward = await startWard({ listener: 'node', upstreamPort: upstream.port, engine: engineFor(RULES) });
});
afterAll(async () => {
  await ward.close();
  await upstream.close();
});

const word = fc.constantFrom(
  'a',
  'b.c',
  'evil',
  'e%76il',
  '%2e%2e',
  '..',
  '%2F',
  '',
  ';x',
  'A',
  '%zz',
  '%00',
  '"',
);
const request: fc.Arbitrary<Request> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get', 'PROPFIND'),
  path: fc
    .tuple(fc.array(word, { maxLength: 4 }), fc.array(fc.tuple(word, word), { maxLength: 3 }))
    .map(
      ([parts, args]) =>
        `/${parts.join('/')}${args.length === 0 ? '' : '?'}${args.map((one) => one.join('=')).join('&')}`,
    ),
  host: fc.constantFrom('a.example', 'A.example:80', 'b.example:8080', '[::1]', 'a_b', 'a..b', '1.2.3.4'),
  fields: fc.array(
    fc.tuple(
      fc.constantFrom(
        'x-a',
        'x_b',
        'user-agent',
        'accept',
        'content-type',
        'x-forwarded-for',
        'range',
        'if-range',
        'origin',
        'te',
      ),
      fc.constantFrom(
        '1',
        'evil',
        'a, b',
        'application/json',
        'text/plain',
        'trailers',
        '\xc3\xa9',
        '\xff',
        'a\tb',
      ),
    ),
    { maxLength: 5 },
  ),
  cookies: fc.array(fc.constantFrom('a=1', 'b=evil', 'c="x"', 'd'), { maxLength: 3 }),
  body: fc.option(fc.constantFrom('', 'abc', 'a=evil&b=1', '{"a":"evil"}', '{"a":"ev', 'x'.repeat(70_000)), {
    nil: undefined,
  }),
  sized: fc.boolean(),
});

interface Seen {
  readonly answer: string;
  readonly refusal: string | undefined;
  readonly outcome: string | undefined;
  readonly by: string | null | undefined;
  readonly service: readonly unknown[];
}

/** What the client was told, what was said of it, and what the service got. */
async function seen(run: () => Promise<string>): Promise<Seen> {
  upstream.reset();
  ward.records.length = 0;
  const answer = await run();
  const end = performance.now() + RECORD_MS;
  while (ward.records.length === 0 && performance.now() < end)
    await new Promise((resolve) => setImmediate(resolve));
  const [record] = ward.records;
  return {
    answer,
    refusal: record?.refusal,
    outcome: record?.outcome,
    by: record?.report?.verdict.by,
    service: upstream.requests.map(({ head, body }) => [
      head.replace(/^x-request-id: .*$/m, '').replace(/^transfer-encoding: chunked$/m, 'chunked'),
      body,
    ]),
  };
}

function inHttp1({ method, path, host, fields, cookies, body, sized }: Request): Promise<Seen> {
  return seen(async () => {
    const lines = [
      `host: ${host}`,
      ...fields.map(([name, value]) => `${name}: ${value}`),
      ...cookies.map((one) => `cookie: ${one}`),
    ];
    if (body !== undefined)
      lines.push(sized ? `content-length: ${body.length}` : 'transfer-encoding: chunked');
    const chunks =
      body === undefined || body === '' ? '0\r\n\r\n' : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const client = new RawClient(ward.port);
    client.send(
      `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body === undefined ? '' : sized ? body : chunks}`,
    );
    const answer = await client.response(method, 5_000);
    client.destroy();
    return String(answer?.status);
  });
}

function inHttp2({ method, path, host, fields, cookies, body, sized }: Request): Promise<Seen> {
  return seen(async () => {
    const lines = [':method', method, ':scheme', 'http', ':authority', host, ':path', path, ...fields.flat()];
    for (const one of cookies) lines.push('cookie', one);
    if (body !== undefined && sized) lines.push('content-length', String(body.length));
    const client = await RawHttp2.open(ward.port);
    const stream = client.request(lines, body === undefined);
    // Frames of 16 KiB, as far as the window goes at once; the rest when the server has room.
    for (let at = 0; body !== undefined; at += 16_000) {
      const isLast = at + 16_000 >= body.length;
      client.data(stream, body.slice(at, at + 16_000), isLast);
      if (isLast) break;
      if (at === 48_000) await client.until(() => client.granted(stream) > 0 || client.ended(stream), 1_000);
    }
    const answer = await client.outcome(stream);
    client.destroy();
    return answer;
  });
}

/** The one field HTTP/2 knows that says something else there; a request with it is malformed. */
const isOfHttp1 = ({ fields }: Request): boolean =>
  fields.some(([name, value]) => name === 'te' && value !== 'trailers');

/** As it is compared: llhttp and nghttp2 refuse some of what the guard would, before there is a request to speak of. */
function comparable({
  answer,
  refusal,
  outcome,
  by,
  service,
}: Seen): Omit<Seen, 'refusal'> & { refusal?: string | undefined } {
  const byParser = outcome === undefined || outcome === 'refused';
  if (!byParser) return { answer, refusal, outcome, by, service };
  return { answer: answer === 'reset 1' ? '400' : answer, outcome: 'refused', by: undefined, service };
}

it('is judged and forwarded alike', { timeout: 60_000 }, async () => {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(request, async (one) => {
      fc.pre(!isOfHttp1(one));
      const first = await inHttp1(one);
      const second = await inHttp2(one);
      expect(comparable(second)).toEqual(comparable(first));
      // Where the guard refused both, it was for the same reason.
      if (first.refusal !== undefined && second.refusal !== undefined)
        expect(second.refusal).toBe(first.refusal);
      reached.add(`${first.answer} ${first.outcome ?? ''} ${second.outcome ?? ''}`);
    }),
    { numRuns: 200 },
  );
  // Not all the same for the same reason.
  expect(reached.size).toBeGreaterThan(8);
});
