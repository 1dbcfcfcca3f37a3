/**
 * The main thread's end of the bans: one port to each worker, over which both tell what changed, one batch at a time. A
 * side that does not read is told nothing more until it does, and then how things stand.
 */
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { BAN_BATCH_MAX } from '../core/limits.ts';
import type { BanChange } from '../limiter/bans/ban-change.ts';
import type { BanOutbox } from '../limiter/bans/ban-outbox.ts';
import type { BanRegister } from '../limiter/bans/ban-register.ts';

/** Both ways. */
export type BanMessage =
  /** `isLevel`: nothing more to tell at this moment. */
  | { readonly kind: 'changes'; readonly changes: readonly BanChange[]; readonly isLevel: boolean }
  /** The last changes were taken; send the next. */
  | { readonly kind: 'taken' };

/** Sends what an outbox holds, in turns of the event loop, never more than one batch ahead of the other side. */
export class BanSender {
  readonly #port: MessagePort;
  readonly #outbox: BanOutbox;
  #isWaiting = false;
  #isScheduled = false;

  constructor(port: MessagePort, outbox: BanOutbox) {
    this.#port = port;
    this.#outbox = outbox;
    outbox.onPending = () => this.#schedule();
  }

  /** The other side took the last batch. */
  taken(): void {
    this.#isWaiting = false;
    if (this.#outbox.pending > 0) this.#schedule();
  }

  /** Sends now, even if there is nothing: the other side learns that it is level. */
  send(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const changes = this.#outbox.take(BAN_BATCH_MAX);
    this.#port.postMessage({ kind: 'changes', changes, isLevel: this.#outbox.pending === 0 });
  }

  #schedule(): void {
    if (this.#isWaiting || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#outbox.pending > 0) this.send();
    });
  }
}

/**
 * Opens a line for a worker. The register tells it everything first.
 * @returns the worker's end of the line, to be transferred to it; the line ends when the worker does
 */
export function connectWorker(register: BanRegister): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const outbox = register.open('rule');
  const sender = new BanSender(port1, outbox);
  port1.on('message', (message: BanMessage) => {
    if (message.kind === 'taken') {
      sender.taken();
      return;
    }
    register.merge(message.changes, outbox);
    port1.postMessage({ kind: 'taken' });
  });
  port1.on('close', () => register.close(outbox));
  port1.unref();
  register.markAll(outbox);
  sender.send();
  return port2;
}
