/** The last words of a test run: what they count, what they name, and that nothing wrong ends well. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOT } from './ward-process.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-summary-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function node(script: string, ...args: readonly string[]): { code: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [`${ROOT}${script}`, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: status, lines: stdout.trimEnd().split('\n') };
}

const summarise = (report: string, code: number) => node('scripts/summarise-tests.mjs', report, String(code));

/** A run of these tests by vitest itself, whose report is what counts. */
function report(tests: string): string {
  const path = join(directory, 'report.json');
  writeFileSync(join(directory, 'some.test.js'), `import { expect, it } from 'vitest';\n${tests}`);
  writeFileSync(join(directory, 'vitest.config.js'), 'export default { test: { retry: 1 } };');
  node(
    'node_modules/vitest/vitest.mjs',
    ...['run', '--root', directory, '--reporter=json', `--outputFile=${path}`],
  );
  return path;
}

it('counts what passed and failed', () => {
  const path = report(`it('good', () => {}); it('bad', () => expect(1).toBe(2));`);
  expect(summarise(path, 1)).toEqual({ code: 1, lines: ['1 passed, 1 failed'] });
});

it('names a test that passed at the second try, and what was wrong at the first', () => {
  const path = report(`let tries = 0; it('shaky', () => expect(++tries).toBe(2)); it('good', () => {});`);
  const { code, lines } = summarise(path, 0);
  expect(code).toBe(0);
  expect(lines).toEqual([
    expect.stringMatching(/^passed at the second try: .*some\.test\.js > shaky$/),
    '  AssertionError: expected 1 to be 2 // Object.is equality',
    '2 passed, 0 failed',
  ]);
});

it.each([
  ['that is missing', undefined, 0],
  ['without tests', '{}', 0],
  ['better than how the run ended', '{"numPassedTests":3,"testResults":[]}', 1],
  [
    'of a file that could not be read',
    '{"numPassedTests":3,"testResults":[{"status":"failed","assertionResults":[]}]}',
    1,
  ],
])('takes a report %s for a failure', (_what, text, runCode) => {
  const path = join(directory, 'report.json');
  if (text !== undefined) writeFileSync(path, text);
  const { code, lines } = summarise(path, runCode);
  expect(code).toBe(1);
  if (runCode !== 0) expect(lines.at(-1)).toBe('3 passed, 1 failed');
});
