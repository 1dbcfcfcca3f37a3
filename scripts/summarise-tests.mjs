/**
 * Prints `N passed, N failed` from vitest's JSON report and ends with an honest exit code: a report that is missing,
 * empty, or better than the exit code of the run says, is a failure.
 *
 * Usage: node scripts/summarise-tests.mjs REPORT EXIT_CODE
 */
import { readFileSync } from 'node:fs';

const [, , path, code] = process.argv;

function readReport() {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

const {
  numPassedTests: passed = 0,
  numFailedTests = 0,
  numFailedTestSuites = 0,
  testResults = [],
} = readReport();
// A file that could not be loaded has no tests to count; it is one failure.
const brokenFiles = testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
const unexplained = Number(code) !== 0 && numFailedTests + brokenFiles + numFailedTestSuites === 0 ? 1 : 0;
const failed = numFailedTests + brokenFiles + unexplained;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 || Number(code) !== 0 ? 1 : 0;
