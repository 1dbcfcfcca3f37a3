/** Any `Upstream` behind permits: a request without one fails at once and asks for no connection. */
import type {
  Upstream,
  UpstreamCall,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamRequest,
  UpstreamStats,
} from './upstream.ts';
import type { UpstreamPermit, UpstreamPermits } from './upstream-permits.ts';

export class ShieldedUpstream implements Upstream {
  #upstream: Upstream;
  #permits: UpstreamPermits;

  constructor(upstream: Upstream, permits: UpstreamPermits) {
    this.#upstream = upstream;
    this.#permits = permits;
  }

  get stats(): UpstreamStats {
    return this.#upstream.stats;
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const streamed = request.body !== 'none' && !(request.body instanceof Uint8Array);
    const permit = this.#permits.take(streamed);
    if (permit.failure !== undefined) return new RefusedCall(permit, handler);
    const call = new PermittedCall(permit, handler, !streamed);
    call.run(this.#upstream, request);
    return call;
  }

  close(): Promise<void> {
    return this.#upstream.close();
  }
}

/** A call with a permit, between the exchange and the adapter: both see the other through it. */
class PermittedCall implements UpstreamCall, UpstreamHandler {
  #permit: UpstreamPermit;
  #handler: UpstreamHandler;
  #bodyComplete: boolean;
  /** Null only within `send`, which calls nothing back. */
  #call: UpstreamCall | null = null;

  constructor(permit: UpstreamPermit, handler: UpstreamHandler, bodyComplete: boolean) {
    this.#permit = permit;
    this.#handler = handler;
    this.#bodyComplete = bodyComplete;
  }

  run(upstream: Upstream, request: UpstreamRequest): void {
    this.#call = upstream.send(request, this);
  }

  // -- the exchange's side

  write(chunk: Uint8Array): void {
    this.#call?.write(chunk);
  }

  end(): void {
    this.#bodyComplete = true;
    this.#permit.bodySent();
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
    this.#permit.release();
    this.#call?.abort();
  }

  // -- the adapter's side

  onHead(status: number, fields: string[]): void {
    this.#permit.answered(status, this.#bodyComplete);
    this.#handler.onHead(status, fields);
  }

  onData(chunk: Uint8Array): void {
    this.#handler.onData(chunk);
  }

  onEnd(trailers: readonly string[]): void {
    this.#permit.release();
    this.#handler.onEnd(trailers);
  }

  onFailure(failure: UpstreamFailure, cause: Error): void {
    this.#permit.failed(failure, this.#bodyComplete);
    this.#permit.release();
    this.#handler.onFailure(failure, cause);
  }

  onDrain(): void {
    this.#handler.onDrain();
  }
}

/** Why a call never began. */
export interface CallRefusal {
  readonly failure: UpstreamFailure;
  readonly cause: Error;
  readonly retryAfterS?: number;
}

/** A call that never was: it fails as soon as its sender has returned. */
export class RefusedCall implements UpstreamCall {
  readonly unsentBytes = 0;
  #over = false;

  constructor(refusal: CallRefusal, handler: UpstreamHandler) {
    process.nextTick(() => {
      if (!this.#over) handler.onFailure(refusal.failure, refusal.cause, refusal.retryAfterS);
      this.#over = true;
    });
  }

  write(): void {}

  end(): void {}

  pause(): void {}

  resume(): void {}

  abort(): void {
    this.#over = true;
  }
}
