/** What the proxy tells about finished exchanges; logs and metrics listen here. */
import type { Report } from '../engine/api.ts';
import type { RefusalReason } from '../http/guard/refusal.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { EntryNote } from './entry/entry-note.ts';
import type { DenialReason } from './entry/entry-step.ts';
import type { InjectedFault } from './faults/fault-drill.ts';
import type { OverloadChange, ShedReason } from './overload/overload-guard.ts';
import type { BreakerChange } from './upstream/circuit-breaker.ts';
import type { UpstreamFailure } from './upstream/upstream.ts';

/**
 * How an exchange ended. `cut`: the connection was closed because an answer could not be completed honestly. `shed`:
 * refused before any rule, for overload or greed. `fault`: answered by a drill in place of the service.
 */
export type Outcome =
  | 'forwarded'
  | 'blocked'
  | 'redirected'
  | 'refused'
  | 'failed'
  | 'client_gone'
  | 'cut'
  | 'shed'
  | 'fault';

export interface ExchangeRecord {
  readonly requestId: string;
  readonly outcome: Outcome;
  /** Status the client got; 0 when it got none. */
  readonly status: number;
  /** Undefined when the guard refused the request. */
  readonly head: RequestHead | undefined;
  /** Undefined when the engine was not asked: refused before, or still waiting when the client left. */
  readonly report: Report | undefined;
  /** Why the guard refused. */
  readonly refusal: RefusalReason | undefined;
  /** Why an entry step refused. */
  readonly denial?: DenialReason | undefined;
  /** What the entry steps found out. */
  readonly note?: EntryNote | undefined;
  /** Why there was no room for the request; `isFirst`: the first time lately that its client is refused for greed. */
  readonly shed?: { readonly reason: ShedReason; readonly isFirst: boolean };
  /** What was made to go wrong with it. */
  readonly fault?: Pick<InjectedFault, 'delayMs' | 'abortStatus' | 'isSkipped'> | undefined;
  /** The body came too slowly, or the answer was not taken while others needed the service. */
  readonly isSlow?: boolean;
  readonly failure: { readonly kind: UpstreamFailure | 'engine'; readonly cause: unknown } | undefined;
  readonly peer: string;
  readonly method: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Wall time of the start, milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** From the last byte of the request to the head of the answer; undefined without one, or if that came before. */
  readonly upstreamMs: number | undefined;
  readonly websocket: boolean;
}

/** What became of the proxy as a whole: the way to the service or the authoriser was shut or opened, shedding began or ended. */
export type ProxyChange =
  | { readonly kind: 'breaker' | 'authorizer'; readonly change: BreakerChange }
  | { readonly kind: 'overload'; readonly change: OverloadChange };

/** Called synchronously; must not throw and must be quick. */
export interface ProxyEvents {
  /** The end of each exchange. */
  onExchangeEnd(record: ExchangeRecord): void;
  onChange?(change: ProxyChange): void;
}
