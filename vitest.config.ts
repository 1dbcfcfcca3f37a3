// Test projects: each kind of test is one folder, so that `npm run check` can run the fast kinds alone.
import { defineConfig } from 'vitest/config';

/** As patient as tests are with what they wait for: one second, the default, is short on a busy machine. */
const POLL_MS_MAX = 20_000;

/**
 * Tests of real processes, sockets and clocks share a machine with whatever else runs on it: one whose first run failed
 * gets a second one. `scripts/summarise-tests.mjs` names each that needed it, because a test that often does is wrong.
 */
const RETRIES = 1;

const project = (name: string, timeoutMs: number, serial = false) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    pool: 'forks' as const,
    setupFiles: ['test/support/seed.ts'],
    expect: { poll: { timeout: POLL_MS_MAX } },
    ...(serial ? { fileParallelism: false, retry: RETRIES } : {}),
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 20_000),
      project('property', 60_000),
      project('golden', 30_000),
      project('tidy', 30_000),
      project('contract', 60_000, true),
      project('fuzz', process.env['FUZZ_RUNS'] === undefined ? 60_000 : 3_600_000),
      project('integration', 120_000, true),
    ],
  },
});
