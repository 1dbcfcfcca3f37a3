/** A worker's end of the bans: its copy, and the line on which it is kept in step with the register. */
import type { MessagePort } from 'node:worker_threads';
import type { WorkerBanBook } from '../limiter/bans/worker-ban-book.ts';
import { BanSender } from './ban-exchange.ts';
import type { BanMessage } from './ban-exchange.ts';

const SWEEP_MS = 1_000;

/** Resolves when the copy holds all bans there were at the start: a worker must not listen before. */
export function linkBans(book: WorkerBanBook, port: MessagePort): Promise<void> {
  const sender = new BanSender(port, book.outbox);
  const sweeping = setInterval(() => book.sweep(), SWEEP_MS);
  sweeping.unref();
  return new Promise((resolve) => {
    port.on('message', (message: BanMessage) => {
      if (message.kind === 'taken') {
        sender.taken();
        return;
      }
      book.apply(message.changes);
      port.postMessage({ kind: 'taken' });
      if (!message.isLevel) return;
      resolve();
      port.unref(); // the line alone keeps no worker alive that has nothing else to do
    });
  });
}
