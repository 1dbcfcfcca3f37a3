/**
 * Lets go wrong on purpose what rules ask for (`fault delay`, `fault abort`), so that callers can rehearse a slow or
 * failing service. Only where the configuration turned it on, and never on the paths of health checks.
 *
 * A drill must not become an outage of its own: what waits at once is bounded, holds nothing of the service's, and waits
 * no longer once the worker drains.
 */
import { FAULT_DELAYS_MAX } from '../../core/limits.ts';
import type { Fault } from '../../engine/api.ts';

/** Marks answers that are a drill's, so that no one takes them for the service's. */
export const FAULT_FIELDS: readonly string[] = Object.freeze(['x-ward-fault', 'abort']);

export class FaultDrill {
  readonly #exempt: ReadonlySet<string>;
  readonly #waiting = new Set<InjectedFault>();
  #isDraining = false;

  /** @param exemptPaths canonical paths on which nothing goes wrong */
  constructor(exemptPaths: readonly string[]) {
    this.#exempt = new Set(exemptPaths);
  }

  /** What goes wrong with a request that is to be forwarded; undefined for nothing. */
  inject(path: string, fault: Fault | undefined): InjectedFault | undefined {
    if (fault === undefined || this.#exempt.has(path)) return undefined;
    const hasRoom = this.#waiting.size < FAULT_DELAYS_MAX && !this.#isDraining;
    return new InjectedFault(this.#waiting, fault, hasRoom);
  }

  /** Requests that wait go on at once; later ones do not wait any more. */
  drain(): void {
    this.#isDraining = true;
    for (const injected of [...this.#waiting]) injected.elapse();
  }
}

/** A fault as one request suffers it. */
export class InjectedFault {
  /** How long the request is made to wait; 0: not, also where no more may wait. */
  readonly delayMs: number;
  readonly abortStatus: number | undefined;
  /** A delay was asked for, and there was no room for it. */
  readonly isSkipped: boolean;
  readonly #waiting: Set<InjectedFault>;
  #timer: NodeJS.Timeout | undefined;
  #then: (() => void) | undefined;

  constructor(waiting: Set<InjectedFault>, { delayMs, abortStatus }: Fault, hasRoom: boolean) {
    this.#waiting = waiting;
    this.delayMs = hasRoom ? delayMs : 0;
    this.abortStatus = abortStatus;
    this.isSkipped = delayMs > 0 && !hasRoom;
  }

  /** Calls back after the delay, at once if there is none; not at all after `cancel`. */
  wait(then: () => void): void {
    if (this.delayMs === 0) {
      then();
      return;
    }
    this.#then = then;
    this.#waiting.add(this);
    this.#timer = setTimeout(() => this.elapse(), this.delayMs);
  }

  /** The delay is over, by time or before it. */
  elapse(): void {
    const then = this.#then;
    this.cancel();
    then?.();
  }

  /** Nobody waits for the answer any more. Idempotent. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#waiting.delete(this);
    this.#then = undefined;
  }
}
