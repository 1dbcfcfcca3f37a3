/**
 * A call that stands between the exchange and the adapter, so that each sees the other through it. As it is it hands
 * everything on; who watches or bounds a call overrides what matters to it.
 */
import type {
  Upstream,
  UpstreamCall,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamRequest,
} from './upstream.ts';

export abstract class RelayedCall implements UpstreamCall, UpstreamHandler {
  protected readonly handler: UpstreamHandler;
  /** Null within `send`, which calls nothing back, and for whoever dropped it. */
  protected call: UpstreamCall | null = null;

  constructor(handler: UpstreamHandler) {
    this.handler = handler;
  }

  /** Sends the request: from here on the adapter may call back. */
  begin(upstream: Upstream, request: UpstreamRequest): void {
    this.call = upstream.send(request, this);
  }

  // -- the exchange's side

  write(chunk: Uint8Array): void {
    this.call?.write(chunk);
  }

  end(): void {
    this.call?.end();
  }

  get unsentBytes(): number {
    return this.call?.unsentBytes ?? 0;
  }

  pause(): void {
    this.call?.pause();
  }

  resume(): void {
    this.call?.resume();
  }

  abort(): void {
    this.call?.abort();
  }

  // -- the adapter's side

  onHead(status: number, fields: string[]): void {
    this.handler.onHead(status, fields);
  }

  onData(chunk: Uint8Array): void {
    this.handler.onData(chunk);
  }

  onEnd(trailers: readonly string[]): void {
    this.handler.onEnd(trailers);
  }

  onFailure(failure: UpstreamFailure, cause: Error, retryAfterS?: number): void {
    this.handler.onFailure(failure, cause, retryAfterS);
  }

  onDrain(): void {
    this.handler.onDrain();
  }
}
