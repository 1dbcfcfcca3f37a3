/**
 * A call of the service that begins later: it stands where the real one will, and keeps what it is told meanwhile. That is
 * one piece of the body at the most, since whoever writes waits for `onDrain`, which only the service's call brings.
 */
import { assert } from '../../core/assert.ts';
import type { UpstreamCall } from '../upstream/upstream.ts';
import type { InjectedFault } from './fault-drill.ts';

export class DelayedCall implements UpstreamCall {
  readonly #fault: InjectedFault;
  #call: UpstreamCall | null = null;
  #piece: Uint8Array | null = null;
  #isEnded = false;
  #isPaused = false;

  /** @param begin makes the call when its time has come, or gives null when there is to be none */
  constructor(fault: InjectedFault, begin: () => UpstreamCall | null) {
    this.#fault = fault;
    fault.wait(() => this.#take(begin()));
  }

  get unsentBytes(): number {
    return this.#call?.unsentBytes ?? this.#piece?.length ?? 0;
  }

  write(chunk: Uint8Array): void {
    if (this.#call !== null) {
      this.#call.write(chunk);
      return;
    }
    assert(this.#piece === null, 'one piece at a time');
    this.#piece = chunk;
  }

  end(): void {
    if (this.#call === null) this.#isEnded = true;
    else this.#call.end();
  }

  pause(): void {
    if (this.#call === null) this.#isPaused = true;
    else this.#call.pause();
  }

  resume(): void {
    if (this.#call === null) this.#isPaused = false;
    else this.#call.resume();
  }

  abort(): void {
    this.#fault.cancel();
    this.#piece = null;
    this.#call?.abort();
  }

  #take(call: UpstreamCall | null): void {
    if (call === null) return;
    this.#call = call;
    const piece = this.#piece;
    this.#piece = null;
    if (this.#isPaused) call.pause();
    if (piece !== null) call.write(piece);
    if (this.#isEnded) call.end();
  }
}
