/** A call whose bodies must not pass a size: what goes beyond ends it, either way. */
import type {
  Upstream,
  UpstreamCall,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamRequest,
} from '../upstream/upstream.ts';

export interface BodyBounds {
  readonly requestBytesMax: number;
  readonly answerBytesMax: number;
}

export class BoundedCall implements UpstreamCall, UpstreamHandler {
  readonly #handler: UpstreamHandler;
  readonly #bounds: BodyBounds;
  #call: UpstreamCall | null = null;
  #requestBytes = 0;
  #answerBytes = 0;
  /** The answer has no body, whatever length it announces. */
  #isHead = false;
  /** Nothing may be told any more. */
  #isOver = false;

  constructor(handler: UpstreamHandler, bounds: BodyBounds) {
    this.#handler = handler;
    this.#bounds = bounds;
  }

  begin(upstream: Upstream, request: UpstreamRequest): void {
    this.#isHead = request.method === 'HEAD';
    this.#call = upstream.send(request, this);
  }

  // -- the exchange's side

  write(chunk: Uint8Array): void {
    this.#requestBytes += chunk.length;
    if (this.#requestBytes <= this.#bounds.requestBytesMax) {
      this.#call?.write(chunk);
      return;
    }
    if (this.#call === null) return;
    // At once, so that no end can make a whole request of the part that is out; told when the writer has returned.
    this.#drop();
    const cause = new Error('the body of the request passes request_body_max');
    process.nextTick(() => this.#tell('too_large', cause));
  }

  end(): void {
    this.#call?.end();
  }

  get unsentBytes(): number {
    return this.#call?.unsentBytes ?? 0;
  }

  pause(): void {
    this.#call?.pause();
  }

  resume(): void {
    this.#call?.resume();
  }

  abort(): void {
    this.#isOver = true;
    this.#drop();
  }

  #drop(): void {
    const call = this.#call;
    this.#call = null;
    call?.abort();
  }

  // -- the service's side

  onHead(status: number, fields: string[]): void {
    const isBodyless = this.#isHead || status === 304;
    if (!isBodyless && announcedBytes(fields) > this.#bounds.answerBytesMax) this.#failAnswer();
    else this.#handler.onHead(status, fields);
  }

  onData(chunk: Uint8Array): void {
    this.#answerBytes += chunk.length;
    if (this.#answerBytes > this.#bounds.answerBytesMax) this.#failAnswer();
    else this.#handler.onData(chunk);
  }

  onEnd(trailers: readonly string[]): void {
    this.#handler.onEnd(trailers);
  }

  onFailure(failure: UpstreamFailure, cause: Error, retryAfterS?: number): void {
    this.#handler.onFailure(failure, cause, retryAfterS);
  }

  onDrain(): void {
    this.#handler.onDrain();
  }

  #failAnswer(): void {
    this.#drop();
    this.#tell('broken', new Error('the answer passes answer_body_max'));
  }

  #tell(failure: UpstreamFailure, cause: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onFailure(failure, cause);
  }
}

/** What an answer says its body has; 0 when it says nothing that can be read. */
function announcedBytes(fields: readonly string[]): number {
  for (let i = 0; i < fields.length; i += 2)
    if (fields[i] === 'content-length') return Number(fields[i + 1]) || 0;
  return 0;
}
