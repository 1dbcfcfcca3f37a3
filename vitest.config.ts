// Test projects: each kind of test is one folder, so that `npm run check` can run the fast kinds alone.
import { defineConfig } from 'vitest/config';

const project = (name: string, timeoutMs: number, serial = false) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    pool: 'forks' as const,
    setupFiles: ['test/support/seed.ts'],
    ...(serial ? { fileParallelism: false } : {}),
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
