import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import type { WorkerStart } from '../../../src/app/messages.ts';
import { WorkerHandle } from '../../../src/app/worker-handle.ts';
import { WORKER_START_MS } from '../../../src/core/limits.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a worker that is not ready after WORKER_START_MS has failed to start', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const nothing = (): void => undefined;
  const handle = new WorkerHandle(
    { index: 3, banPort: new MessageChannel().port1, keyPort: new MessageChannel().port1 } as WorkerStart,
    {
      onLog: nothing,
      onMetrics: nothing,
      onFlood: nothing,
      onCrash: nothing,
      onExit: nothing,
    },
  );
  let failure: unknown;
  handle.started.catch((error: unknown) => (failure = error));
  vi.advanceTimersByTime(WORKER_START_MS - 1);
  await Promise.resolve();
  expect(failure).toBeUndefined();
  vi.advanceTimersByTime(1);
  await expect(handle.started).rejects.toThrow(`worker 3 was not ready after ${WORKER_START_MS} ms`);
  await handle.exited;
});
