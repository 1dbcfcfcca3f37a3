// Test projects: each kind of test is one folder, so that `npm run check` can run the fast kinds alone.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** By itself vitest leaves a core free, which of two is half of what there is. */
const FILES_AT_ONCE = Math.max(2, availableParallelism() - 1);

/** Of those that start processes of their own, on ports, in folders and with a Redis of their own. */
const PROCESS_FILES_AT_ONCE = 2;

/** As patient as tests are with what they wait for: one second, the default, is short on a busy machine. */
const POLL_MS_MAX = 20_000;

/**
 * Tests of real processes, sockets and clocks share a machine with whatever else runs on it: one whose first run failed
 * gets a second one. `scripts/summarise-tests.mjs` names each that needed it, because a test that often does is wrong.
 */
const RETRIES = 1;

/** Time limits end tests that hang: five times what they take, and more, on two cores that others use too. */
const project = (name: string, timeoutMs: number, ofProcesses = false) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    pool: 'forks' as const,
    setupFiles: ['test/support/seed.ts'],
    expect: { poll: { timeout: POLL_MS_MAX } },
    maxWorkers: ofProcesses ? PROCESS_FILES_AT_ONCE : FILES_AT_ONCE,
    // Those of processes come last and by themselves.
    sequence: { groupOrder: ofProcesses ? 1 : 0 },
    ...(ofProcesses ? { retry: RETRIES } : {}),
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 60_000),
      project('property', 180_000),
      project('golden', 60_000),
      project('tidy', 60_000),
      project('contract', 120_000, true),
      project('fuzz', process.env['FUZZ_RUNS'] === undefined ? 120_000 : 3_600_000),
      project('integration', 240_000, true),
    ],
  },
});
