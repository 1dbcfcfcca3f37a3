import { describe, expect, it } from 'vitest';
import { type Clock, ManualClock, systemClock } from '../../../src/core/clock.ts';
import { MIB, PAUSED_BODY_BYTES_MAX } from '../../../src/core/limits.ts';
import { RequestGuard } from '../../../src/http/guard/request-guard.ts';
import { SlabPool } from '../../../src/proxy/chunk-queue.ts';
import { SlowUploads } from '../../../src/proxy/clients/slow-uploads.ts';
import { UnreadAnswers } from '../../../src/proxy/clients/unread-answers.ts';
import { Passage } from '../../../src/proxy/entry/passage.ts';
import type { ExchangeRecord } from '../../../src/proxy/events.ts';
import { Exchange } from '../../../src/proxy/exchange.ts';
import type { InboundRequest } from '../../../src/proxy/listener.ts';
import { Responder } from '../../../src/proxy/respond.ts';
import type { Upstream, UpstreamHandler } from '../../../src/proxy/upstream/upstream.ts';
import { UpstreamFields } from '../../../src/proxy/upstream-fields.ts';
import { fixedEngine, type FixedPolicy } from '../../support/fixed-engine.ts';
import { guardOptions } from '../../support/ward.ts';

/** An upload of so many bytes whose client, clock and service are played by the test. */
function upload(contentLength: number, engine: FixedPolicy, clock: Clock = systemClock) {
  const records: ExchangeRecord[] = [];
  const statuses: number[] = [];
  const asked: UpstreamHandler[] = [];
  const raw = {
    method: 'POST',
    target: '/',
    version: '1.1',
    scheme: 'http',
    fields: ['host', 's.example', 'content-length', String(contentLength)],
    peer: '198.51.100.7',
    peerPort: undefined,
    proxied: '',
  } as const;
  const admission = new RequestGuard(guardOptions()).check(raw);
  if (admission.refusal !== null) throw new Error(admission.refusal);
  const nothing = () => undefined;
  const inbound = {
    ...raw,
    attach: nothing,
    startBody: nothing,
    pauseBody: nothing,
    resumeBody: nothing,
    closeWhenDone: nothing,
    writeHead: nothing,
    end: nothing,
    respond: (status: number) => void statuses.push(status),
  } as unknown as InboundRequest;
  const call = {
    write: nothing,
    end: nothing,
    pause: nothing,
    resume: nothing,
    abort: nothing,
    unsentBytes: 0,
  };
  const upstream = {
    send: (_request: unknown, handler: UpstreamHandler) => {
      asked.push(handler);
      return call;
    },
  } as unknown as Upstream;
  const passage = new Passage();
  passage.begin(fixedEngine(engine).begin(admission.head));
  const exchange = new Exchange(
    {
      upstream,
      upstreamFields: new UpstreamFields({ write: 'none', passFromAnyone: [], passOddNames: [] }),
      responder: new Responder(),
      slabs: new SlabPool(),
      unreadAnswers: new UnreadAnswers(1, () => 0, clock),
      slowUploads: new SlowUploads({ bodyRateMin: 0, bodyWindowMs: 0 }, clock),
      drill: undefined,
      clock,
      debugRulesHeader: false,
      rateLimitFields: false,
      finished: (record) => void records.push(record),
    },
    inbound,
    admission,
    passage,
  );
  exchange.start();
  return { exchange, records, statuses, asked };
}

describe('Exchange', () => {
  it.each([
    ['the time from the last byte to the answer', true, 5],
    ['nothing, if it answers before', false, undefined],
  ])('says of a service whose client sent slowly %s', (_name, complete, expected) => {
    const clock = new ManualClock();
    const { exchange, records, asked } = upload(4, {}, clock);
    exchange.onBody(Buffer.from('ab'), false);
    clock.advance(60_000);
    if (complete) exchange.onBody(Buffer.from('cd'), true);
    clock.advance(5);
    asked[0].onHead(200, ['content-length', '0']);
    asked[0].onEnd([]);
    expect(records).toMatchObject([{ outcome: 'forwarded', upstreamMs: expected }]);
  });

  it('ends an upload that outruns the pause by more than the bound', () => {
    const { exchange, records, statuses } = upload(1_024 * MIB, {
      inspectRequest: true,
      requestHoldBytes: Infinity,
    });
    const chunk = new Uint8Array(MIB);
    // Within one turn of the event loop, as the listener does it.
    for (let sent = 0; sent < PAUSED_BODY_BYTES_MAX; sent += MIB) exchange.onBody(chunk, false);
    expect(statuses).toEqual([]);
    exchange.onBody(chunk, false);
    expect(statuses).toEqual([503]);
    expect(records.map(({ outcome, status }) => [outcome, status])).toEqual([['cut', 503]]);
  });
});
