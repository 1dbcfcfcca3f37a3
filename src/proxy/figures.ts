/** What a worker's proxy counts and measures. Plain data, so that it can be sent to another thread. */
import type { AuthorizerFigures } from './authorizer/authorizer.ts';
import type { ConnectionFigures } from './clients/connection-book.ts';
import type { Http2End } from './listener.ts';
import type { OverloadFigures } from './overload/overload-guard.ts';
import type { BreakerState } from './upstream/circuit-breaker.ts';

export interface ProxyFigures {
  /** Exchanges and WebSockets under way. */
  readonly active: number;
  readonly upstream: UpstreamFigures;
  /** Undefined where nobody else is asked. */
  readonly authorizer?: AuthorizerFigures | undefined;
  readonly overload: OverloadFigures;
  readonly clients: ClientFigures;
}

/** Slow and greedy clients. */
export interface ClientFigures extends ConnectionFigures {
  /** Bodies that came too slowly. */
  readonly slowBodies: number;
  /** Clients that did not take their answer. */
  readonly slowReads: number;
  /** Connections of HTTP/2 that were cut, by why. */
  readonly http2Ends: Readonly<Record<Http2End, number>>;
}

export interface UpstreamFigures {
  /** Connections in use, and requests that wait for one. */
  readonly running: number;
  readonly queued: number;
  /** Requests and WebSockets between permit and end. */
  readonly inFlight: number;
  /** Requests refused because `upstream.in_flight_max` was reached. */
  readonly overfull: number;
  /** `half_open` from the moment a probe may go: a worker without traffic is not kept unready by it. */
  readonly breaker: BreakerState;
  readonly breakerOpenings: number;
  /** Requests refused because the breaker was open, or half open with its probes out. */
  readonly breakerRejected: number;
  /** Milliseconds to the next probe while open. */
  readonly breakerRetryAfterMs: number;
}
