/**
 * What it costs to take a rule set of ModSecurity as it is: the import, the compilation, and the memory of a process
 * that runs it with one worker.
 *
 *   npm run build && node bench/seclang/import.mjs PATH...      (settings first, such as a checkout of CRS)
 *
 * Bounds of the design: import below 10 s, compilation below 3 s, resident memory below 250 MB.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BOUNDS = { importMs: 10_000, compileMs: 3_000, residentMb: 250 };
const READY_MS_MAX = 60_000;
const SETTLE_MS = 5_000; // garbage of the start is collected by then
const ROUNDS = 3;

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const { importFromDisk } = await import(`${dist}control/seclang-import.js`);
const { loadRuleSources } = await import(`${dist}control/rule-sources.js`);
const { checkRuleSet } = await import(`${dist}control/rule-set.js`);
const { compileProgram } = await import(`${dist}compiler/compile.js`);
const { createEngine } = await import(`${dist}engine/engine.js`);

const paths = process.argv.slice(2).map((path) => resolve(path));
if (paths.length === 0) {
  console.error('usage: node bench/seclang/import.mjs PATH...');
  process.exit(2);
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function timed(work) {
  const began = performance.now();
  const result = work();
  return { ms: performance.now() - began, result };
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Resident memory of Ward with one worker, in MB, once it answers and has settled; nothing asks it to collect. */
async function residentMb() {
  const port = await freePort();
  const args = ['run', '--listen', `127.0.0.1:${port}`, '--upstream', 'http://127.0.0.1:9', '--workers', '1'];
  const rules = paths.flatMap((path) => ['--rules', `seclang-lenient:${path}`]);
  const child = spawn(process.execPath, [`${dist}main.js`, ...args, ...rules], { stdio: 'ignore' });
  try {
    const began = Date.now();
    for (;;) {
      if (child.exitCode !== null) throw new Error(`Ward ended with ${child.exitCode}`);
      if (Date.now() - began > READY_MS_MAX) throw new Error('Ward did not start in time');
      const answered = await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      );
      if (answered) break;
      await sleep(100);
    }
    await sleep(SETTLE_MS);
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1_000;
  } finally {
    child.kill('SIGKILL');
  }
}

const importOptions = { name: 'bench', exact: false, strict: false };
const rounds = [];
for (let round = 0; round < ROUNDS; round++) {
  const imported = timed(() => importFromDisk(paths, process.cwd(), importOptions));
  const sources = await loadRuleSources({
    paths: paths.map((path) => `seclang-lenient:${path}`),
    workingDirectory: process.cwd(),
  });
  const request = { profile: undefined, today: '2026-11-21' };
  const checked = timed(() => checkRuleSet(sources, request).demand());
  const options = { secrets: new Map(), hashKey: Buffer.alloc(32) };
  const compiled = timed(() => createEngine(compileProgram(checked.result, options).program));
  rounds.push({
    importMs: imported.ms,
    checkMs: checked.ms,
    compileMs: compiled.ms,
    rules: checked.result.rules.length,
  });
}
const first = rounds[0];
const found = { importMs: first.importMs, compileMs: first.compileMs, residentMb: await residentMb() };

console.log(`${first.rules} rules, Node ${process.version}`);
for (const [round, { importMs, checkMs, compileMs }] of rounds.entries()) {
  const shown = [importMs, checkMs, compileMs].map((ms) => `${Math.round(ms)} ms`);
  console.log(`round ${round + 1}: import ${shown[0]}, parse and check ${shown[1]}, compile ${shown[2]}`);
}
console.log(`resident with one worker: ${Math.round(found.residentMb)} MB`);
const over = Object.entries(BOUNDS).filter(([name, bound]) => found[name] > bound);
for (const [name, bound] of over) console.error(`${name} ${Math.round(found[name])} is over ${bound}`);
process.exit(over.length > 0 ? 1 : 0);
