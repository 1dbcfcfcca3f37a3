/**
 * The way of an inspected response body: from the upstream, past the engine, masked, to the client.
 *
 * A hold ends by time as well: an upstream that falls silent for 50 ms has said what it has to say for now. Event
 * streams are never held.
 */
import { RESPONSE_HOLD_MS_MAX, RESPONSE_UNSENT_BYTES_MAX } from '../core/limits.ts';
import type { Transaction } from '../engine/api.ts';
import { BodyPump, type PumpEnds } from './body-pump.ts';
import type { ChunkQueue, SlabPool } from './chunk-queue.ts';
import type { InboundRequest } from './listener.ts';

/** What the response side needs of its exchange. */
export interface ResponseOwner {
  readonly transaction: Transaction;
  readonly inbound: InboundRequest;
  writeHead(): void;
  flushHead(): void;
  completeResponse(): void;
  pauseUpstream(): void;
  resumeUpstream(): void;
  /** The client takes no more for now. */
  clientBlocked(): void;
  maySend(): boolean;
  engineFailed(cause: unknown): void;
}

const NOTHING = new Uint8Array(0);

export class ResponseSide implements PumpEnds {
  #exchange: ResponseOwner;
  #pump: BodyPump;
  #holdTimer: NodeJS.Timeout | undefined;

  constructor(exchange: ResponseOwner, slabs: SlabPool, eventStream: boolean) {
    this.#exchange = exchange;
    this.#pump = new BodyPump(this, slabs, RESPONSE_UNSENT_BYTES_MAX);
    if (eventStream) exchange.transaction.responseHoldExpired();
    else this.#holdTimer = setTimeout(() => this.#holdExpired(), RESPONSE_HOLD_MS_MAX);
  }

  get delivered(): number {
    return this.#pump.delivered;
  }

  push(chunk: Uint8Array): void {
    this.#holdTimer?.refresh();
    this.#pump.push(chunk, false);
  }

  end(): void {
    clearTimeout(this.#holdTimer);
    this.#pump.push(NOTHING, true);
  }

  drained(): void {
    this.#pump.drained();
  }

  stop(): void {
    clearTimeout(this.#holdTimer);
    this.#pump.stop();
  }

  #holdExpired(): void {
    try {
      this.#exchange.transaction.responseHoldExpired();
    } catch (cause) {
      this.engineFailed(cause);
      return;
    }
    if (!this.maySend()) return;
    this.#pump.advance();
    this.#exchange.writeHead();
    this.#exchange.flushHead();
  }

  // -- PumpEnds

  inspect(view: Uint8Array): void | Promise<void> {
    return this.#exchange.transaction.responseBody(view);
  }

  inspectEnd(): void | Promise<void> {
    return this.#exchange.transaction.responseEnd();
  }

  releasable(): number {
    return this.#exchange.transaction.responseReleasable;
  }

  maySend(): boolean {
    return this.#exchange.maySend();
  }

  beforeDelivery(queue: ChunkQueue, delivered: number): void {
    if (!this.#exchange.transaction.masksResponse) return;
    for (const mask of this.#exchange.transaction.takeMasks()) {
      queue.fill(mask.start - delivered, mask.end - delivered, mask.with);
    }
  }

  deliver(view: Uint8Array): boolean {
    this.#exchange.writeHead();
    const taken = this.#exchange.inbound.write(view);
    // The listener has sent or copied it.
    this.#pump.recycle();
    if (!taken) this.#exchange.clientBlocked();
    return taken;
  }

  deliverEnd(): void {
    this.#exchange.completeResponse();
  }

  pauseSource(): void {
    this.#exchange.pauseUpstream();
  }

  resumeSource(): void {
    this.#exchange.resumeUpstream();
  }

  engineFailed(cause: unknown): void {
    this.#exchange.engineFailed(cause);
  }
}
