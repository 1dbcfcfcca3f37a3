/**
 * One request on its way through undici.
 *
 * It speaks undici's raw handler interface (`onHeaders` with unparsed field lines) instead of the newer controller
 * interface: the newer one builds an object of decoded headers per response, which loses repeated and non-ASCII
 * fields and costs about 2 µs. The undici version is pinned and `upstream.contract.test.ts` holds this class to the port.
 */
import type { Socket } from 'node:net';
import type { Client, Dispatcher } from 'undici';
import type { DirectReads } from './direct-reads.ts';
import type { UpstreamCall, UpstreamFailure, UpstreamHandler, UpstreamRequest } from './upstream.ts';
import { breaksFieldLine, FORBIDDEN_ADDRESS } from './upstream.ts';

/** Methods a lost connection may repeat: safe ones only, although PUT and DELETE are idempotent as well (RFC 9110 §9.2.2). */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** One undici client, which holds at most one socket and reconnects when asked to. */
export interface UpstreamConnection {
  readonly client: Client;
  socket: Socket | null;
  /** Where the bytes of a plain socket go; null under TLS, which reads through the stream. */
  reads: DirectReads | null;
  /** Requests the present socket has carried. */
  served: number;
  /** Made with keys and certificates that are no longer in force: it ends with the call it carries. */
  isRetired: boolean;
}

/** What a call needs of the pool it runs in. */
export interface CallOwner {
  /** The call no longer needs its connection. */
  release(call: UndiciCall): void;
  /** Run the call again: its kept-alive connection was dead. */
  repeat(call: UndiciCall): void;
  /** A call that waits in the queue was given up. */
  forget(call: UndiciCall): void;
}

export class UndiciCall
  implements UpstreamCall, Dispatcher.DispatchHandler, AsyncIterableIterator<Uint8Array>
{
  readonly request: UpstreamRequest;
  /** Monotonic milliseconds after which waiting for a connection is given up. */
  readonly waitUntilMs: number;
  connection: UpstreamConnection | null = null;
  /** The connection had served another request before, so the service may just have closed it. */
  reused = false;
  over = false;
  /** undici reports a request it rejects from within `dispatch`; the port promises that nothing happens there. */
  dispatching = false;
  #handler: UpstreamHandler;
  #owner: CallOwner;
  #abortDispatch: ((cause?: Error) => void) | null = null;
  #resumeParser: (() => void) | null = null;
  #paused = false;
  #parserPaused = false;
  #answered = false;
  #headSeen = false;
  #repeated = false;
  #chunks: Uint8Array[] = [];
  #bodyEnded = false;
  #wanted: ((result: IteratorResult<Uint8Array, undefined>) => void) | null = null;
  #totalTimer: NodeJS.Timeout | undefined;

  constructor(request: UpstreamRequest, handler: UpstreamHandler, owner: CallOwner, waitUntilMs: number) {
    this.request = request;
    this.#handler = handler;
    this.#owner = owner;
    this.waitUntilMs = waitUntilMs;
  }

  /** Bounds the whole exchange; called once, before the first dispatch. */
  limitTotal(ms: number): void {
    this.#totalTimer = setTimeout(
      () => this.fail('timeout', new Error('total time of the upstream exchange')),
      ms,
    );
    this.#totalTimer.unref();
  }

  // -- the exchange's side

  write(chunk: Uint8Array): void {
    if (this.over) return;
    const wanted = this.#wanted;
    if (wanted === null) {
      this.#chunks.push(chunk);
    } else {
      this.#wanted = null;
      wanted({ done: false, value: chunk });
    }
  }

  end(): void {
    this.#bodyEnded = true;
    this.#finishBody();
  }

  get unsentBytes(): number {
    let bytes = this.connection?.socket?.writableLength ?? 0;
    for (const chunk of this.#chunks) bytes += chunk.length;
    return bytes;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (!this.#parserPaused || this.over) return;
    this.#parserPaused = false;
    this.#resumeParser?.();
  }

  abort(): void {
    if (this.over) return;
    this.#close();
    this.#stopDispatch(new Error('aborted by the exchange'));
  }

  /** Ends the call with a failure; the connection is destroyed. */
  fail(failure: UpstreamFailure, cause: Error): void {
    if (this.over) return;
    this.#close();
    this.#stopDispatch(cause);
    this.#handler.onFailure(failure, cause);
  }

  #stopDispatch(cause: Error): void {
    if (this.connection === null) {
      this.#owner.forget(this);
      return;
    }
    const abortDispatch = this.#abortDispatch;
    // Without it the request still waits for its socket; `onConnect` finds `over` set and aborts then.
    if (abortDispatch !== null) {
      this.#abortDispatch = null;
      abortDispatch(cause);
      this.#owner.release(this);
    }
  }

  #close(): void {
    this.over = true;
    clearTimeout(this.#totalTimer);
    this.#chunks.length = 0;
    this.#bodyEnded = true;
    this.#finishBody();
  }

  // -- undici's side: the body as an async iterator

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** undici asks for the next chunk once its socket took the last one, which is all the backpressure there is. */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.#bodyEnded) return Promise.resolve(DONE);
    return new Promise((resolve) => {
      this.#wanted = resolve;
      this.#handler.onDrain();
    });
  }

  #finishBody(): void {
    if (this.#wanted === null) return;
    const wanted = this.#wanted;
    this.#wanted = null;
    wanted(DONE);
  }

  // -- undici's side: the answer

  onConnect(abortDispatch: (cause?: Error) => void): void {
    if (this.over) {
      abortDispatch(new Error('given up before the connection was ready'));
      this.#owner.release(this);
      return;
    }
    this.#abortDispatch = abortDispatch;
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onHeaders(status: number, rawFields: Buffer[], resume: () => void): boolean {
    if (status < 200 || this.over) return true;
    this.#resumeParser = resume;
    this.#headSeen = true;
    const fields = fieldsOf(rawFields);
    if (fields === null) {
      this.fail('broken', new Error('control byte in a response field'));
      return false;
    }
    this.#handler.onHead(status, fields);
    return this.#mayGoOn();
  }

  onData(chunk: Buffer): boolean {
    if (this.over) return false;
    this.#handler.onData(chunk);
    return this.#mayGoOn();
  }

  #mayGoOn(): boolean {
    if (this.#paused) this.#parserPaused = true;
    return !this.#paused;
  }

  /** undici gives bytes, as of heads, where its types say text. */
  onComplete(rawTrailers: readonly (Buffer | string)[] | null): void {
    if (this.over) return;
    const trailers = fieldsOf((rawTrailers ?? []) as Buffer[]);
    if (trailers === null) {
      this.fail('broken', new Error('control byte in a trailer field'));
      return;
    }
    this.#close();
    this.#owner.release(this);
    this.#handler.onEnd(trailers);
  }

  onError(error: Error): void {
    if (this.dispatching) {
      process.nextTick(() => this.onError(error));
      return;
    }
    if (this.over) {
      this.#owner.release(this);
      return;
    }
    if (this.#mayRepeat(error)) {
      this.#repeated = true;
      this.#abortDispatch = null;
      this.#owner.repeat(this);
      return;
    }
    this.#close();
    this.#owner.release(this);
    this.#handler.onFailure(failureOf(error), error);
  }

  #mayRepeat(error: Error): boolean {
    return (
      this.reused &&
      !this.#repeated &&
      !this.#answered &&
      !this.#headSeen &&
      this.request.body === 'none' &&
      REPEATABLE.has(this.request.method) &&
      failureOf(error) === 'broken'
    );
  }
}

/** Lower-case names and values in turn; null when a value would end its line. */
function fieldsOf(pieces: readonly Buffer[]): string[] | null {
  const fields = textOf(pieces);
  for (let i = 0; i < fields.length; i += 2) {
    fields[i] = fields[i].toLowerCase();
    if (breaksFieldLine(fields[i + 1])) return null;
  }
  return fields;
}

/**
 * The texts of field names and values, which nearly always lie in one buffer, one behind the other: then the whole
 * head is made into one string and cut, which costs a third of a conversion for each.
 */
function textOf(pieces: readonly Buffer[]): string[] {
  const texts = new Array<string>(pieces.length);
  if (pieces.length === 0) return texts;
  const { buffer, byteOffset } = pieces[0];
  let end = byteOffset;
  for (const piece of pieces) {
    if (piece.buffer !== buffer || piece.byteOffset < end)
      return pieces.map((each) => each.toString('latin1'));
    end = piece.byteOffset + piece.length;
  }
  const head = Buffer.from(buffer, byteOffset, end - byteOffset).toString('latin1');
  for (let i = 0; i < pieces.length; i++) {
    const start = pieces[i].byteOffset - byteOffset;
    texts[i] = head.slice(start, start + pieces[i].length);
  }
  return texts;
}

const REFUSED = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const TIMED_OUT = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/** Sorts undici's and the system's error codes. */
export function failureOf(error: Error): UpstreamFailure {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (TIMED_OUT.has(code)) return 'timeout';
  if (REFUSED.has(code)) return 'refused';
  if (code === FORBIDDEN_ADDRESS) return 'forbidden';
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return 'closing';
  if (error instanceof AggregateError && error.errors.every((one) => failureOf(one as Error) === 'refused'))
    return 'refused';
  return 'broken';
}
