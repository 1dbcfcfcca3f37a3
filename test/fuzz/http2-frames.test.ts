/**
 * Frames of HTTP/2 in any order, with any flags, lengths and streams, against services that answer in any way: whatever
 * comes, the worker lives, the service gets requests that are whole, and nothing stays behind.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixedEngine } from '../support/fixed-engine.ts';
import { FUZZ_SEED, fuzzRuns, mutate, pick, type Random, randomOf } from '../support/fuzz.ts';
import { exchange } from '../support/raw-client.ts';
import {
  block,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  number32,
  RawHttp2,
  requestLines,
} from '../support/raw-http2.ts';
import { type RawExchange, RawUpstream } from '../support/raw-upstream.ts';
import { startWard, type Ward } from '../support/ward.ts';

const RUNS = fuzzRuns(200);
const TOKENS = [
  ':path',
  ':method',
  'host',
  'content-length',
  'cookie',
  'te',
  '\0',
  '\r\n',
  '/',
  '5',
  'GET',
  'trailers',
];
const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 799 Odd\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nTrailer: x-a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: 1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\nhalf',
  '',
];

let upstream: RawUpstream;
let ward: Ward;
beforeAll(async () => {
  upstream = await new RawUpstream().listen();
  const listenerOptions = { headersMs: 500, requestMs: 800, keepAliveMs: 300, writeMs: 500 };
  ward = await startWard({
    listener: 'node',
    upstreamPort: upstream.port,
    upstream: { headersMs: 1_000, idleMs: 1_000 },
    listenerOptions,
  });
});
afterAll(async () => {
  await ward.close();
  await upstream.close();
});

function randomBlock(random: Random): Buffer {
  const method = pick(['GET', 'POST', 'HEAD', 'CONNECT', 'OPTIONS'], random);
  const more = pick(
    [
      [],
      ['content-length', '3'],
      ['cookie', 'a', 'cookie', 'b'],
      ['expect', '100-continue'],
      ['x', 'y'.repeat(9_000)],
    ],
    random,
  );
  const lines = requestLines(method, pick(['/', '/a?b', '*', ''], random), more);
  if (random(4) === 0) lines[random(lines.length)] = mutate(pick(lines, random), TOKENS, random);
  const bytes = block(lines);
  if (random(8) === 0) bytes[random(bytes.length)] = random(256);
  return bytes;
}

/** Mostly what keeps the connection alive: of frames that end it one is enough. */
function randomFrame(random: Random, stream: number): Buffer {
  const isRare = random(12) === 0;
  const other = isRare ? pick([0, stream + 2, 2, 0x7fffffff], random) : Math.max(1, stream - 2 * random(3));
  const flags = isRare ? random(256) : END_HEADERS | (random(2) === 0 ? END_STREAM : 0);
  switch (random(8)) {
    case 0:
    case 1:
    case 2:
      return frame(FRAME.headers, flags, isRare ? other : stream + 2, randomBlock(random));
    case 3:
    case 4:
      return frame(FRAME.data, random(3) === 0 ? END_STREAM : 0, other, Buffer.alloc(random(2_000)));
    case 5:
      return frame(FRAME.reset, 0, other, number32(random(16)));
    case 6:
      return frame(FRAME.windowUpdate, 0, other, number32(isRare ? 0x7fffffff : random(70_000)));
    default:
      if (!isRare) return frame(FRAME.ping, 0, 0, Buffer.alloc(8));
      return random(2) === 0
        ? frame(random(12), random(256), other, Buffer.alloc(random(40), random(256)))
        : Buffer.alloc(random(30), random(256));
  }
}

async function session(random: Random): Promise<void> {
  const answer = (): string => pick(ANSWERS, random);
  upstream.answer = ({ socket }: RawExchange) => {
    socket.write(answer());
    if (random(6) === 0) socket.end();
  };
  ward.engine = fixedEngine({
    inspectRequest: random(2) === 0,
    inspectResponse: random(2) === 0,
    asynchronous: random(2) === 0,
  });
  const client = await RawHttp2.open(ward.port);
  // Frames of streams that never were end the connection at once.
  let stream = client.request(requestLines('POST', '/'), random(2) === 0);
  for (let frames = 1 + random(25); frames > 0 && !client.closed; frames--) {
    const bytes = randomFrame(random, stream);
    if (bytes[3] === FRAME.headers) stream += 2;
    client.send(bytes);
    if (random(4) === 0) await sleep(1);
  }
  await client.until(() => false, random(3) * 10);
  client.destroy();
}

it(`lives through any frames (FUZZ_SEED=${FUZZ_SEED}, FUZZ_RUNS=${RUNS})`, async () => {
  for (let run = 0; run < RUNS; run++) await session(randomOf(FUZZ_SEED + run));
  for (const { head } of upstream.requests) {
    expect(head).toMatch(/^[A-Z]+ \/[^ ]* HTTP\/1\.1\r\nhost: [^\r\n]+\r\n/);
    expect(head.match(/^(?:content-length|transfer-encoding):/gim)?.length ?? 0).toBeLessThanOrEqual(1);
  }
  expect(upstream.requests.length).toBeGreaterThan(RUNS / 4);
  upstream.reset();
  const end = performance.now() + 20_000;
  const busy = (): number => ward.proxy.active + ward.proxy.figures.clients.connections;
  while (busy() > 0 && performance.now() < end) await sleep(20);
  expect(busy()).toBe(0);
  expect((await exchange(ward.port, 'GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n'))?.status).toBe(200);
});
