/** A call whose bodies must not pass a size: what goes beyond ends it, either way. */
import { RelayedCall } from '../upstream/relayed-call.ts';
import type { Upstream, UpstreamFailure, UpstreamHandler, UpstreamRequest } from '../upstream/upstream.ts';

export interface BodyBounds {
  readonly requestBytesMax: number;
  readonly answerBytesMax: number;
}

export class BoundedCall extends RelayedCall {
  readonly #bounds: BodyBounds;
  #requestBytes = 0;
  #answerBytes = 0;
  /** The answer has no body, whatever length it announces. */
  #isHead = false;
  /** Nothing may be told any more. */
  #isOver = false;

  constructor(handler: UpstreamHandler, bounds: BodyBounds) {
    super(handler);
    this.#bounds = bounds;
  }

  override begin(upstream: Upstream, request: UpstreamRequest): void {
    this.#isHead = request.method === 'HEAD';
    super.begin(upstream, request);
  }

  override write(chunk: Uint8Array): void {
    this.#requestBytes += chunk.length;
    if (this.#requestBytes <= this.#bounds.requestBytesMax) {
      super.write(chunk);
      return;
    }
    if (this.call === null) return;
    // At once, so that no end can make a whole request of the part that is out; told when the writer has returned.
    this.#drop();
    const cause = new Error('the body of the request passes request_body_max');
    process.nextTick(() => this.#tell('too_large', cause));
  }

  override abort(): void {
    this.#isOver = true;
    this.#drop();
  }

  #drop(): void {
    const { call } = this;
    this.call = null;
    call?.abort();
  }

  override onHead(status: number, fields: string[]): void {
    const isBodyless = this.#isHead || status === 304;
    if (!isBodyless && announcedBytes(fields) > this.#bounds.answerBytesMax) this.#failAnswer();
    else super.onHead(status, fields);
  }

  override onData(chunk: Uint8Array): void {
    this.#answerBytes += chunk.length;
    if (this.#answerBytes > this.#bounds.answerBytesMax) this.#failAnswer();
    else super.onData(chunk);
  }

  #failAnswer(): void {
    this.#drop();
    this.#tell('broken', new Error('the answer passes answer_body_max'));
  }

  #tell(failure: UpstreamFailure, cause: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onFailure(failure, cause);
  }
}

/** What an answer says its body has; 0 when it says nothing that can be read. */
function announcedBytes(fields: readonly string[]): number {
  for (let i = 0; i < fields.length; i += 2)
    if (fields[i] === 'content-length') return Number(fields[i + 1]) || 0;
  return 0;
}
