/**
 * What one HTTP/2 connection may cost beyond its requests: streams that are reset, frames that ask for answers, bytes that
 * carry nothing. Each is an allowance that fills again with time; whoever has used one up loses the connection.
 *
 * Pure: time and counts are told. Node and nghttp2 bound what they see and we do not; `http2-abuse.contract.test.ts` drives
 * both over the wire.
 */
import {
  HTTP2_CONTROL_FRAMES_BURST,
  HTTP2_CONTROL_FRAMES_PER_S,
  HTTP2_OVERHEAD_BYTES_BURST,
  HTTP2_OVERHEAD_BYTES_PER_S,
  HTTP2_OVERHEAD_SHARE,
  HTTP2_RESETS_BURST,
  HTTP2_RESETS_PER_S,
} from '../../../core/limits.ts';

const MS_PER_S = 1_000;

/** A bucket of tokens. */
class Allowance {
  #left: number;
  #burst: number;
  #perMs: number;
  #atMs: number;

  constructor(burst: number, perS: number, nowMs: number) {
    this.#left = burst;
    this.#burst = burst;
    this.#perMs = perS / MS_PER_S;
    this.#atMs = nowMs;
  }

  /** Returns false once more was taken than there was. */
  take(count: number, nowMs: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + (nowMs - this.#atMs) * this.#perMs) - count;
    this.#atMs = nowMs;
    return this.#left >= 0;
  }
}

/** Milliseconds are monotonic throughout. Each method returns false when the connection must end. */
export class ConnectionBudget {
  #resets: Allowance;
  #controlFrames: Allowance;
  #overhead: Allowance;
  #overheadBytes = 0;

  constructor(nowMs: number) {
    this.#resets = new Allowance(HTTP2_RESETS_BURST, HTTP2_RESETS_PER_S, nowMs);
    this.#controlFrames = new Allowance(HTTP2_CONTROL_FRAMES_BURST, HTTP2_CONTROL_FRAMES_PER_S, nowMs);
    this.#overhead = new Allowance(HTTP2_OVERHEAD_BYTES_BURST, HTTP2_OVERHEAD_BYTES_PER_S, nowMs);
  }

  /** A stream ended before its answer did. */
  reset(nowMs: number): boolean {
    return this.#resets.take(1, nowMs);
  }

  /** A PING or SETTINGS frame came. */
  controlFrame(nowMs: number): boolean {
    return this.#controlFrames.take(1, nowMs);
  }

  /**
   * What has come and gone so far, of the connection's whole life.
   *
   * @param read     bytes read from the client
   * @param heads    bytes of the heads of its requests, which compression makes fewer
   * @param carried  bytes of bodies, of requests and of answers
   * @param received those of requests
   */
  traffic(read: number, heads: number, carried: number, received: number, nowMs: number): boolean {
    const bytes = Math.max(0, read - heads - received - carried * HTTP2_OVERHEAD_SHARE);
    const more = Math.max(0, bytes - this.#overheadBytes);
    this.#overheadBytes = Math.max(bytes, this.#overheadBytes);
    return this.#overhead.take(more, nowMs);
  }
}
