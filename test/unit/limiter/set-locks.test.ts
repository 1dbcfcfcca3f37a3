/** Locks of shared tables between real threads, and what becomes of a set whose holder is gone. */
import { afterAll, expect, it } from 'vitest';
import { SET_LOCK_SPINS_MAX, SET_LOCK_WAIT_MS_MAX } from '../../../src/core/limits.ts';
import { SetLocks } from '../../../src/limiter/set-locks.ts';
import { answerOf, ThreadFolder } from '../../support/threads.ts';

const folder = new ThreadFolder();
afterAll(() => folder.remove());

const wordsOf = (sets: number): Int32Array => new Int32Array(new SharedArrayBuffer(sets * 4));

it('lets one thread at a time change what a set guards', async () => {
  const shared = new SharedArrayBuffer(16);
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { SetLocks } from 'src:limiter/set-locks.ts';
    const words = new Int32Array(workerData.shared);
    const locks = new SetLocks(words, workerData.index);
    for (let i = 0; i < 50_000; i++) {
      locks.acquire(1);
      words[3] = words[3] + 1; // read and write apart: lost without the lock
      locks.release(1);
    }
    parentPort.postMessage('done');
  `;
  const threads = [0, 1, 2, 3].map((index) => folder.start(script, { shared, index }));
  await Promise.all(threads.map(answerOf));
  const words = new Int32Array(shared);
  expect(words[3]).toBe(200_000);
  expect(words[1]).toBe(0);
});

it('takes a set from a holder that never lets go, after SET_LOCK_SPINS_MAX tries and SET_LOCK_WAIT_MS_MAX', () => {
  const words = wordsOf(2);
  new SetLocks(words, 0).acquire(0); // its thread ends here
  const started = performance.now();
  const survivor = new SetLocks(words, 1);
  survivor.acquire(0);
  // Each wait lasts a millisecond at the least, so a set is never taken early.
  expect(performance.now() - started).toBeGreaterThanOrEqual(SET_LOCK_WAIT_MS_MAX * 0.9);
  expect(SET_LOCK_SPINS_MAX).toBeGreaterThan(0);
  expect(words[0]).toBe(2);
  survivor.release(0);
  expect(words[0]).toBe(0);
});

it('does not let go of a set that was taken away', () => {
  const words = wordsOf(1);
  const slow = new SetLocks(words, 0);
  slow.acquire(0);
  new SetLocks(words, 1).acquire(0);
  slow.release(0);
  expect(words[0]).toBe(2);
});
