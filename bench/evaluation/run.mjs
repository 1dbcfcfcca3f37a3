// Microseconds of processor time that the engine and the readers take for a request of each kind, whatever the rules.
// Needs `npm run build`.
//
//   node bench/evaluation/run.mjs [--rules PATH]... [--seclang PATH]... [--seed 1] [--runs 7] [--kind NAME]... [--record NAME]
//
// Without paths the shipped rules are measured; `--seclang` takes rules of ModSecurity, such as a checkout of CRS, which are
// imported first. Requests rotate over a few hundred of a kind, so field values repeat as they do in service (warm). The
// figure is the least of the runs: what else the machine does can only add. `--record` keeps it in bench/record/.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { admit } from '../../dist/control/inspection.js';
import { createEngine } from '../../dist/engine/engine.js';
import { programOf } from './program.mjs';
import { KINDS, requestsOf } from './requests.mjs';

const { values: options } = parseArgs({
  options: {
    rules: { type: 'string', multiple: true, default: [] },
    seclang: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '7' },
    kind: { type: 'string', multiple: true, default: Object.keys(KINDS) },
    record: { type: 'string' },
  },
});

/** Milliseconds of wall time a run lasts at least. */
const RUN_MS = 300;

const lines = [];
function print(line) {
  lines.push(line);
  console.log(line);
}

/** Heads as the guard hands them on, and bodies as the listener does. */
function prepare(request) {
  const admission = admit({ from: '203.0.113.9', scheme: 'https', answered: undefined, ...request });
  if ('reason' in admission) throw new Error(admission.reason);
  return {
    head: admission.head,
    body: request.body === undefined ? undefined : Buffer.from(request.body, 'latin1'),
  };
}

/** Evaluates each once; how many were refused. */
function evaluate(engine, prepared) {
  let blocked = 0;
  for (const { head, body } of prepared) {
    const transaction = engine.begin(head);
    if (body !== undefined) transaction.requestBody(body);
    transaction.requestEnd();
    if (transaction.verdict.action !== 'pass') blocked++;
    transaction.close();
  }
  return blocked;
}

/** Microseconds a request of the quietest run. */
function measure(engine, prepared, runs) {
  let least = Infinity;
  for (let run = 0; run < runs; run++) {
    const until = performance.now() + RUN_MS;
    const from = process.cpuUsage();
    let rounds = 0;
    do {
      evaluate(engine, prepared);
      rounds++;
    } while (performance.now() < until);
    const { user, system } = process.cpuUsage(from);
    least = Math.min(least, (user + system) / (rounds * prepared.length));
  }
  return least;
}

const imported = mkdtempSync(join(tmpdir(), 'ward-evaluation-'));
try {
  const started = performance.now();
  const program = await programOf(options, imported);
  print(
    `${program.rules.length} rules, ${program.leaves.length} tests; read and compiled in ${((performance.now() - started) / 1_000).toFixed(1)} s`,
  );
  print('kind            µs    refused');
  for (const kind of options.kind) {
    const prepared = requestsOf(kind, Number(options.seed)).map(prepare);
    const engine = createEngine(program);
    const blocked = evaluate(engine, prepared);
    const us = measure(engine, prepared, Number(options.runs));
    print(`${kind.padEnd(10)} ${us.toFixed(1).padStart(7)} ${String(blocked).padStart(10)}`);
  }
} finally {
  rmSync(imported, { recursive: true });
}

if (options.record !== undefined) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const file = new URL(
    `../record/${options.record}-${new Date().toISOString().slice(0, 10)}.md`,
    import.meta.url,
  );
  const head = `# Engine and readers: ${options.record}\n\nCommit ${commit}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, seed ${options.seed}.\n`;
  writeFileSync(fileURLToPath(file), `${head}\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`);
}
