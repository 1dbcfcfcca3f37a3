/**
 * Prints `N passed, N failed` from vitest's JSON report and ends with an honest exit code: a report that is missing,
 * empty, or better than the exit code of the run says, is a failure. Before that, it names each test that passed only
 * when it was run again, with what was wrong at first.
 *
 * Usage: node scripts/summarise-tests.mjs REPORT EXIT_CODE
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

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
for (const { name, assertionResults } of testResults) {
  for (const { status, fullName, failureMessages } of assertionResults) {
    if (status !== 'passed' || failureMessages.length === 0) continue;
    console.log(`passed at the second try: ${relative('', name)} > ${fullName}`);
    console.log(`  ${failureMessages[0].split('\n')[0]}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 || Number(code) !== 0 ? 1 : 0;
