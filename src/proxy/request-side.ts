/** The request body's way: from the client, past the engine, to the upstream. */
import type { Transaction } from '../engine/api.ts';
import type { BodyPump, PumpEnds } from './body-pump.ts';
import type { InboundRequest } from './listener.ts';
import type { UpstreamCall, UpstreamRequest } from './upstream/upstream.ts';

/** What the request side needs of its exchange. */
export interface RequestOwner {
  readonly transaction: Transaction;
  readonly inbound: InboundRequest;
  readonly requestPump: BodyPump | null;
  /** Null until the request was forwarded. */
  readonly call: UpstreamCall | null;
  readonly forwardedLength: number | undefined;
  forward(body: UpstreamRequest['body']): void;
  maySend(): boolean;
  engineFailed(cause: unknown): void;
}

export class RequestSide implements PumpEnds {
  #exchange: RequestOwner;
  /** The body went out in one piece with the head. */
  #sentWhole = false;

  constructor(exchange: RequestOwner) {
    this.#exchange = exchange;
  }

  inspect(view: Uint8Array): void | Promise<void> {
    const { opening } = this.#exchange.transaction;
    return opening === undefined ? this.#inspectOpened(view) : opening.then(() => this.#inspectOpened(view));
  }

  inspectEnd(): void | Promise<void> {
    const exchange = this.#exchange;
    const { opening } = exchange.transaction;
    if (opening === undefined) return exchange.transaction.requestEnd();
    // Another transaction by then, if steps before the engine were waited for.
    return opening.then(() => (this.maySend() ? exchange.transaction.requestEnd() : undefined));
  }

  #inspectOpened(view: Uint8Array): void | Promise<void> {
    const { transaction } = this.#exchange;
    if (!this.maySend() || !transaction.inspectsRequestBody) return undefined;
    return transaction.requestBody(view);
  }

  releasable(): number {
    return this.#exchange.transaction.requestReleasable;
  }

  maySend(): boolean {
    return this.#exchange.maySend();
  }

  beforeDelivery(): void {}

  deliver(view: Uint8Array): boolean {
    const exchange = this.#exchange;
    if (exchange.call === null) {
      const pump = exchange.requestPump;
      if (pump !== null && pump.complete && pump.received === view.length) {
        this.#sentWhole = true;
        exchange.forward(view);
        return true;
      }
      exchange.forward({ length: exchange.forwardedLength });
    }
    exchange.call?.write(view);
    // One piece at a time: the upstream asks for the next when its socket took this one.
    return false;
  }

  deliverEnd(): void {
    const exchange = this.#exchange;
    if (exchange.call === null) exchange.forward('none');
    else if (!this.#sentWhole) exchange.call.end();
  }

  pauseSource(): void {
    this.#exchange.inbound.pauseBody();
  }

  resumeSource(): void {
    this.#exchange.inbound.resumeBody();
  }

  engineFailed(cause: unknown): void {
    this.#exchange.engineFailed(cause);
  }
}
