/** Waiting for what must come: asked again and again, with a bound, and with a word about what never came. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes by far, on a busy machine too; shorter than a test may take. */
const WAIT_MS_MAX = 20_000;
const POLL_MS = 10;

/** Resolves when it is so; rejects with its name when it is not after that time. */
export async function until(
  what: () => boolean | Promise<boolean>,
  name: string,
  timeoutMs = WAIT_MS_MAX,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await what())) {
    if (performance.now() > end) throw new Error(`waited in vain for: ${name}`);
    await sleep(POLL_MS);
  }
}
