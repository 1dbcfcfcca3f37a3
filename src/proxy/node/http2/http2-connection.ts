/** One connection of HTTP/2: its streams, what it may cost, and how long it is waited for. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Http2End } from '../../listener.ts';
import { ConnectionBudget } from './connection-budget.ts';
import { type CarriedBytes, type ConnectionFacts, Http2Inbound } from './http2-inbound.ts';

/** Milliseconds, as the options of the listener. */
export interface Http2Clocks {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly writeMs: number;
}

/** Whom a connection tells. */
export interface Http2Owner {
  onRequest(request: Http2Inbound): void;
  onSlowRead(): void;
  /** It ended by Ward's doing. */
  onCut(why: Http2End): void;
  onClose(connection: Http2Connection): void;
}

const { NGHTTP2_ENHANCE_YOUR_CALM } = constants;
const TIMED_OUT = 408;

export class Http2Connection {
  #session: ServerHttp2Session;
  #socket: Socket;
  #facts: ConnectionFacts;
  #clocks: Http2Clocks;
  #owner: Http2Owner;
  #streams = new Set<Http2Inbound>();
  #budget: ConnectionBudget;
  #carried: CarriedBytes = { received: 0, sent: 0 };
  #headBytes = 0;
  /** What was read before HTTP/2 began, of TLS. */
  #readBefore: number;
  /** Since when there is no stream. */
  #unusedSinceMs: number;
  #served = false;
  #cut = false;

  constructor(
    session: ServerHttp2Session,
    socket: Socket,
    facts: ConnectionFacts,
    clocks: Http2Clocks,
    owner: Http2Owner,
  ) {
    const nowMs = performance.now();
    this.#session = session;
    this.#socket = socket;
    this.#facts = facts;
    this.#clocks = clocks;
    this.#owner = owner;
    this.#budget = new ConnectionBudget(nowMs);
    this.#unusedSinceMs = nowMs;
    this.#readBefore = socket.bytesRead;
    session.on('stream', (stream: ServerHttp2Stream, _headers: object, _flags: number, lines: string[]) =>
      this.#serve(stream, lines),
    );
    session.on('ping', () => this.#countControlFrame());
    session.on('remoteSettings', () => this.#countControlFrame());
    // What nghttp2 or Node would not take; they have sent GOAWAY. A client that vanished is no offence.
    session.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('ERR_HTTP2') === true && !this.#cut) owner.onCut('protocol');
    });
    session.on('close', () => owner.onClose(this));
  }

  /** Streams are finished, new ones refused (RFC 9113 §6.8). */
  finish(): void {
    this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  /** Looks at its clocks and its cost. Called now and then. */
  sweep(nowMs: number): void {
    const { requestMs, keepAliveMs, writeMs } = this.#clocks;
    for (const stream of this.#streams) {
      if (stream.isStuck(nowMs, writeMs > 0 ? writeMs : keepAliveMs)) {
        this.destroy();
        return;
      }
      if (stream.isLate(nowMs, requestMs)) stream.giveUp(TIMED_OUT);
      else if (writeMs > 0 && stream.isStalled(nowMs, writeMs)) {
        this.#owner.onSlowRead();
        stream.giveUp(undefined);
      }
    }
    const { received, sent } = this.#carried;
    const read = this.#socket.bytesRead - this.#readBefore;
    if (!this.#budget.traffic(read, this.#headBytes, received + sent, received, nowMs)) this.#end('overhead');
    else if (this.#streams.size === 0) this.#endUnused(nowMs);
  }

  #endUnused(nowMs: number): void {
    const { headersMs, keepAliveMs } = this.#clocks;
    const unusedMs = nowMs - this.#unusedSinceMs;
    const patienceMs = this.#served ? keepAliveMs : Math.max(headersMs, keepAliveMs);
    if (unusedMs <= patienceMs) return;
    // A client that does not even take the GOAWAY has had twice the time by now.
    if (this.#session.closed && unusedMs > 2 * patienceMs) this.destroy();
    else this.#session.close();
  }

  #serve(stream: ServerHttp2Stream, lines: string[]): void {
    const nowMs = performance.now();
    const inbound = new Http2Inbound(stream, lines, this.#facts, this.#carried, nowMs);
    this.#headBytes += inbound.headBytes;
    this.#served = true;
    this.#streams.add(inbound);
    stream.once('close', () => this.#streamClosed(inbound));
    // Reset in the packet that opened it: there is nobody to serve.
    if (stream.destroyed || this.#cut) return;
    try {
      this.#owner.onRequest(inbound);
    } catch {
      inbound.destroy();
    }
  }

  #streamClosed(inbound: Http2Inbound): void {
    this.#streams.delete(inbound);
    this.#unusedSinceMs = performance.now();
    // Whoever reset it: a client can make nghttp2 do it.
    if (inbound.wasReset && !this.#budget.reset(this.#unusedSinceMs)) this.#end('resets');
  }

  #countControlFrame(): void {
    if (!this.#budget.controlFrame(performance.now())) this.#end('control_frames');
  }

  #end(why: Http2End): void {
    if (this.#cut) return;
    this.#cut = true;
    this.#owner.onCut(why);
    this.#session.destroy(new Error(`cut: ${why}`), NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
