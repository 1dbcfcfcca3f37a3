/** What every adapter of the `Upstream` port does. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import {
  UPSTREAM_HEAD_BYTES_MAX,
  UPSTREAM_IN_FLIGHT_MAX,
  UPSTREAM_QUEUE_MAX,
  UPSTREAM_QUEUE_SWEEP_MS,
} from '../../src/core/limits.ts';
import { CircuitBreaker } from '../../src/proxy/upstream/circuit-breaker.ts';
import { ShieldedUpstream } from '../../src/proxy/upstream/shielded-upstream.ts';
import { UndiciUpstream } from '../../src/proxy/upstream/undici-upstream.ts';
import type {
  Upstream,
  UpstreamCall,
  UpstreamFailure,
  UpstreamOptions,
  UpstreamRequest,
} from '../../src/proxy/upstream/upstream.ts';
import { UpstreamPermits } from '../../src/proxy/upstream/upstream-permits.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { until } from '../support/until.ts';
import { breakerOptions, upstreamOptions } from '../support/ward.ts';

const ADAPTERS: Readonly<Record<string, (options: UpstreamOptions) => Upstream>> = {
  undici: (options) => new UndiciUpstream(options),
  // The shield adds refusals and must change nothing else.
  'undici behind the shield': (options) => {
    const breaker = new CircuitBreaker(breakerOptions({ enabled: true, failures: 1_000 }), systemClock);
    const permits = new UpstreamPermits(breaker, UPSTREAM_IN_FLIGHT_MAX, systemClock);
    return new ShieldedUpstream(new UndiciUpstream(options), permits);
  },
};

interface Outcome {
  status: number;
  fields: string[];
  body: string;
  failure: UpstreamFailure | undefined;
  /** Callbacks after the end of the call. */
  late: number;
}

const get = (target = '/', method = 'GET'): UpstreamRequest => ({
  method,
  target,
  fields: ['host', 's.example'],
  body: 'none',
});

function run(
  upstream: Upstream,
  request: UpstreamRequest,
  during: (call: UpstreamCall, event: 'sent' | 'head' | 'data' | 'drain') => void = () => undefined,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const outcome: Outcome = { status: 0, fields: [], body: '', failure: undefined, late: 0 };
    let over = false;
    const finish = () => {
      if (over) outcome.late += 1;
      over = true;
      resolve(outcome);
    };
    const call: UpstreamCall = upstream.send(request, {
      onHead: (status, fields) => {
        if (over) outcome.late += 1;
        outcome.status = status;
        outcome.fields = fields;
        during(call, 'head');
      },
      onData: (chunk) => {
        if (over) outcome.late += 1;
        outcome.body += Buffer.from(chunk).toString('latin1');
        during(call, 'data');
      },
      onEnd: finish,
      onFailure: (failure) => {
        outcome.failure = failure;
        finish();
      },
      onDrain: () => during(call, 'drain'),
    });
    during(call, 'sent');
  });
}

describe.each(Object.entries(ADAPTERS))('upstream %s', (_name, create) => {
  let service: RawUpstream;
  let upstream: Upstream;
  const start = (changes: Partial<UpstreamOptions> = {}) => {
    upstream = create(upstreamOptions(service.port, changes));
    return upstream;
  };

  beforeEach(async () => {
    service = await new RawUpstream().listen();
  });
  afterEach(async () => {
    await upstream.close();
    await service.close();
  });

  it('sends the head byte for byte and reuses the connection', async () => {
    start();
    const request = { ...get('/a%2F?q=\xc3\xa9'), fields: ['host', 's.example', 'x-name', 'a\xc3\xa9'] };
    expect((await run(upstream, request)).body).toBe('ok');
    expect((await run(upstream, get())).status).toBe(200);
    expect(service.connections).toBe(1);
    expect(service.requests[0].head).toContain('GET /a%2F?q=\xc3\xa9 HTTP/1.1\r\nhost: s.example\r\n');
    expect(service.requests[0].head).toContain('\r\nx-name: a\xc3\xa9');
  });

  it('reports fields lower-case, repeated and beyond ASCII', async () => {
    start();
    service.answer = ({ socket }) =>
      void socket.write(
        'HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSET-COOKIE: b\r\nX-N: \xc3\xa9\r\nContent-Length: 0\r\n\r\n',
        'latin1',
      );
    const { fields } = await run(upstream, get());
    expect(fields).toEqual(['set-cookie', 'a', 'set-cookie', 'b', 'x-n', '\xc3\xa9', 'content-length', '0']);
  });

  it('ignores informational heads', async () => {
    start();
    service.answer = ({ socket }) =>
      void socket.write(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      );
    expect(await run(upstream, get())).toMatchObject({ status: 200, body: 'ok' });
  });

  it('sends a whole body, a body of known length and a chunked one', async () => {
    start();
    const post = (body: UpstreamRequest['body']) => ({ ...get('/', 'POST'), body });
    await run(upstream, post(Buffer.from('whole')));
    const write = (call: UpstreamCall, event: string) => {
      if (event !== 'sent') return;
      call.write(Buffer.from('ab'));
      call.write(Buffer.from('cde'));
      call.end();
    };
    await run(upstream, post({ length: 5 }), write);
    await run(upstream, post({ length: undefined }), write);
    expect(service.requests.map(({ body }) => body)).toEqual(['whole', 'abcde', 'abcde']);
    expect(service.requests[1].head).toContain('content-length: 5');
    expect(service.requests[2].head).toContain('transfer-encoding: chunked');
  });

  it('asks for more only when what was written is taken', async () => {
    start();
    const chunk = Buffer.alloc(65_536, 'x');
    let drains = 0;
    let sent = 0;
    const outcome = await run(
      upstream,
      { ...get('/', 'POST'), body: { length: chunk.length * 8 } },
      (call, event) => {
        if (event === 'drain') {
          drains += 1;
          expect(call.unsentBytes).toBeLessThanOrEqual(chunk.length);
        }
        if (event !== 'sent' && event !== 'drain') return;
        if (sent === 8) return;
        sent += 1;
        call.write(chunk);
        if (sent === 8) call.end();
      },
    );
    expect(outcome.status).toBe(200);
    expect(drains).toBeGreaterThanOrEqual(7);
    expect(service.requests[0].body.length).toBe(chunk.length * 8);
  });

  it('never completes an aborted body', async () => {
    start();
    const seen = new Promise<void>((resolve) => {
      service.onHead = (_head, socket) => void socket.on('close', () => resolve());
    });
    const call = upstream.send(
      { ...get('/', 'POST'), body: { length: undefined } },
      { onHead: never, onData: never, onEnd: never, onFailure: never, onDrain: () => undefined },
    );
    call.write(Buffer.from('part'));
    setTimeout(() => call.abort(), 30);
    await seen;
    expect(service.requests).toHaveLength(0);
    expect(service.received).not.toContain('\r\n0\r\n');
  });

  it('pauses and resumes the answer', async () => {
    start();
    const size = 1_000_000;
    service.answer = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, 'y'));
    };
    let pauses = 0;
    const outcome = await run(upstream, get(), (call, event) => {
      if (event !== 'data') return;
      pauses += 1;
      call.pause();
      setImmediate(() => call.resume());
    });
    expect(outcome.body.length).toBe(size);
    expect(pauses).toBeGreaterThan(1);
  });

  it('delivers an early answer during an upload', async () => {
    start();
    service.onHead = (_head, socket) => void socket.write('HTTP/1.1 413 X\r\nContent-Length: 4\r\n\r\nmuch');
    const outcome = await run(upstream, { ...get('/', 'POST'), body: { length: 1_000 } }, (call, event) => {
      if (event === 'sent') call.write(Buffer.from('some'));
    });
    expect(outcome).toMatchObject({ status: 413, body: 'much', failure: undefined });
  });

  it('repeats a bodyless safe request when a kept connection was dead', async () => {
    start();
    await run(upstream, get());
    let first = true;
    service.onHead = (_head, socket) => {
      if (first) socket.destroy();
      first = false;
    };
    expect((await run(upstream, get())).status).toBe(200);
  });

  it.each(['DELETE', 'PUT', 'POST'])('does not repeat %s', async (method) => {
    start();
    await run(upstream, get());
    service.onHead = (_head, socket) => void socket.destroy();
    expect((await run(upstream, get('/', method))).failure).toBe('broken');
  });

  it('does not repeat on a fresh connection, nor after a byte of the answer', async () => {
    start();
    service.onHead = (_head, socket) => void socket.destroy();
    expect((await run(upstream, get())).failure).toBe('broken');
    service.onHead = () => undefined;
    await run(upstream, get());
    service.answer = ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\nConte');
    expect((await run(upstream, get())).failure).toBe('broken');
  });

  it('tells a truncated answer from a complete one', async () => {
    start();
    service.answer = ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort');
    expect(await run(upstream, get())).toMatchObject({ body: 'short', failure: 'broken' });
    service.answer = ({ socket }) =>
      void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n');
    expect(await run(upstream, get())).toMatchObject({ body: 'short', failure: 'broken' });
  });

  it.each([
    ['no HTTP', 'SSH-2.0\r\n\r\n'],
    ['a field without a colon', 'HTTP/1.1 200 OK\r\nbroken\r\n\r\n'],
    ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['a control byte in a value', 'HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n'],
  ])('refuses an answer with %s', async (_what, answer) => {
    start();
    service.answer = ({ socket }) => void socket.end(answer, 'latin1');
    expect((await run(upstream, get())).failure).toBe('broken');
  });

  it('takes a head of UPSTREAM_HEAD_BYTES_MAX, no more', async () => {
    start();
    const answer = (bytes: number) => `HTTP/1.1 204 No Content\r\nX: ${'a'.repeat(bytes)}\r\n\r\n`;
    service.answer = ({ socket }) => void socket.end(answer(UPSTREAM_HEAD_BYTES_MAX - 64));
    expect((await run(upstream, get())).status).toBe(204);
    service.answer = ({ socket }) => void socket.end(answer(UPSTREAM_HEAD_BYTES_MAX));
    expect((await run(upstream, get())).failure).toBe('broken');
  });

  it('says refused, timeout and busy apart', async () => {
    const port = service.port;
    await service.close();
    start();
    expect((await run(upstream, get())).failure).toBe('refused');
    await upstream.close();
    service = await new RawUpstream().listen(port);
    service.answer = () => undefined;
    start({ headersMs: 50 });
    expect((await run(upstream, get())).failure).toBe('timeout');
    await upstream.close();
    start({ totalMs: 50 });
    expect((await run(upstream, get())).failure).toBe('timeout');
  });

  it('bounds connections, the queue and the wait in it', async () => {
    service.answer = () => undefined;
    start({ connectionsMax: 1, queueMax: 1, queueMsMax: UPSTREAM_QUEUE_SWEEP_MS + 10 });
    const hanging = run(upstream, get());
    const queued = run(upstream, get());
    expect((await run(upstream, get())).failure).toBe('busy');
    expect(upstream.stats).toEqual({ running: 1, queued: 1 });
    expect((await queued).failure).toBe('busy');
    await upstream.close();
    expect((await hanging).failure).toBe('closing');
    expect(service.connections).toBe(1);
  });

  it('lets UPSTREAM_QUEUE_MAX requests wait, and no more', async () => {
    service.answer = () => undefined;
    start({ connectionsMax: 1, queueMax: UPSTREAM_QUEUE_MAX, queueMsMax: 60_000 });
    const waiting = Array.from({ length: UPSTREAM_QUEUE_MAX + 1 }, () => run(upstream, get()));
    expect(upstream.stats).toEqual({ running: 1, queued: UPSTREAM_QUEUE_MAX });
    expect((await run(upstream, get())).failure).toBe('busy');
    await upstream.close();
    const failures = (await Promise.all(waiting)).map(({ failure }) => failure);
    expect(new Set(failures)).toEqual(new Set(['closing']));
  });

  it('serves the queue when a connection is free, and forgets who gave up', async () => {
    const answers: (() => void)[] = [];
    service.answer = ({ socket }) =>
      void answers.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    start({ connectionsMax: 1 });
    const first = run(upstream, get('/1'));
    const given = upstream.send(get('/2'), {
      onHead: never,
      onData: never,
      onEnd: never,
      onFailure: never,
      onDrain: never,
    });
    const third = run(upstream, get('/3'));
    given.abort();
    await until(() => answers.length === 1, 'the first request');
    answers[0]();
    expect((await first).status).toBe(200);
    await until(() => answers.length === 2, 'the second request');
    answers[1]();
    expect((await third).status).toBe(200);
    expect(service.requests.map(({ head }) => head.split(' ')[1])).toEqual(['/1', '/3']);
  });

  it('frees a connection whose call was aborted', async () => {
    service.answer = () => undefined;
    start({ connectionsMax: 1 });
    for (let i = 0; i < 3; i++) {
      const call = upstream.send(get(), {
        onHead: never,
        onData: never,
        onEnd: never,
        onFailure: never,
        onDrain: never,
      });
      await until(() => service.requests.length === i + 1, 'the request');
      call.abort();
    }
    service.reset();
    expect((await run(upstream, get())).status).toBe(200);
    expect(upstream.stats.running).toBe(0);
  });

  it('reaches a unix socket', async () => {
    const path = join(tmpdir(), `ward-upstream-${process.pid}.sock`);
    const local = await new RawUpstream().listen(path);
    start({ socketPath: path });
    expect((await run(upstream, get())).body).toBe('ok');
    await local.close();
  });
});

function never(): void {
  throw new Error('must not be called');
}
