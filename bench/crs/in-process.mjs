/**
 * The regression tests of a SecLang rule set against import, readers and engine, without a listener: what fails here is
 * Ward's reading of the rules, what fails only over the wire is the listener's parser or the guard.
 *
 *   node bench/crs/in-process.mjs --tests DIR [--include RE] [--report FILE] SECLANG...
 *
 * SECLANG are files and directories as `ward import seclang` takes them, a setup file of one's own first; `--tests` has the YAML
 * files of go-ftw. Everything is only monitored, as the tests demand. Ends with 1 if a test fails.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { analyseForChecker } from '../../dist/compiler/regex-analyser.js';
import { findSecLang, resolveOnDisk } from '../../dist/control/seclang-files.js';
import { TRANSFORMATIONS } from '../../dist/http/transform/registry.js';
import { compilePolicy } from '../../dist/library.js';
import { importSecLang } from '../../dist/seclang/import.js';
import { judge } from './exchange.mjs';
import { failureOf, loadTests, requestBytes } from './ftw-tests.mjs';

const { values: flags, positionals: seclang } = parseArgs({
  allowPositionals: true,
  options: { tests: { type: 'string' }, include: { type: 'string' }, report: { type: 'string' } },
});
if (flags.tests === undefined || seclang.length === 0) {
  throw new Error(
    'usage: node bench/crs/in-process.mjs --tests DIR [--include RE] [--report FILE] SECLANG...',
  );
}

const engine = engineOf(seclang);
const wanted = new RegExp(flags.include ?? '');
const results = [];
for (const test of loadTests(flags.tests)) {
  if (wanted.test(test.id)) results.push(await run(test));
}
const failed = results.filter(({ reason }) => reason !== null);
const unguarded = results.filter(({ refusals }) => refusals.length > 0);
for (const { id, reason, rules } of failed) console.log(`${id}: ${reason} (matched: ${rules.join(', ')})`);
for (const { id, refusals } of unguarded)
  console.log(`${id}: refused before the rules: ${refusals.join(', ')}`);
const passed = results.length - failed.length;
console.log(`${passed} of ${results.length} pass, ${((100 * passed) / results.length).toFixed(2)} %`);
if (flags.report !== undefined) writeFileSync(flags.report, JSON.stringify({ passed, results }, null, 1));
process.exitCode = failed.length === 0 ? 0 : 1;

function engineOf(paths) {
  const steps = new Set(TRANSFORMATIONS.keys());
  const options = { name: 'imported', exact: true, strict: false, steps, regex: analyseForChecker };
  const imported = importSecLang(findSecLang(paths, process.cwd()), resolveOnDisk(process.cwd()), options);
  const sources = [...imported.files].map(([path, text]) => ({
    path,
    text: path === 'policy.ward' ? text.replace(/^( *mode +)enforce$/m, '$1monitor') : text,
  }));
  const listFiles = new Map(imported.lists.map(({ path, entries }) => [path, entries]));
  const { engine: compiled, diagnostics } = compilePolicy({ sources, listFiles, warm: true });
  if (compiled === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return compiled;
}

/** The first stage that fails ends a test. */
async function run({ id, stages }) {
  const refusals = [];
  for (const { input, output } of stages) {
    const outcome = await judge(engine, requestBytes(input));
    if (outcome.isRefused) refusals.push(outcome.refusal);
    let reason = failureOf(output, outcome.isRefused ? { ...outcome, rules: [] } : outcome);
    // What the guard refuses was judged without it, too: the status is then the service's.
    if (reason !== null && outcome.isRefused) reason = failureOf(output, { ...outcome, status: 200 });
    if (reason !== null) return { id, reason, refusals, rules: outcome.rules.map((rule) => rule.id) };
  }
  return { id, reason: null, refusals, rules: [] };
}
