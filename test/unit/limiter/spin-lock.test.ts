/** The lock between real threads, and what becomes of one whose holder is gone. */
import { afterAll, expect, test } from 'vitest';
import { LOCK_SPINS_MAX, LOCK_STEAL_WAITS, LOCK_WAIT_MS } from '../../../src/core/limits.ts';
import { acquire, lockTicket, release, Tickets } from '../../../src/limiter/spin-lock.ts';
import { answerOf, ThreadFolder } from '../../support/threads.ts';

const folder = new ThreadFolder();
afterAll(() => folder.remove());

const IMPORTS = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { acquire, lockTicket, release } from 'src:limiter/spin-lock.ts';
  const words = new Int32Array(workerData.shared);
`;

test('one thread at a time is inside, and nobody sleeps for ever', async () => {
  const shared = new SharedArrayBuffer(8);
  const script = `${IMPORTS}
    for (let i = 0; i < 50_000; i++) {
      const ticket = lockTicket(workerData.member, i);
      acquire(words, 0, ticket);
      words[1] = words[1] + 1; // read and written apart: lost without the lock
      release(words, 0, ticket);
    }
    parentPort.postMessage('done');
  `;
  await Promise.all([0, 1, 2, 3].map((member) => answerOf(folder.start(script, { shared, member }))));
  expect([...new Int32Array(shared)]).toEqual([0, 200_000]);
});

test('a lock of a dead thread is taken over after LOCK_STEAL_WAITS sleeps of LOCK_WAIT_MS, never sooner', async () => {
  const shared = new SharedArrayBuffer(8);
  const words = new Int32Array(shared);
  const dying = folder.start(
    `${IMPORTS} acquire(words, 0, lockTicket(1, 1)); parentPort.postMessage(0); setInterval(() => {}, 1_000);`,
    { shared },
  );
  await answerOf(dying);
  await dying.terminate();
  expect(words[0]).toBe(lockTicket(1, 1));
  const startedMs = performance.now();
  const ticket = lockTicket(2, 1);
  acquire(words, 0, ticket);
  expect(LOCK_SPINS_MAX).toBeGreaterThan(0);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(LOCK_STEAL_WAITS * LOCK_WAIT_MS * 0.9);
  // Should the holder live after all, it no longer opens what is not its own.
  release(words, 0, lockTicket(1, 1));
  expect(words[0]).not.toBe(0);
  release(words, 0, ticket);
  expect(words[0]).toBe(0);
});

test('a busy lock is never taken over: each acquisition counts its own sleeps', async () => {
  const shared = new SharedArrayBuffer(8);
  const words = new Int32Array(shared);
  acquire(words, 0, lockTicket(9, 1));
  const waiter = folder.start(
    `${IMPORTS} parentPort.postMessage('waits'); acquire(words, 0, lockTicket(3, 1)); parentPort.postMessage(words[1]);`,
    { shared },
  );
  await answerOf(waiter);
  // Far longer than a takeover needs, but by ever new acquisitions.
  for (let i = 2; i < 40; i++) {
    Atomics.wait(words, 1, 0, 10);
    Atomics.store(words, 0, lockTicket(9, i));
  }
  Atomics.store(words, 1, 1);
  Atomics.store(words, 0, 0);
  expect(await answerOf(waiter)).toBe(1);
});

test('tickets tell threads and acquisitions apart and are never 0 nor odd', () => {
  const tickets = [0, 1, 1_022].flatMap((member) => [0, 1, 2 ** 20 - 1].map((at) => lockTicket(member, at)));
  expect(new Set(tickets).size).toBe(9);
  expect(tickets.every((ticket) => ticket !== 0 && ticket % 2 === 0)).toBe(true);
  expect(lockTicket(1_023, 2 ** 20)).toBe(lockTicket(0, 0));
});

test('a thread never has the same ticket twice in a row', () => {
  const tickets = new Tickets(4);
  expect([tickets.next(), tickets.next(), tickets.next()]).toEqual([
    lockTicket(4, 1),
    lockTicket(4, 2),
    lockTicket(4, 3),
  ]);
});
