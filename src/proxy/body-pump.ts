/**
 * Moves one body, in either direction, past the engine.
 *
 * Bytes are copied in, shown to the engine in order, held until the engine releases them, and delivered as fast as
 * the sink takes them. The end is delivered only after the engine has seen the whole body, so that a body which is
 * found bad late never looks complete. What waits for the sink is bounded by pausing the source; what waits for the
 * engine is bounded by the policy's hold and window.
 */
import { INSPECT_TURN_BYTES } from '../core/limits.ts';
import { ChunkQueue, type SlabPool } from './chunk-queue.ts';

/** What a pump serves: the engine's calls of one direction, its source and its sink. */
export interface PumpEnds {
  inspect(view: Uint8Array): void | Promise<void>;
  inspectEnd(): void | Promise<void>;
  /** Bytes from the start of the body that may be delivered by now. */
  releasable(): number;
  /** False once the verdict is a refusal; asked after every inspection. The pump then does nothing more by itself. */
  maySend(): boolean;
  /** Called before queued bytes are delivered: the place for masks. `delivered` is the offset of the queue's first byte. */
  beforeDelivery(queue: ChunkQueue, delivered: number): void;
  /** Returns false when the sink wants no more until `drained`. */
  deliver(view: Uint8Array): boolean;
  deliverEnd(): void;
  pauseSource(): void;
  resumeSource(): void;
  /** The engine threw: fail closed. */
  engineFailed(cause: unknown): void;
}

export class BodyPump {
  received = 0;
  delivered = 0;
  #inspected = 0;
  /** Bytes the engine had released when it was last asked. */
  #released = 0;
  #ends: PumpEnds;
  #queue: ChunkQueue;
  #unsentBytesMax: number;
  #sinkReady = true;
  #sourceEnded = false;
  #endInspected = false;
  #endDelivered = false;
  #engineBusy = false;
  #paused = false;
  #stopped = false;
  /** The rest of a long piece is inspected in a later turn. */
  #turnPending = false;

  constructor(ends: PumpEnds, pool: SlabPool, unsentBytesMax: number) {
    this.#ends = ends;
    this.#queue = new ChunkQueue(pool);
    this.#unsentBytesMax = unsentBytesMax;
  }

  /** The whole body was seen and released by the engine. */
  get complete(): boolean {
    return this.#endInspected && !this.#engineBusy;
  }

  /** The source was told to wait. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Bytes that are not delivered yet. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  push(chunk: Uint8Array, last: boolean): void {
    if (this.#stopped) return;
    this.#queue.push(chunk);
    this.received += chunk.length;
    if (last) {
      this.#sourceEnded = true;
      this.#balance();
    }
    // While more turns are due this only copies: the listener may still be emptying the kernel's buffer.
    if (!this.#turnPending) this.advance();
  }

  /** Bytes that came in although the source was paused, or wait for the engine. */
  get backlogBytes(): number {
    return this.received - this.#inspected + Math.max(0, this.#released - this.delivered);
  }

  /** The sink can take more. */
  drained(): void {
    this.#sinkReady = true;
    if (!this.#stopped) this.#release();
  }

  /** Delivered views are no longer read by the sink. */
  recycle(): void {
    this.#queue.recycle();
  }

  /** Forgets all queued bytes; nothing is delivered any more. */
  stop(): void {
    this.#stopped = true;
    this.#queue.clear();
  }

  /** Goes on after something changed: new bytes, an answer of the engine, an expired hold. */
  advance(): void {
    this.#inspect();
    if (!this.#stopped) this.#release();
  }

  #inspect(): void {
    let turnBytes = 0;
    while (!this.#engineBusy && !this.#stopped) {
      if (turnBytes >= INSPECT_TURN_BYTES && this.#inspected < this.received) {
        this.#turnPending = true;
        setImmediate(() => this.#nextTurn());
        return;
      }
      let waiting: void | Promise<void>;
      try {
        if (this.#inspected < this.received) {
          const view = this.#queue.viewAt(this.#inspected - this.delivered);
          this.#inspected += view.length;
          turnBytes += view.length;
          waiting = this.#ends.inspect(view);
        } else if (this.#sourceEnded && !this.#endInspected) {
          this.#endInspected = true;
          waiting = this.#ends.inspectEnd();
        } else return;
      } catch (cause) {
        this.#ends.engineFailed(cause);
        return;
      }
      if (waiting !== undefined) {
        this.#engineBusy = true;
        waiting.then(
          () => this.#engineAnswered(),
          (cause: unknown) => this.#ends.engineFailed(cause),
        );
        return;
      }
      if (!this.#ends.maySend()) return;
    }
  }

  #nextTurn(): void {
    this.#turnPending = false;
    if (!this.#stopped) this.advance();
  }

  #engineAnswered(): void {
    this.#engineBusy = false;
    if (this.#stopped || !this.#ends.maySend()) return;
    this.advance();
  }

  #release(): void {
    if (!this.#ends.maySend()) return;
    const limit = this.complete ? this.received : Math.min(this.#ends.releasable(), this.#inspectedBytes());
    this.#released = limit;
    while (this.#sinkReady && this.delivered < limit && !this.#stopped) {
      this.#ends.beforeDelivery(this.#queue, this.delivered);
      const view = this.#queue.shift(limit - this.delivered);
      this.delivered += view.length;
      this.#sinkReady = this.#ends.deliver(view);
    }
    if (this.#stopped) return;
    if (this.complete && this.delivered === this.received && !this.#endDelivered) {
      this.#endDelivered = true;
      this.#ends.deliverEnd();
      return;
    }
    this.#balance();
  }

  /** While the engine works on bytes, none of them may be overwritten or passed on. */
  #inspectedBytes(): number {
    return this.#engineBusy ? this.delivered : this.#inspected;
  }

  /** A source that has ended is never left paused: the next request may come from the same connection. */
  #balance(): void {
    const behind = this.#engineBusy || this.#turnPending || this.backlogBytes > this.#unsentBytesMax;
    const pause = behind && !this.#sourceEnded;
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#ends.pauseSource();
    else this.#ends.resumeSource();
  }
}
