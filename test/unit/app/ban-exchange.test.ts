/** The lines between the register and the copies of workers, over real ports. */
import { afterEach, expect, it } from 'vitest';
import type { MessagePort } from 'node:worker_threads';
import { connectWorker } from '../../../src/app/ban-exchange.ts';
import { linkBans } from '../../../src/app/ban-link.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { BAN_BATCH_MAX } from '../../../src/core/limits.ts';
import { BanRegister } from '../../../src/limiter/bans/ban-register.ts';
import { WorkerBanBook } from '../../../src/limiter/bans/worker-ban-book.ts';
import { until } from '../../support/until.ts';

const KIND = 'client.ip';
const MINUTE = 60_000;
const ports: MessagePort[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** What a worker does at its start. */
async function link(register: BanRegister): Promise<WorkerBanBook> {
  const book = new WorkerBanBook({ clock: systemClock });
  const port = connectWorker(register);
  ports.push(port);
  await linkBans(book, port);
  return book;
}

it('begin with all bans there are, in several batches', async () => {
  const register = new BanRegister({ clock: systemClock });
  const count = 3 * BAN_BATCH_MAX;
  for (let index = 0; index < count; index++) register.add(KIND, `k${index}`, MINUTE);
  const book = await link(register);
  expect(book.find(KIND, `k${count - 1}`)).toBeDefined();
});

it('begin at once when there is none', async () => {
  expect((await link(new BanRegister({ clock: systemClock }))).empty).toBe(true);
});

it('carry bans and lifts to all', async () => {
  const register = new BanRegister({ clock: systemClock });
  const books = [await link(register), await link(register)];
  for (let index = 0; index < 2 * BAN_BATCH_MAX; index++)
    books[0]?.add(KIND, `k${index}`, MINUTE, 'net.scan');
  await until(() => register.size === 2 * BAN_BATCH_MAX, 'the register');
  await until(() => books[1]?.find(KIND, `k${2 * BAN_BATCH_MAX - 1}`) !== undefined, 'the other worker');
  register.lift(KIND, 'k1');
  await until(() => books.every((book) => book.find(KIND, 'k1') === undefined), 'the lift');
  register.liftAll();
  await until(() => books.every((book) => book.empty), 'the lift of all');
});

it('outlive a worker that ended', async () => {
  const register = new BanRegister({ clock: systemClock });
  await link(register);
  ports.splice(0).forEach((port) => port.close());
  await new Promise(setImmediate);
  const later = await link(register);
  register.add(KIND, '192.0.2.1', MINUTE);
  await until(() => later.find(KIND, '192.0.2.1') !== undefined, 'the ban at the later worker');
});
