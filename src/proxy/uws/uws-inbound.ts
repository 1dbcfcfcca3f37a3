/**
 * One request of uWebSockets.js behind the `InboundRequest` port.
 *
 * Rules of the library this class keeps, each with a wire test: `req` is dead when the handler returns, so all is
 * copied at once; `res` throws after an end or an abort, so `#over` guards every use; `onAborted` is attached first;
 * an answer during the handler would not stop a pipelined request, so it is put off; header values arrive decoded as
 * UTF-8 and are turned back into bytes, never truncated to latin1 (U+010A would become a line feed).
 */
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { PEER_CACHE_ENTRIES_MAX } from '../../core/limits.ts';
import type { ClientConnections, ConnectionBook } from '../clients/connection-book.ts';
import type { InboundReceiver, InboundRequest } from '../listener.ts';
import { statusLine } from '../status-line.ts';
import type { BlockedAnswer, BlockedAnswers } from './blocked-answers.ts';
import { FIELD_NAMES } from './field-names.ts';

const NON_ASCII = /[^\x00-\x7f]/;

/** The UTF-8 bytes of a decoded string as latin1. Invalid UTF-8 has become U+FFFD, which the guard refuses. */
function bytesOf(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** What `writeHeader` takes: it writes strings as UTF-8, so latin1 text beyond ASCII goes as bytes. */
function rawOf(text: string): string | Uint8Array {
  return NON_ASCII.test(text) ? Buffer.from(text, 'latin1') : text;
}

/** The library's types leave this method out: PEM of the client's certificate, '' for none. */
interface CertifiedResponse extends HttpResponse {
  getX509Certificate(): string;
}

interface PendingHead {
  readonly status: number;
  readonly fields: readonly string[];
  readonly length: number | undefined;
  readonly bodyless: boolean;
}

/** What the requests of one app share. */
export interface InboundOwner {
  readonly connections: ConnectionBook;
  readonly blockedAnswers: BlockedAnswers;
  /** A connection that became a WebSocket is gone. */
  socketGone(): void;
}

/** By which of the names of an app a request came. */
export interface InboundWay {
  readonly scheme: 'http' | 'https';
  readonly serverName: string | undefined;
  readonly hasClientCertificates: boolean;
}

export class UwsInbound implements InboundRequest, BlockedAnswer {
  readonly method: string;
  readonly target: string;
  readonly version = '1.1' as const;
  readonly takesTrailers = false;
  readonly scheme: 'http' | 'https';
  readonly fields: readonly string[];
  readonly peer: string;
  readonly peerPort = undefined;
  readonly proxied: string;
  readonly tlsVersion = undefined;
  readonly serverName: string | undefined;
  #hasClientCertificates: boolean;
  readonly #res: HttpResponse;
  /** True once the answer is complete, the client gone or the connection cut. */
  over = false;
  #receiver: InboundReceiver | null = null;
  #inHandler = true;
  #paused = false;
  #closing: boolean;
  #head: PendingHead | null = null;
  /** Announced length when the body is sent with `tryEnd`; -1 for chunked. */
  #total = -1;
  /** Bytes `tryEnd` did not take yet. */
  #tail: Uint8Array | null = null;

  #owner: InboundOwner;
  #client: ClientConnections;
  #blocked = false;

  constructor(res: HttpResponse, req: HttpRequest, way: InboundWay, owner: InboundOwner) {
    this.#res = res;
    res.onAborted(() => this.#aborted());
    this.#owner = owner;
    this.peer = peerOf(res);
    this.#client = owner.connections.requestBegun(this.peer);
    this.scheme = way.scheme;
    this.serverName = way.serverName;
    this.#hasClientCertificates = way.hasClientCertificates;
    this.method = req.getCaseSensitiveMethod();
    const query = req.getQuery() as string | undefined;
    this.target = bytesOf(query === undefined ? req.getUrl() : `${req.getUrl()}?${query}`);
    const fields: string[] = [];
    let chunked = false;
    req.forEach((name, value) => {
      fields.push(FIELD_NAMES.get(name) ?? bytesOf(name), bytesOf(value));
      if (name === 'transfer-encoding') chunked = true;
    });
    this.fields = fields;
    // The library mis-sizes chunk extensions where JavaScript cannot see it: no second request on such a connection.
    this.#closing = chunked;
    this.proxied = textOf(res.getProxiedRemoteAddressAsText());
  }

  clientCertificate(): string {
    if (this.over || !this.#hasClientCertificates) return '';
    return (this.#res as CertifiedResponse).getX509Certificate();
  }

  /** The request handler has returned; from now on answers are written at once. */
  handlerReturned(): void {
    this.#inHandler = false;
  }

  attach(receiver: InboundReceiver): void {
    this.#receiver = receiver;
  }

  startBody(): void {
    if (this.over) return;
    this.#res.onData((chunk, last) => {
      if (!this.over) this.#receiver?.onBody(new Uint8Array(chunk), last);
    });
  }

  pauseBody(): void {
    if (this.over || this.#paused) return;
    this.#paused = true;
    this.#res.pause();
  }

  /** Only what was paused: to resume a connection that was not leaves it silent once it is answered within `onData`. */
  resumeBody(): void {
    if (this.over || !this.#paused) return;
    this.#paused = false;
    this.#res.resume();
  }

  /** Pausing stops the library's clock, and resuming winds it up again. */
  keepWaiting(): void {
    if (this.over) return;
    this.#res.pause();
    if (!this.#paused) this.#res.resume();
  }

  /** As if it had left: its exchange is told. */
  cutClient(): void {
    if (!this.over) this.#res.close();
  }

  closeWhenDone(): void {
    this.#closing = true;
  }

  /**
   * For the WebSocket adapter: takes the response over, after which this object is done. Null when it is over. The
   * connection is counted on until `connectionEnded`.
   */
  takeResponse(): HttpResponse | null {
    if (this.over) return null;
    this.over = true;
    return this.#res;
  }

  /** A connection that was taken over is gone; the listener's filter is not told. */
  protected connectionEnded(): void {
    const { connections } = this.#owner;
    connections.close(this.#client);
    connections.requestEnded(this.#client);
    this.#owner.socketGone();
  }

  writeHead(status: number, fields: readonly string[], length: number | undefined, bodyless: boolean): void {
    this.#head = { status, fields, length, bodyless };
  }

  /**
   * The library sends a chunked head with the first byte of the body and has no flush. An event stream gets a
   * comment line, which its readers skip (HTML Standard, "Interpreting an event stream"); other heads wait.
   */
  flushHead(): void {
    const head = this.#head;
    if (this.over || head === null || head.bodyless || head.length !== undefined) return;
    if (isEventStream(head.fields)) this.write(EVENT_STREAM_COMMENT);
  }

  write(chunk: Uint8Array): boolean {
    if (this.over || chunk.length === 0) return true;
    const head = this.#head;
    let taken = true;
    if (head === null) {
      this.#cork(() => {
        taken = this.#total < 0 ? this.#res.write(chunk) : this.#tryEnd(chunk);
      });
      this.#noteBlocked(!taken);
      return taken;
    }
    this.#head = null;
    this.#cork(() => {
      if (head.length === chunk.length) {
        this.#writeFields(head.status, head.fields);
        this.#finish();
        this.#res.end(chunk, this.#closing);
        return;
      }
      this.#writeFields(head.status, head.fields);
      if (this.#closing) this.#res.writeHeader('connection', 'close');
      this.#res.onWritable((offset) => this.#writable(offset));
      if (head.length === undefined) {
        taken = this.#res.write(chunk);
      } else {
        this.#total = head.length;
        taken = this.#tryEnd(chunk);
      }
    });
    this.#noteBlocked(!taken);
    return taken;
  }

  end(): void {
    if (this.over || this.#total >= 0) return;
    this.#finish();
    const head = this.#head;
    this.#cork(() => {
      if (head === null) {
        this.#holdConnection();
        this.#res.end();
        return;
      }
      this.#writeFields(head.status, head.fields);
      if (head.bodyless) this.#endBodyless(head.length);
      else this.#res.end('', this.#closing);
    });
  }

  respond(status: number, fields: readonly string[], body: Uint8Array): void {
    if (this.over) return;
    if (this.#inHandler) {
      setImmediate(() => this.respond(status, fields, body));
      return;
    }
    this.#finish();
    this.#cork(() => {
      this.#writeFields(status, fields);
      // An answer that closes must end with `end`: after `endWithoutBody` the library lets go of `res` and leaves the
      // connection open. The length it announces is 0 then, which a refusal that nobody may store can bear.
      if (this.method === 'HEAD' && this.#closing) this.#res.end('', true);
      else if (this.method === 'HEAD') this.#endBodyless(body.length);
      else if (status === 204 || status === 304) this.#endBodyless(undefined);
      else this.#res.end(body, this.#closing);
    });
  }

  destroy(): void {
    if (this.over) return;
    this.#finish();
    this.#res.close();
  }

  #finish(): void {
    this.over = true;
    this.#noteBlocked(false);
    this.#owner.connections.requestEnded(this.#client);
  }

  /** One packet for all that is written. A connection that ends with it is this client's. */
  #cork(write: () => void): void {
    const before = this.#owner.connections.unattributed;
    this.#res.cork(write);
    this.#attributeEnd(before);
  }

  /** The connection ended since that many were nobody's: it can only be this one. */
  #attributeEnd(before: number): void {
    const { connections } = this.#owner;
    if (this.over && connections.unattributed > before) connections.attribute(this.#client);
  }

  #noteBlocked(blocked: boolean): void {
    if (blocked === this.#blocked) return;
    this.#blocked = blocked;
    if (blocked) this.#owner.blockedAnswers.blocked(this);
    else this.#owner.blockedAnswers.released(this);
  }

  /** `endWithoutBody(length)` leaves the answer unfinished for ever, so the length is written as a field. */
  #endBodyless(length: number | undefined): void {
    if (this.#closing) this.#res.writeHeader('connection', 'close');
    if (length !== undefined) this.#res.writeHeader('content-length', String(length));
    this.#holdConnection();
    this.#res.endWithoutBody();
  }

  /**
   * After a streamed answer the library cannot close (`end(_, true)` would write its `Connection` field into the
   * body). Pausing before the last byte has the same effect: nothing more is read from this connection, the client
   * was told to close it, and the library's idle timeout does so if it does not.
   */
  #holdConnection(): void {
    if (!this.#closing) return;
    this.#paused = true;
    this.#res.pause();
  }

  /** One native call for all fields: each call costs about 0.3 µs. Values were checked for CR and LF before. */
  #writeFields(status: number, fields: readonly string[]): void {
    if (status !== 200) this.#res.writeStatus(statusLine(status));
    let first = '';
    let rest = '';
    for (let i = 0; i < fields.length; i += 2) {
      // The library writes a Date of its own.
      if (fields[i] === 'date') continue;
      if (first === '') {
        first = fields[i];
        rest = fields[i + 1];
      } else rest += `\r\n${fields[i]}: ${fields[i + 1]}`;
    }
    if (first !== '') this.#res.writeHeader(first, rawOf(rest));
  }

  #tryEnd(chunk: Uint8Array): boolean {
    if (this.#tail !== null) {
      this.#tail = Buffer.concat([this.#tail, chunk]);
      return false;
    }
    const before = this.#res.getWriteOffset();
    if (before + chunk.length >= this.#total) this.#holdConnection();
    const [taken, done] = this.#res.tryEnd(chunk, this.#total);
    if (done) this.#finish();
    else if (!taken) {
      const written = this.#res.getWriteOffset() - before;
      this.#tail = Uint8Array.prototype.slice.call(chunk, written);
    }
    return taken || done;
  }

  #writable(_offset: number): boolean {
    if (this.over) return true;
    this.#noteBlocked(false);
    const tail = this.#tail;
    if (tail !== null) {
      this.#tail = null;
      const before = this.#owner.connections.unattributed;
      const taken = this.#tryEnd(tail);
      this.#attributeEnd(before);
      if (this.over) return true;
      this.#noteBlocked(!taken);
      if (!taken) return false;
    }
    this.#receiver?.onWritable();
    return true;
  }

  #aborted(): void {
    this.#owner.connections.attribute(this.#client);
    if (this.over) return;
    this.#finish();
    this.#receiver?.onAborted();
  }
}

const EVENT_STREAM_COMMENT = Buffer.from(':\n');

function isEventStream(fields: readonly string[]): boolean {
  const index = fields.indexOf('content-type');
  return index >= 0 && index % 2 === 0 && fields[index + 1].toLowerCase().startsWith('text/event-stream');
}

/** Texts of the IPv4 peers seen lately: the library's own conversion costs 2 µs more than the four bytes. */
const IPV4_PEERS = new Map<number, string>();

/** The peer's address as text, '' when the connection is gone. */
export function peerOf(res: HttpResponse): string {
  const bytes = new Uint8Array(res.getRemoteAddress());
  if (bytes.length !== 4) return textOf(res.getRemoteAddressAsText());
  const [a, b, c, d] = bytes;
  const key = ((a * 256 + b) * 256 + c) * 256 + d;
  let text = IPV4_PEERS.get(key);
  if (text === undefined) {
    text = `${a}.${b}.${c}.${d}`;
    if (IPV4_PEERS.size >= PEER_CACHE_ENTRIES_MAX) IPV4_PEERS.clear();
    IPV4_PEERS.set(key, text);
  }
  return text;
}

function textOf(address: ArrayBuffer): string {
  return address.byteLength === 0 ? '' : Buffer.from(address).toString('latin1');
}
