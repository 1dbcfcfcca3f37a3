/** A request as a listener parsed it, before anything was checked. */

export interface RawRequest {
  readonly method: string;
  /** The request target as sent; latin1, one char per byte. */
  readonly target: string;
  readonly version: '1.0' | '1.1' | '2';
  readonly scheme: 'http' | 'https';
  /** Field lines in order of arrival: lower-case name, value without outer white space; latin1. */
  readonly fields: readonly string[];
  /** The other end of the connection as text, IPv4 or IPv6. */
  readonly peer: string;
  readonly peerPort: number | undefined;
  /** The source address of a PROXY protocol preamble, '' without one. */
  readonly proxied: string;
  /** HTTP/2: the pseudo field `:authority`, undefined without one. `fields` then has its value as `host`, unless it has its own. */
  readonly authority?: string | undefined;
  /** HTTP/2: scheme of the target (`:scheme`). */
  readonly targetScheme?: string | undefined;
  /** HTTP/2: a body follows whose length is not announced; HTTP/1.1 says so by `transfer-encoding: chunked`. */
  readonly unsizedBody?: boolean | undefined;
}
