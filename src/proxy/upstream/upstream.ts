/**
 * The port through which an exchange reaches the service behind Ward.
 *
 * Push style in both directions, so that an adapter needs no streams: the exchange writes body chunks and is told
 * when they are gone; the adapter hands over one head, body chunks and an end, or one failure. After `onEnd`,
 * `onFailure` or `abort` the call is dead and no callback follows.
 */
import type { LookupFunction } from 'node:net';

export interface UpstreamRequest {
  readonly method: string;
  /** Origin-form target; latin1. */
  readonly target: string;
  /** End-to-end fields with `host`, without `content-length` and `transfer-encoding`; latin1, lower-case names. */
  readonly fields: string[];
  /** `none`, the whole body, or its announced length (`undefined`: chunked) when it is written piece by piece. */
  readonly body: 'none' | Uint8Array | { readonly length: number | undefined };
}

/** Why there is no (complete) answer. `respond.ts` maps them to statuses. */
export type UpstreamFailure =
  | 'refused'
  | 'timeout'
  | 'broken'
  | 'busy'
  | 'closing'
  | 'circuit_open'
  /** Ward does not connect there (egress). */
  | 'forbidden'
  /** The body of the request passes what the destination may be sent (egress). */
  | 'too_large';

/** Code of a look-up's error for an address that may not be called: the call fails as `forbidden`. */
export const FORBIDDEN_ADDRESS = 'ERR_WARD_FORBIDDEN_ADDRESS';

export interface UpstreamHandler {
  /** The final head (1xx is never reported). Names are lower-case; values latin1 without CR, LF and NUL. */
  onHead(status: number, fields: string[]): void;
  /** A piece of the body; valid during the call only. Call `pause` to get no more for now. */
  onData(chunk: Uint8Array): void;
  /** @param trailers lower-case names and values in turn, those of the chunked framing */
  onEnd(trailers: readonly string[]): void;
  /** `cause` is for the log, never for the client; `retryAfterS` is for the client, where the time is known. */
  onFailure(failure: UpstreamFailure, cause: Error, retryAfterS?: number): void;
  /** Everything written was taken; more may be written. */
  onDrain(): void;
}

export interface UpstreamCall {
  /** Hands over a piece of the body. The memory stays untouched until `unsentBytes` is 0. */
  write(chunk: Uint8Array): void;
  /** The body is complete: only now is its last chunk marker written. */
  end(): void;
  /** Bytes handed over that the operating system has not taken yet. */
  readonly unsentBytes: number;
  pause(): void;
  resume(): void;
  /** Destroys the connection, so that an unfinished request can never look complete. Idempotent. */
  abort(): void;
}

export interface Upstream {
  /** Never throws and never calls the handler before it returned. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall;
  /** Waits for nothing: idle connections are closed, running calls fail with `closing`. */
  close(): Promise<void>;
  readonly stats: UpstreamStats;
}

export interface UpstreamStats {
  readonly running: number;
  readonly queued: number;
}

/** Where the service is and how long Ward waits for it. Plain data; the configuration maps onto it. */
export interface UpstreamOptions {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket; host and port then only fill the `Host` of requests without one. */
  readonly socketPath?: string;
  readonly tls?: UpstreamTls;
  /** From names to addresses, as `net.connect` takes it; the system's when left out. */
  readonly lookup?: LookupFunction;
  readonly connectionsMax: number;
  readonly queueMax: number;
  readonly queueMsMax: number;
  readonly connectMs: number;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly keepAliveMs: number;
  /** 0: a whole exchange has no bound of its own. */
  readonly totalMs: number;
  readonly headBytesMax: number;
}

/** What Ward trusts and shows where it is the client of TLS: PEM texts, and the name to be on the certificate. */
export interface UpstreamTls {
  readonly servername?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

/** True when a value could end its field line early (RFC 9110 §5.5). Linear; one pass of a compiled regex. */
export function breaksFieldLine(value: string): boolean {
  return /[\r\n\0]/.test(value);
}
