import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { MIB, PAUSED_BODY_BYTES_MAX } from '../../../src/core/limits.ts';
import { RequestGuard } from '../../../src/http/guard/request-guard.ts';
import { SlabPool } from '../../../src/proxy/chunk-queue.ts';
import { SlowUploads } from '../../../src/proxy/clients/slow-uploads.ts';
import { UnreadAnswers } from '../../../src/proxy/clients/unread-answers.ts';
import type { ExchangeRecord } from '../../../src/proxy/events.ts';
import { Exchange } from '../../../src/proxy/exchange.ts';
import type { InboundRequest } from '../../../src/proxy/listener.ts';
import { Responder } from '../../../src/proxy/respond.ts';
import type { Upstream } from '../../../src/proxy/upstream/upstream.ts';
import { UpstreamFields } from '../../../src/proxy/upstream-fields.ts';
import { fixedEngine } from '../../support/fixed-engine.ts';
import { guardOptions } from '../../support/ward.ts';

describe('Exchange', () => {
  it('ends an upload that outruns the pause by more than the bound', () => {
    const records: ExchangeRecord[] = [];
    const statuses: number[] = [];
    const raw = {
      method: 'POST',
      target: '/',
      version: '1.1',
      scheme: 'http',
      fields: ['host', 's.example', 'content-length', String(1_024 * MIB)],
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
      respond: (status: number) => void statuses.push(status),
    } as unknown as InboundRequest;
    const exchange = new Exchange(
      {
        upstream: {} as Upstream,
        upstreamFields: new UpstreamFields({ write: 'none', passFromAnyone: [], passOddNames: [] }),
        responder: new Responder(),
        slabs: new SlabPool(),
        unreadAnswers: new UnreadAnswers(1, () => 0, systemClock),
        slowUploads: new SlowUploads({ bodyRateMin: 0, bodyWindowMs: 0 }, systemClock),
        clock: systemClock,
        debugRulesHeader: false,
        rateLimitFields: false,
        finished: (record) => void records.push(record),
      },
      inbound,
      admission,
      fixedEngine({ inspectRequest: true, requestHoldBytes: Infinity }).begin(admission.head),
    );
    exchange.start();
    const chunk = new Uint8Array(MIB);
    // Within one turn of the event loop, as the listener does it.
    for (let sent = 0; sent < PAUSED_BODY_BYTES_MAX; sent += MIB) exchange.onBody(chunk, false);
    expect(statuses).toEqual([]);
    exchange.onBody(chunk, false);
    expect(statuses).toEqual([503]);
    expect(records.map(({ outcome, status }) => [outcome, status])).toEqual([['cut', 503]]);
  });
});
