/** Any `Upstream` behind permits: a request without one fails at once and asks for no connection. */
import { RelayedCall } from './relayed-call.ts';
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
    call.begin(this.#upstream, request);
    return call;
  }

  close(): Promise<void> {
    return this.#upstream.close();
  }
}

/** A call with a permit: tells the permit how far it is. */
class PermittedCall extends RelayedCall {
  #permit: UpstreamPermit;
  #bodyComplete: boolean;

  constructor(permit: UpstreamPermit, handler: UpstreamHandler, bodyComplete: boolean) {
    super(handler);
    this.#permit = permit;
    this.#bodyComplete = bodyComplete;
  }

  override end(): void {
    this.#bodyComplete = true;
    this.#permit.bodySent();
    super.end();
  }

  override abort(): void {
    this.#permit.release();
    super.abort();
  }

  override onHead(status: number, fields: string[]): void {
    this.#permit.answered(status, this.#bodyComplete);
    super.onHead(status, fields);
  }

  override onEnd(trailers: readonly string[]): void {
    this.#permit.release();
    super.onEnd(trailers);
  }

  override onFailure(failure: UpstreamFailure, cause: Error, retryAfterS?: number): void {
    this.#permit.failed(failure, this.#bodyComplete);
    this.#permit.release();
    super.onFailure(failure, cause, retryAfterS);
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
