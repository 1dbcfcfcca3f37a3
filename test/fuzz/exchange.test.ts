/**
 * Hostile bytes against a running proxy, on both listeners.
 *
 * Requests are assembled from fragments known to confuse parsers and mutated. Whatever comes in: the process stays
 * up, every transaction ends, and what reaches the upstream is one plain request with one framing.
 * `FUZZ_SEED` repeats a run, `FUZZ_RUNS` makes it longer.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixedEngine } from '../support/fixed-engine.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { RawUpstream, type RawExchange } from '../support/raw-upstream.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 40);
/** Requests sent at a time: silence costs a wait, not a wait each. */
const BATCH = 16;
const WAIT_MS = 60;

const methods = ['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'get', 'GET\t', 'CONNECT', 'X'.repeat(40)];
const targets = [
  '/',
  '/a?b',
  '//a',
  '/%2e%2e/a',
  '/..;/a',
  '/a%00',
  '/%zz',
  '*',
  'http://s.example/',
  '/#a',
  '/\xff',
  '',
];
const names = [
  'Content-Length',
  'Transfer-Encoding',
  'Host',
  'Connection',
  'Upgrade',
  'X-A',
  'X_A',
  '',
  ' X',
  'Content-Length ',
  'Sec-WebSocket-Key',
  'Expect',
  'Trailer',
];
const values = [
  '0',
  '3',
  '5',
  '5, 5',
  '+5',
  '-1',
  '0x5',
  'chunked',
  ' chunked',
  'chunked, identity',
  'xchunked',
  's.example',
  'close',
  'upgrade',
  'websocket',
  'host',
  '\xff',
  'a\x00b',
  'a\rb',
  '100-continue',
  'dGhlIHNhbXBsZSBub25jZQ==',
];
const bodies = [
  '',
  'abc',
  'hello',
  '3\r\nabc\r\n0\r\n\r\n',
  '3;x=y\r\nabc\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '3\nabc\n0\n\n',
  'fffffffffffffffff\r\n',
  '0\r\nX: y\r\n\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: s.example\r\n\r\n',
];
const ends = ['\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\n '];

const request = fc
  .record({
    method: fc.constantFrom(...methods),
    target: fc.constantFrom(...targets),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 '),
    fields: fc.array(
      fc.tuple(fc.constantFrom(...names), fc.constantFrom(...values), fc.constantFrom(...ends)),
      { maxLength: 5 },
    ),
    host: fc.boolean(),
    body: fc.constantFrom(...bodies),
    noise: fc.option(fc.tuple(fc.nat(200), fc.nat(255)), { freq: 4 }),
    cut: fc.nat(300),
  })
  .map(({ method, target, version, fields, host, body, noise, cut }) => {
    const lines = fields.map(([name, value, end]) => `${name}: ${value}${end}`).join('');
    const text = `${method} ${target} ${version}\r\n${host ? 'Host: s.example\r\n' : ''}${lines}\r\n${body}`;
    const at = noise === null ? -1 : noise[0] % text.length;
    const noisy =
      noise === null ? text : text.slice(0, at) + String.fromCharCode(noise[1]) + text.slice(at + 1);
    return { text: noisy, cut: cut % noisy.length };
  });

describe.each(LISTENERS)(`hostile bytes on %s (seed ${SEED})`, (listener) => {
  const upstream = new RawUpstream();
  let ward: Ward;
  let open = 0;

  beforeAll(async () => {
    await upstream.listen();
    const engine = fixedEngine({
      inspectRequest: true,
      inspectResponse: true,
      onClose: () => void (open -= 1),
    });
    ward = await startWard({
      listener,
      upstreamPort: upstream.port,
      engine: {
        version: 'counting',
        begin: (head) => {
          open += 1;
          return engine.begin(head);
        },
      },
    });
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });

  it('reach the upstream as one plain request or not at all', async () => {
    const batches = fc.array(request, { minLength: BATCH, maxLength: BATCH });
    const property = fc.asyncProperty(batches, async (batch) => {
      upstream.reset();
      await Promise.all(batch.map(({ text, cut }) => send(ward.port, text, cut)));
      for (const one of upstream.requests) expect(faultOf(one), one.text).toBeNull();
      const alive = await exchange(ward.port, 'GET /alive HTTP/1.1\r\nHost: s.example\r\n\r\n');
      expect(alive?.status).toBe(200);
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    for (let i = 0; i < 200 && open > 0; i++) await sleep(5);
    expect(open, 'transactions left open').toBe(0);
  });
});

async function send(port: number, text: string, cut: number): Promise<void> {
  const client = new RawClient(port);
  await client.sendCut(text, [cut]);
  await client.until(() => client.received !== '', WAIT_MS);
  client.destroy();
}

/** What is wrong with a request that reached the upstream. */
function faultOf({ head }: RawExchange): string | null {
  const [line, ...fields] = head.split('\r\n');
  if (!/^[A-Z][!-~]* \/[!-~]* HTTP\/1\.1$/.test(line)) return 'request line';
  for (const field of fields)
    if (!/^[a-z0-9-]+: [\t\x20-\x7e\x80-\xff]*$/.test(field)) return `field ${field}`;
  const count = (name: string) => fields.filter((field) => field.startsWith(`${name}:`)).length;
  if (count('host') !== 1) return 'host';
  if (count('content-length') + count('transfer-encoding') > 1) return 'framing';
  if (
    fields.some((field) => field.startsWith('transfer-encoding:') && field !== 'transfer-encoding: chunked')
  )
    return 'coding';
  return count('expect') + count('upgrade') + count('trailer') > 0 ? 'hop-by-hop' : null;
}
