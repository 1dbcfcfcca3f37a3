/**
 * One stream of HTTP/2 behind the `InboundRequest` port. nghttp2 has checked the framing; a stream that is reset ends alone,
 * so nothing that happens to one request costs another its connection.
 */
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { InboundReceiver, InboundRequest } from '../../listener.ts';
import { readBlock } from './request-fields.ts';

const EMPTY = new Uint8Array(0);
const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL, HTTP2_HEADER_STATUS } = constants;

/** What all streams of a connection have in common. */
export interface ConnectionFacts {
  readonly scheme: 'http' | 'https';
  readonly peer: string;
  readonly peerPort: number | undefined;
  readonly proxied: string;
  readonly tlsVersion: string | undefined;
  readonly serverName: string | undefined;
  clientCertificate(): string;
}

/** Bodies that passed, for the budget of the connection. */
export interface CarriedBytes {
  received: number;
  sent: number;
}

export class Http2Inbound implements InboundRequest {
  readonly method: string;
  readonly target: string;
  readonly version = '2';
  readonly scheme: 'http' | 'https';
  readonly fields: readonly string[];
  readonly authority: string | undefined;
  readonly targetScheme: string;
  readonly unsizedBody: boolean;
  readonly peer: string;
  readonly peerPort: number | undefined;
  readonly proxied: string;
  readonly tlsVersion: string | undefined;
  readonly serverName: string | undefined;
  readonly takesTrailers = true;
  /** Bytes of the head as it was sent, before compression. */
  readonly headBytes: number;
  readonly #startedMs: number;
  #facts: ConnectionFacts;
  #carried: CarriedBytes;
  #stream: ServerHttp2Stream;
  #receiver: InboundReceiver | null = null;
  #over = false;
  #bodyEnded: boolean;
  /** The announced length of the body, what came of it, and the piece that completes it. */
  readonly #length: number | undefined;
  #bodyBytes = 0;
  #last: Uint8Array = EMPTY;
  #expectsContinue: boolean;
  #head: OutgoingHttpHeaders | null = null;
  #bodyless = false;
  #answerLength: number | undefined;
  #owesEnd = false;
  #answered = false;
  #dropped = false;
  #trailers: OutgoingHttpHeaders = {};
  /** Bytes given to the stream; what the client had taken of them when it was last looked at, and since when that is so. */
  #givenBytes = 0;
  #takenBytes = 0;
  #takenAtMs: number;
  #gaveUp = false;
  #doneMs: number | undefined;

  constructor(
    stream: ServerHttp2Stream,
    lines: readonly string[],
    facts: ConnectionFacts,
    carried: CarriedBytes,
    nowMs: number,
  ) {
    const block = readBlock(lines);
    this.method = block.method;
    this.target = block.target;
    this.fields = block.fields;
    this.authority = block.authority;
    this.targetScheme = block.scheme;
    this.unsizedBody = !stream.endAfterHeaders && block.length === undefined;
    this.headBytes = block.bytes;
    if (block.length !== undefined) this.#length = Number(block.length);
    this.scheme = facts.scheme;
    this.peer = facts.peer;
    this.peerPort = facts.peerPort;
    this.proxied = facts.proxied;
    this.tlsVersion = facts.tlsVersion;
    this.serverName = facts.serverName;
    this.#bodyEnded = stream.endAfterHeaders;
    this.#expectsContinue = block.expectsContinue && !stream.endAfterHeaders;
    this.#startedMs = nowMs;
    this.#takenAtMs = nowMs;
    this.#facts = facts;
    this.#carried = carried;
    this.#stream = stream;
    stream.on('drain', () => this.#receiver?.onWritable());
    stream.on('wantTrailers', () => this.#sendTrailers());
    stream.on('finish', () => this.#refuseRest());
    stream.on('close', () => this.#closed());
    stream.on('error', () => this.#closed());
  }

  clientCertificate(): string {
    return this.#facts.clientCertificate();
  }

  attach(receiver: InboundReceiver): void {
    this.#receiver = receiver;
  }

  startBody(): void {
    // A stream may be gone before its `close` says so.
    if (this.#over || this.#stream.destroyed) return;
    const { closed, headersSent } = this.#stream;
    if (this.#expectsContinue && !closed && !headersSent)
      this.#stream.additionalHeaders({ [HTTP2_HEADER_STATUS]: 100 });
    this.#stream.on('data', (chunk: Buffer) => this.#took(chunk));
    this.#stream.on('end', () => this.#ended());
  }

  /**
   * The service takes a body for complete once it has the announced length; so what completes that waits for the end of the
   * stream, and with it for the last word of the rules. A client may keep that end back as long as it likes.
   */
  #took(chunk: Buffer): void {
    this.#carried.received += chunk.length;
    this.#bodyBytes += chunk.length;
    if (this.#over) return;
    if (this.#bodyBytes === this.#length) this.#last = chunk;
    else this.#receiver?.onBody(chunk, false);
  }

  /** A reset without an error ends the readable side as well; only a stream that is open still has ended by itself. */
  #ended(): void {
    if (this.#over || this.#stream.aborted || this.#stream.closed) return;
    this.#bodyEnded = true;
    this.#receiver?.onBody(this.#last, true);
  }

  pauseBody(): void {
    this.#stream.pause();
  }

  resumeBody(): void {
    this.#stream.resume();
  }

  /** Its clocks are those of the configuration. */
  keepWaiting(): void {}

  /** The framing of other streams does not depend on this one: the connection stays. */
  closeWhenDone(): void {}

  writeHead(status: number, fields: readonly string[], length: number | undefined, bodyless: boolean): void {
    if (this.#over) return;
    const head = headOf(fields);
    head[HTTP2_HEADER_STATUS] = status;
    if (length !== undefined && status !== 204 && status !== 304) head['content-length'] = length;
    this.#head = head;
    this.#bodyless = bodyless;
    this.#answerLength = length;
  }

  flushHead(): void {
    if (!this.#over) this.#sendHead('more');
  }

  write(chunk: Uint8Array): boolean {
    if (this.#over || chunk.length === 0) return true;
    const isWhole = chunk.length === this.#answerLength;
    if (!this.#sendHead(isWhole ? 'one piece' : 'more')) return true;
    this.#carried.sent += chunk.length;
    this.#givenBytes += chunk.length;
    // Copied: node keeps a chunk it cannot send at once, and this one is only lent.
    return this.#stream.write(Buffer.from(chunk));
  }

  end(trailers: readonly string[] = []): void {
    if (this.#over) return;
    if (trailers.length > 0) this.#trailers = headOf(trailers);
    if (this.#sendHead(trailers.length === 0 ? 'nothing' : 'more')) this.#finish();
  }

  respond(status: number, fields: readonly string[], body: Uint8Array): void {
    if (this.#over) return;
    const bodyless = status === 204 || status === 304;
    this.writeHead(status, fields, bodyless ? undefined : body.length, bodyless || this.method === 'HEAD');
    const isEmpty = body.length === 0;
    if (!this.#sendHead(isEmpty ? 'nothing' : 'one piece')) return;
    if (!isEmpty && !this.#bodyless) {
      this.#givenBytes += body.length;
      this.#stream.write(body);
    }
    this.#finish();
  }

  destroy(): void {
    if (this.#over) return;
    this.#over = true;
    this.#dropped = true;
    this.#stream.close(NGHTTP2_INTERNAL_ERROR);
  }

  // -- the connection's side

  /** Asked once the stream is closed: its answer was not taken to its end, and that was not Ward's doing. */
  get wasReset(): boolean {
    return !this.#dropped && !(this.#answered && this.#stream.writableFinished);
  }

  /** The whole request takes too long: 408, or a reset where the answer has begun. */
  isLate(nowMs: number, requestMs: number): boolean {
    return !this.#bodyEnded && !this.#over && nowMs - this.#startedMs > requestMs;
  }

  /** Of what waits for the client nothing was taken for this long. */
  isStalled(nowMs: number, writeMs: number): boolean {
    const { writableLength } = this.#stream;
    if (this.#gaveUp) return false;
    const takenBytes = this.#givenBytes - writableLength;
    if (writableLength === 0 || takenBytes !== this.#takenBytes) {
      this.#takenBytes = takenBytes;
      this.#takenAtMs = nowMs;
    }
    return writableLength > 0 && nowMs - this.#takenAtMs > writeMs;
  }

  /**
   * It was over so long ago and is still there: its end cannot be sent. The client does not read; or nghttp2 has ended the
   * connection, of which node tells nobody and reads on no more, so that not even the client's leaving would be noticed.
   */
  isStuck(nowMs: number, patienceMs: number): boolean {
    const isDone = this.#gaveUp || (this.#over && this.#stream.writableLength === 0);
    if (!isDone) return false;
    this.#doneMs ??= nowMs;
    return nowMs - this.#doneMs > patienceMs;
  }

  /** Ends it for its client's slowness. */
  giveUp(status: number | undefined): void {
    this.#gaveUp = true;
    const receiver = this.#over ? null : this.#receiver;
    if (status !== undefined && !this.#stream.headersSent) this.respond(status, NO_STORE, EMPTY);
    this.#over = true;
    if (status === undefined || !this.#stream.writableEnded) this.#stream.close(NGHTTP2_CANCEL);
    receiver?.onAborted();
  }

  // -- ends

  /**
   * Returns false when there is no stream to write to any more, or its head cannot be said in HTTP/2.
   *
   * Before it resets a stream node ends it, which makes half an answer look whole; unless trailers are waited for. So they are
   * where an answer may break off, for the price of a frame.
   *
   * @param body what follows
   */
  #sendHead(body: 'nothing' | 'one piece' | 'more'): boolean {
    const head = this.#head;
    if (head === null) return true;
    this.#head = null;
    const endStream = body === 'nothing' || this.#bodyless;
    this.#owesEnd = !endStream && (body === 'more' || 'trailer' in head);
    try {
      this.#stream.respond(head, { endStream, waitForTrailers: this.#owesEnd });
      return true;
    } catch {
      // A status beyond 599 has no place in HTTP/2 for node.
      this.#stream.close(NGHTTP2_INTERNAL_ERROR);
      this.#closed();
      return false;
    }
  }

  #sendTrailers(): void {
    this.#stream.sendTrailers(this.#trailers);
    this.#owesEnd = false;
    // Behind node's own turn, in which it sends them.
    setImmediate(() => this.#refuseRest());
  }

  #finish(): void {
    this.#over = true;
    this.#answered = true;
    this.#stream.end();
    // Of HEAD, node ends the stream as it comes in.
    if (this.#stream.writableFinished) this.#refuseRest();
  }

  /** Nobody reads the rest of a body that is answered (RFC 9113 §8.1). */
  #refuseRest(): void {
    if (this.#answered && !this.#owesEnd && !this.#bodyEnded && !this.#stream.closed)
      this.#stream.close(NGHTTP2_NO_ERROR);
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#receiver?.onAborted();
  }
}

const NO_STORE = ['cache-control', 'no-store'];

/** Lines of one name become one (RFC 9110 §5.3), but for `set-cookie`: node refuses several of most names. */
function headOf(fields: readonly string[]): OutgoingHttpHeaders {
  const head = Object.create(null) as OutgoingHttpHeaders;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    const before = head[name];
    const value = fields[i + 1];
    if (name === 'set-cookie') head[name] = [...((before ?? []) as string[]), value];
    else head[name] = before === undefined ? value : `${String(before)}, ${value}`;
  }
  return head;
}
