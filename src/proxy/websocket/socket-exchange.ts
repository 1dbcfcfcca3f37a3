/**
 * A WebSocket from handshake to close.
 *
 * The upstream is connected first and the client upgraded only after the upstream's 101, so that a refusal of the
 * service stays a refusal. The 101 is a response without a body to the rules: limits may count handshakes, and a rule that
 * refuses it does so in time. Text messages pass the engine, one verdict each; a blocked one closes both ends with 1008.
 * What waits in a direction is bounded: the other end is paused, and where it cannot be, the socket closes with 1013.
 */
import type { WebSocket } from 'ws';
import type { Engine, EngineSlot, Transaction } from '../../engine/api.ts';
import type { Admission } from '../../http/guard/request-guard.ts';
import type { FieldLines, RequestHead } from '../../http/request-head.ts';
import type { Passage } from '../entry/passage.ts';
import { addedFields, type ExchangeContext } from '../exchange-context.ts';
import type { ExchangeRecord, Outcome } from '../events.ts';
import { FAULT_FIELDS, type InjectedFault } from '../faults/fault-drill.ts';
import type { InboundReceiver, InboundSocket, InboundUpgrade, SocketReceiver } from '../listener.ts';
import { type Refusal, refusalOfFailure } from '../respond.ts';
import type { UpstreamOptions } from '../upstream/upstream.ts';
import type { UpstreamPermit, UpstreamPermits } from '../upstream/upstream-permits.ts';
import type { SocketOptions } from './handshake.ts';
import { openUpstreamSocket } from './upstream-socket.ts';

const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
const INTERNAL_ERROR = 1011;
const GOING_AWAY = 1001;

/** Close codes that stand for "none" and "broken" and must not be sent (RFC 6455 §7.4.1). */
function sendable(code: number): number {
  return code === 1006 || code === 1015 ? GOING_AWAY : code;
}

export interface SocketSettings {
  readonly upstream: UpstreamOptions;
  readonly sockets: SocketOptions;
  readonly permits: UpstreamPermits;
  /** Asked for the program of each message. */
  readonly slot: EngineSlot;
}

export class SocketExchange implements InboundReceiver, SocketReceiver {
  #context: ExchangeContext;
  #where: SocketSettings;
  #inbound: InboundUpgrade;
  #head: RequestHead;
  #peerTrusted: boolean;
  #protocols: readonly string[];
  #passage: Passage;
  /** The program that the transaction belongs to. */
  #engine: Engine;
  #client: InboundSocket | null = null;
  #service: WebSocket | null = null;
  #permit: UpstreamPermit | null = null;
  /** Fields of the service's 101. */
  #answer: FieldLines = [];
  #finished = false;
  #startedAtMs: number;
  #start: number;
  #bytesIn = 0;
  #bytesOut = 0;
  #failure: ExchangeRecord['failure'];
  #fault: InjectedFault | undefined;

  constructor(
    context: ExchangeContext,
    where: SocketSettings,
    inbound: InboundUpgrade,
    admission: Admission,
    protocols: readonly string[],
    passage: Passage,
  ) {
    this.#context = context;
    this.#where = where;
    this.#inbound = inbound;
    this.#head = admission.head;
    this.#peerTrusted = admission.peerTrusted;
    this.#protocols = protocols;
    this.#passage = passage;
    this.#engine = where.slot.current;
    this.#startedAtMs = context.clock.now();
    this.#start = context.clock.monotonic();
  }

  get #transaction(): Transaction {
    return this.#passage.transaction;
  }

  /** Begins; must be called while the listener's upgrade handler runs. */
  start(): void {
    this.#inbound.attach(this);
    if (this.#transaction.opening === undefined && !this.#mayConnect()) return;
    void this.#connect();
  }

  async #connect(): Promise<void> {
    try {
      await this.#transaction.opening;
      if (this.#finished || !this.#mayConnect()) return;
      await this.#transaction.requestEnd();
      if (this.#finished || !this.#mayConnect()) return;
      await this.#sufferFault();
      if (!this.#finished) this.#openService();
    } catch (cause) {
      this.#failure = { kind: 'engine', cause };
      this.#refuse({ status: 503 }, 'failed');
    }
  }

  /** What rules let go wrong comes before the service is asked. */
  async #sufferFault(): Promise<void> {
    const fault = this.#context.drill?.inject(this.#head.path, this.#transaction.fault);
    if (fault === undefined) return;
    this.#fault = fault;
    await new Promise<void>((resolve) => fault.wait(resolve));
    if (fault.abortStatus === undefined || this.#finished) return;
    this.#passage.addAnswerFields(FAULT_FIELDS);
    this.#refuse({ status: fault.abortStatus }, 'fault');
  }

  #mayConnect(): boolean {
    if (this.#transaction.verdict.action === 'pass') return true;
    this.#refuse(this.#passage.refusal, this.#passage.outcome);
    return false;
  }

  #openService(): void {
    const permit = this.#where.permits.take(false);
    if (permit.failure !== undefined) {
      this.#failure = { kind: permit.failure, cause: permit.cause };
      this.#refuse(refusalOfFailure(permit.failure, permit.retryAfterS), 'failed');
      return;
    }
    this.#permit = permit;
    const head = this.#head;
    const fields = this.#context.upstreamFields.build(
      head,
      this.#peerTrusted,
      undefined,
      this.#passage.upstreamFields,
    );
    const target = head.hasQuery ? `${head.path}?${head.query}` : head.path;
    const { upstream, sockets } = this.#where;
    const service = openUpstreamSocket(upstream, target, fields, this.#protocols, sockets.messageBytesMax);
    this.#service = service;
    // Before `open`: a 101 that does not please the client (no subprotocol) is an answer all the same.
    service.on('upgrade', (response) => {
      permit.answered(101);
      this.#answer = withoutCoding(lowerNames(response.rawHeaders));
    });
    service.on('open', () => this.#accept(service));
    service.on('unexpected-response', (request, response) => {
      request.destroy();
      // Ward's own page with the service's status: a handshake has no use for the body.
      const status = response.statusCode ?? 502;
      permit.answered(status);
      // Limits that count failures learn of this one.
      this.#transaction.responseHead(status, lowerNames(response.rawHeaders));
      if (!this.#mayConnect()) return;
      this.#refuse({ status: status >= 300 ? status : 502 }, 'forwarded');
    });
    service.on('error', (cause) => {
      permit.failed('broken', true);
      this.#failure = { kind: 'broken', cause };
      this.#refuse({ status: 502 }, 'failed');
    });
    service.on('message', (message, binary) => this.#fromService(message as Buffer, binary));
    service.on('close', (code, reason) => this.#serviceClosed(code, reason.toString('utf8')));
  }

  #accept(service: WebSocket): void {
    if (this.#finished) {
      service.terminate();
      return;
    }
    try {
      showAnswer(this.#transaction, this.#answer);
    } catch (cause) {
      this.#failure = { kind: 'engine', cause };
      this.#refuse({ status: 503 }, 'failed');
      return;
    }
    if (!this.#mayConnect()) return;
    this.#client = this.#inbound.accept(service.protocol, this);
  }

  // -- messages

  onMessage(message: Uint8Array, binary: boolean): void {
    const service = this.#service;
    if (this.#finished || service === null) return;
    this.#bytesIn += message.length;
    if (!binary && !this.#passes('in', message)) return;
    // Copied: the listener only lends it.
    service.send(Buffer.from(message), { binary }, () => {
      if (service.bufferedAmount === 0) this.#client?.resume();
    });
    if (service.bufferedAmount <= this.#where.sockets.queueBytesMax) return;
    this.#client?.pause();
    // A paused end may still have a buffer's worth under way; twice the bound means it could not be paused.
    if (service.bufferedAmount > 2 * this.#where.sockets.queueBytesMax) this.#closeBoth(TRY_AGAIN_LATER);
  }

  #fromService(message: Buffer, binary: boolean): void {
    const client = this.#client;
    if (this.#finished || client === null) return;
    this.#bytesOut += message.length;
    if (!binary && !this.#passes('out', message)) return;
    const waiting = client.send(message, binary);
    if (waiting > this.#where.sockets.queueBytesMax) this.#service?.pause();
  }

  onDrain(): void {
    this.#service?.resume();
  }

  #passes(direction: 'in' | 'out', text: Uint8Array): boolean {
    try {
      if (this.#where.slot.current !== this.#engine) this.#renew();
      if (this.#transaction.wsMessage(direction, text).action === 'pass') return true;
    } catch (cause) {
      this.#failure = { kind: 'engine', cause };
      this.#closeBoth(INTERNAL_ERROR);
      return false;
    }
    this.#closeBoth(POLICY_VIOLATION);
    return false;
  }

  /**
   * Each message takes a new snapshot of the rules (docs/language.md, Evaluation 3). The handshake and its answer are
   * judged again under them, for the scores its messages begin with; rules that now refuse it refuse its messages. It is
   * no second request: limits are not asked again, nor are the entry steps, whose findings hold on.
   */
  #renew(): void {
    const engine = this.#where.slot.current;
    const transaction = engine.begin(this.#head, { ...this.#passage.facts, gates: 'passed' });
    this.#passage.begin(transaction);
    this.#engine = engine;
    if (transaction.verdict.action !== 'pass') return;
    // Nothing to wait for: a handshake has no body.
    void transaction.requestEnd();
    showAnswer(transaction, this.#answer);
  }

  // -- ends

  onClose(code: number, reason: string): void {
    if (this.#finished) return;
    closeService(this.#service, sendable(code), reason);
    this.#finish('forwarded', 101);
  }

  #serviceClosed(code: number, reason: string): void {
    if (this.#finished) return;
    this.#client?.close(code === 1006 ? INTERNAL_ERROR : code, reason);
    this.#finish('forwarded', 101);
  }

  #closeBoth(code: number): void {
    if (this.#finished) return;
    this.#client?.close(code, '');
    closeService(this.#service, code === POLICY_VIOLATION ? code : GOING_AWAY, '');
    this.#finish(code === POLICY_VIOLATION ? 'blocked' : 'cut', 101);
  }

  #refuse(refusal: Refusal, outcome: Outcome): void {
    if (this.#finished) return;
    const service = this.#service;
    if (this.#client !== null) {
      this.#client.close(INTERNAL_ERROR, '');
      service?.terminate();
      this.#finish('cut', 101);
      return;
    }
    service?.terminate();
    const extra = addedFields(this.#context, this.#passage);
    this.#bytesOut = this.#context.responder.refuse(this.#inbound, this.#head.id, refusal, extra);
    this.#finish(outcome, refusal.status);
  }

  onBody(): void {}

  onWritable(): void {}

  onAborted(): void {
    if (this.#finished) return;
    this.#service?.terminate();
    this.#finish('client_gone', 0);
  }

  #finish(outcome: Outcome, status: number): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#fault?.cancel();
    this.#permit?.release();
    const report = this.#passage.report();
    this.#passage.close();
    this.#context.finished({
      requestId: this.#head.id,
      outcome,
      status,
      head: this.#head,
      report,
      refusal: undefined,
      denial: this.#passage.denial?.reason,
      note: this.#passage.note,
      failure: this.#failure,
      fault: this.#fault,
      peer: this.#head.client.peer.text,
      method: this.#head.method,
      requestBytes: this.#bytesIn,
      responseBytes: this.#bytesOut,
      startedAtMs: this.#startedAtMs,
      durationMs: this.#context.clock.monotonic() - this.#start,
      upstreamMs: undefined,
      websocket: true,
    });
  }
}

/** Raw header lines with their names as rules know them. */
function lowerNames(lines: readonly string[]): readonly string[] {
  return lines.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
}

/** What a 101 says of its content: it has none (RFC 9110 §15.2), so there is nothing to decode. */
function withoutCoding(fields: FieldLines): FieldLines {
  return fields.filter((_, i) => fields[i - (i % 2)] !== 'content-encoding');
}

/** The whole answer to the handshake; nothing to wait for, since it has no body. */
function showAnswer(transaction: Transaction, fields: FieldLines): void {
  transaction.responseHead(101, fields);
  void transaction.responseEnd();
}

/** Closes the service's end in order; a socket still connecting is cut. */
function closeService(service: WebSocket | null, code: number, reason: string): void {
  if (service === null) return;
  if (service.readyState === service.CONNECTING) service.terminate();
  else if (code === 1005) service.close();
  else service.close(code, reason);
  // Paused for a client that did not read, it would not see the service's own close, and wait half a minute for it.
  service.resume();
}
