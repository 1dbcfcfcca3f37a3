/**
 * One request and its answer: the state machine between a listener, the engine and the upstream.
 *
 * There is one way to the upstream and it leads through a verdict: `#forward` is called only where `#maySend` was
 * asked after the last engine call. Whatever ends the exchange goes through `#finish`, once.
 *
 * Bodies the engine wants to see go through a `BodyPump` each; an answer nobody inspects is passed on without a copy.
 *
 * Longer than most files here: both directions share one state, and every way it can end stands beside the others.
 */
import type { Transaction } from '../engine/api.ts';
import type { Admission } from '../http/guard/request-guard.ts';
import type { RequestHead } from '../http/request-head.ts';
import { PAUSED_BODY_BYTES_MAX, REQUEST_UNSENT_BYTES_MAX, UNREAD_BODY_BYTES_MAX } from '../core/limits.ts';
import { BodyPump } from './body-pump.ts';
import { clientKeyOf } from './clients/client-key.ts';
import type { Upload } from './clients/slow-uploads.ts';
import type { UnreadAnswer } from './clients/unread-answers.ts';
import type { Passage } from './entry/passage.ts';
import { addedFields, type ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord, Outcome } from './events.ts';
import { DelayedCall } from './faults/delayed-call.ts';
import { FAULT_FIELDS, type InjectedFault } from './faults/fault-drill.ts';
import type { InboundReceiver, InboundRequest } from './listener.ts';
import { type RequestOwner, RequestSide } from './request-side.ts';
import { type Refusal, refusalOfFailure } from './respond.ts';
import { readResponseHead, type ResponseHead } from './response-head.ts';
import { type ResponseOwner, ResponseSide } from './response-side.ts';
import { keepTrailers } from './trailers.ts';
import type { UpstreamCall, UpstreamFailure, UpstreamHandler, UpstreamRequest } from './upstream/upstream.ts';

const ENGINE_FAILED: Refusal = { status: 503 };
const BAD_ANSWER: Refusal = { status: 502 };
const TOO_SLOW: Refusal = { status: 408 };

export class Exchange
  implements InboundReceiver, UpstreamHandler, RequestOwner, ResponseOwner, Upload, UnreadAnswer
{
  readonly head: RequestHead;
  readonly inbound: InboundRequest;
  call: UpstreamCall | null = null;
  #context: ExchangeContext;
  #passage: Passage;
  #peerTrusted: boolean;
  #chunked: boolean;
  #request: BodyPump | null = null;
  #requestComplete: boolean;
  #response: ResponseSide | null = null;
  #responseHead: ResponseHead | null = null;
  /** Bytes of an answer nobody inspects. */
  #passedBytes = 0;
  /** Trailer fields the client was told of, and those that came. */
  #trailerNames: readonly string[] = [];
  #trailers: readonly string[] = [];
  #headWritten = false;
  #upstreamPaused = false;
  #upstreamEnded = false;
  #finished = false;
  #startedAtMs: number;
  #start: number;
  /** The request was forwarded, or its last byte came, whichever was later. */
  #sentAt = 0;
  #upstreamMs: number | undefined;
  #failure: ExchangeRecord['failure'];
  #isSlow = false;
  #fault: InjectedFault | undefined;

  constructor(context: ExchangeContext, inbound: InboundRequest, admission: Admission, passage: Passage) {
    this.#context = context;
    this.inbound = inbound;
    this.head = admission.head;
    this.#passage = passage;
    this.#peerTrusted = admission.peerTrusted;
    this.#chunked = admission.chunked;
    this.#requestComplete = !admission.head.hasBody;
    this.#startedAtMs = context.clock.now();
    this.#start = context.clock.monotonic();
  }

  get transaction(): Transaction {
    return this.#passage.transaction;
  }

  /** Begins; must be called while the listener's request handler runs. */
  start(): void {
    this.inbound.attach(this);
    const { opening } = this.transaction;
    if (opening === undefined && !this.maySend()) return;
    // Also while a store is asked: a listener may lose what nobody asked for in time. It waits in front of the engine.
    if (this.head.hasBody) {
      this.#request = new BodyPump(new RequestSide(this), this.#context.slabs, REQUEST_UNSENT_BYTES_MAX);
      this.#context.slowUploads.watch(this);
      this.inbound.startBody();
    }
    if (opening === undefined) this.#opened();
    else
      opening.then(
        () => this.#opened(),
        (cause: unknown) => this.engineFailed(cause),
      );
  }

  /** The head is judged. */
  #opened(): void {
    if (!this.maySend() || this.head.hasBody) return;
    let waiting: void | Promise<void>;
    try {
      waiting = this.transaction.requestEnd();
    } catch (cause) {
      this.engineFailed(cause);
      return;
    }
    if (waiting === undefined) this.#forwardBodyless();
    else
      waiting.then(
        () => this.#forwardBodyless(),
        (cause: unknown) => this.engineFailed(cause),
      );
  }

  #forwardBodyless(): void {
    if (this.maySend()) this.forward('none');
  }

  // -- the verdict

  /** Asked after every engine call; a refusal is carried out here and false returned. */
  maySend(): boolean {
    if (this.#finished) return false;
    if (this.transaction.verdict.action === 'pass') return true;
    this.#refuse(this.#passage.refusal, this.#passage.outcome);
    return false;
  }

  /** The engine threw where it must not: nothing passes. */
  engineFailed(cause: unknown): void {
    if (this.#finished) return;
    this.#failure = { kind: 'engine', cause };
    this.#refuse(ENGINE_FAILED, 'failed');
  }

  #refuse(refusal: Refusal, outcome: Outcome): void {
    this.#dropUpstream();
    if (this.#headWritten) {
      // Part of the answer is out: cutting the connection is the only honest end.
      this.inbound.destroy();
      this.#finish('cut', 0, 0);
      return;
    }
    this.#discardRequest();
    const extra = addedFields(this.#context, this.#passage);
    const bytes = this.#context.responder.refuse(this.inbound, this.head.id, refusal, extra);
    this.#finish(outcome, refusal.status, bytes);
  }

  // -- request direction

  onBody(chunk: Uint8Array, last: boolean): void {
    if (last) {
      this.#requestComplete = true;
      this.#sentAt = this.#context.clock.monotonic();
      this.#context.slowUploads.unwatch(this);
    }
    const request = this.#request;
    if (this.#finished || request === null) return;
    request.push(chunk, last);
    if (request.backlogBytes > PAUSED_BODY_BYTES_MAX) this.#refuse({ status: 503 }, 'cut');
  }

  // -- Upload

  get uploadedBytes(): number {
    return this.#request?.received ?? 0;
  }

  get uploadPaused(): boolean {
    return this.#request?.paused ?? false;
  }

  keepWaiting(): void {
    this.inbound.keepWaiting();
  }

  tooSlow(): void {
    if (this.#finished) return;
    this.#isSlow = true;
    if (!this.#headWritten) this.inbound.closeWhenDone();
    this.#refuse(TOO_SLOW, 'cut');
  }

  /** Sends the request to the upstream, unless a fault is to come before. Every verdict up to here was a pass. */
  forward(body: UpstreamRequest['body']): void {
    const fault = this.#context.drill?.inject(this.head.path, this.transaction.fault);
    this.#fault = fault;
    if (fault === undefined) this.call = this.#send(body);
    else if (fault.delayMs > 0) this.call = new DelayedCall(fault, () => this.#sendOrAbort(body, fault));
    else this.call = this.#sendOrAbort(body, fault);
  }

  #sendOrAbort(body: UpstreamRequest['body'], { abortStatus }: InjectedFault): UpstreamCall | null {
    if (abortStatus === undefined) return this.#send(body);
    this.#passage.addAnswerFields(FAULT_FIELDS);
    this.#refuse({ status: abortStatus }, 'fault');
    return null;
  }

  #send(body: UpstreamRequest['body']): UpstreamCall {
    const { transaction, head } = this;
    const acceptEncoding = transaction.inspectsResponseBody ? transaction.acceptEncoding : undefined;
    const target = head.hasQuery ? `${head.path}?${head.query}` : head.path;
    const fields = this.#context.upstreamFields.build(
      head,
      this.#peerTrusted,
      acceptEncoding,
      this.#passage.upstreamFields,
    );
    this.#sentAt = this.#context.clock.monotonic();
    return this.#context.upstream.send({ method: head.method, target, fields, body }, this);
  }

  /** Length of the body as it will be sent; undefined when it is sent chunked. */
  get forwardedLength(): number | undefined {
    if (!this.#chunked) return this.head.contentLength;
    // A chunked body that was held to its end has a known length now; one that flows has not.
    return this.#requestComplete ? this.#request?.received : undefined;
  }

  get requestPump(): BodyPump | null {
    return this.#request;
  }

  /** The upstream took all that was written. */
  onDrain(): void {
    if (this.#finished) return;
    this.#recycleRequest();
    this.#request?.drained();
  }

  /** Slabs may be used again once the operating system has the bytes. */
  #recycleRequest(): void {
    if (this.#request !== null && this.call?.unsentBytes === 0) this.#request.recycle();
  }

  /** What is left of the request body is not wanted: a little is read and forgotten, else the connection ends. */
  #discardRequest(): void {
    this.#request?.stop();
    if (this.#requestComplete) return;
    const { contentLength } = this.head;
    const left = contentLength === undefined ? Infinity : contentLength - (this.#request?.received ?? 0);
    if (left > UNREAD_BODY_BYTES_MAX) this.inbound.closeWhenDone();
    else if (this.#request === null) this.inbound.startBody();
    else this.inbound.resumeBody();
  }

  // -- response direction

  onHead(status: number, fields: string[]): void {
    if (this.#finished) return;
    // A client who still sends is none of the service's slowness.
    if (this.#requestComplete) this.#upstreamMs = this.#context.clock.monotonic() - this.#sentAt;
    this.#recycleRequest();
    const { transaction } = this;
    const head = readResponseHead(this.head.method, status, fields, transaction.masksResponse);
    if (head === null) {
      this.onFailure('broken', new Error('contradictory framing in the upstream answer'));
      return;
    }
    try {
      transaction.responseHead(status, fields);
    } catch (cause) {
      this.engineFailed(cause);
      return;
    }
    if (!this.maySend()) return;
    this.#responseHead = head;
    const added = addedFields(this.#context, this.#passage);
    if (added.length > 0) head.forwarded.push(...added);
    if (transaction.inspectsResponseBody && !head.bodyless) {
      this.#response = new ResponseSide(this, this.#context.slabs, head.eventStream);
      if (head.eventStream) this.writeHead();
    } else {
      if (head.trailers.length > 0 && this.inbound.takesTrailers) {
        this.#trailerNames = head.trailers;
        head.forwarded.push('trailer', head.trailers.join(', '));
      }
      this.writeHead();
    }
    // A body of known length comes with its head or soon after; one of unknown length may take its time.
    if (this.#headWritten && head.length === undefined) process.nextTick(flushHead, this);
  }

  /** Hands the head to the listener, which keeps it until the first body byte. */
  writeHead(): void {
    const head = this.#responseHead;
    if (head === null || this.#headWritten) return;
    this.#headWritten = true;
    this.inbound.writeHead(head.status, head.forwarded, head.length, head.bodyless);
  }

  /** Runs once the stack is empty: a body that came with its head has been written by then. */
  flushHead(): void {
    if (!this.#finished && this.#passedBytes === 0) this.inbound.flushHead();
  }

  onData(chunk: Uint8Array): void {
    if (this.#finished) return;
    if (this.#response !== null) {
      this.#response.push(chunk);
      return;
    }
    this.#passedBytes += chunk.length;
    if (this.inbound.write(chunk)) return;
    this.pauseUpstream();
    this.clientBlocked();
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#finished) return;
    this.#trailers = keepTrailers(trailers, this.#trailerNames);
    this.#upstreamEnded = true;
    this.#context.unreadAnswers.released(this);
    if (this.#response !== null) this.#response.end();
    else this.#endUninspected();
  }

  #endUninspected(): void {
    let waiting: void | Promise<void>;
    try {
      waiting = this.transaction.responseEnd();
    } catch (cause) {
      this.engineFailed(cause);
      return;
    }
    if (waiting === undefined) this.completeResponse();
    else
      waiting.then(
        () => this.completeResponse(),
        (cause: unknown) => this.engineFailed(cause),
      );
  }

  /** The last byte is written: ends the answer. */
  completeResponse(): void {
    if (!this.maySend()) return;
    this.writeHead();
    this.call = null;
    this.#discardRequest();
    this.inbound.end(this.#trailers);
    this.#finish(
      'forwarded',
      this.#responseHead?.status ?? 0,
      this.#response?.delivered ?? this.#passedBytes,
    );
  }

  pauseUpstream(): void {
    this.#upstreamPaused = true;
    this.call?.pause();
  }

  resumeUpstream(): void {
    if (!this.#upstreamPaused) return;
    this.#upstreamPaused = false;
    this.call?.resume();
  }

  // -- UnreadAnswer

  get clientKey(): string {
    return clientKeyOf(this.head.client.ip);
  }

  clientBlocked(): void {
    if (!this.#finished && !this.#upstreamEnded) this.#context.unreadAnswers.blocked(this);
  }

  giveUp(): void {
    if (this.#finished) return;
    this.#isSlow = true;
    this.#dropUpstream();
    this.inbound.destroy();
    this.#finish('cut', 0, this.#response?.delivered ?? this.#passedBytes);
  }

  onWritable(): void {
    if (this.#finished) return;
    this.#context.unreadAnswers.released(this);
    if (this.#response !== null) this.#response.drained();
    else this.resumeUpstream();
  }

  // -- ends

  onAborted(): void {
    if (this.#finished) return;
    this.#dropUpstream();
    this.#finish('client_gone', 0, this.#response?.delivered ?? this.#passedBytes);
  }

  onFailure(failure: UpstreamFailure, cause: Error, retryAfterS?: number): void {
    if (this.#finished) return;
    this.#failure = { kind: failure, cause };
    const refusal = this.#responseHead === null ? refusalOfFailure(failure, retryAfterS) : BAD_ANSWER;
    this.#refuse(refusal, 'failed');
  }

  #dropUpstream(): void {
    const call = this.call;
    this.call = null;
    call?.abort();
  }

  #finish(outcome: Outcome, status: number, responseBytes: number): void {
    if (this.#finished) return;
    this.#finished = true;
    const { head } = this;
    this.#context.slowUploads.unwatch(this);
    this.#context.unreadAnswers.released(this);
    this.#request?.stop();
    this.#response?.stop();
    const report = this.#passage.report();
    this.#passage.close();
    this.#context.finished({
      requestId: head.id,
      outcome,
      status,
      head,
      report,
      refusal: undefined,
      denial: this.#passage.denial?.reason,
      note: this.#passage.note,
      fault: this.#fault,
      isSlow: this.#isSlow,
      failure: this.#failure,
      peer: head.client.peer.text,
      method: head.method,
      requestBytes: this.#request?.received ?? 0,
      responseBytes,
      startedAtMs: this.#startedAtMs,
      durationMs: this.#context.clock.monotonic() - this.#start,
      upstreamMs: this.#upstreamMs,
      websocket: false,
    });
  }
}

function flushHead(exchange: Exchange): void {
  exchange.flushHead();
}
