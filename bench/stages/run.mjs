// Times every stage from text to verdict. Needs `npm run build`.
//
//   node bench/stages/run.mjs [--seed 1] [--record]
//
// The rules are the shipped pack and seeded ones on top, as many as each section says: regexes with distinct literals
// over arguments, headers and cookies. Prints microseconds, of processor time for evaluations; `cold` sees new field
// values in every request, `warm` sees a few dozen again and again. `--record` keeps the figures in bench/record/.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { performance } from 'node:perf_hooks';
import { compileProgram } from '../../dist/compiler/compile.js';
import { analyseForChecker } from '../../dist/compiler/regex-analyser.js';
import { admit } from '../../dist/control/inspection.js';
import { checkProgram } from '../../dist/dsl/checker/check-program.js';
import { DiagnosticList } from '../../dist/dsl/diagnostics/diagnostic-list.js';
import { Lexer } from '../../dist/dsl/lexer.js';
import { parseFile } from '../../dist/dsl/parser.js';
import { createSource } from '../../dist/dsl/source.js';
import { createEngine } from '../../dist/engine/engine.js';
import { getRequest, jsonRequest, random, rulesOf } from './generate.mjs';

const { values: options } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, record: { type: 'boolean', default: false } },
});
const seed = Number(options.seed);
const RULES = fileURLToPath(new URL('../../rules/', import.meta.url));
const shipped = readdirSync(RULES)
  .filter((name) => name.endsWith('.ward'))
  .map((name) => ({ name, text: readFileSync(RULES + name, 'utf8') }));
const lines = [];
function print(line) {
  lines.push(line);
  console.log(line);
}
const SIZES = [150, 1_500];
const REQUESTS = 3_000;

function timed(label, work) {
  const from = performance.now();
  const result = work();
  print(`  ${label.padEnd(10)} ${((performance.now() - from) * 1_000).toFixed(0).padStart(9)} us`);
  return result;
}

function build(count) {
  const files = [...shipped, { name: 'generated.ward', text: rulesOf(count, seed) }];
  const bytes = files.reduce((sum, file) => sum + file.text.length, 0);
  print(`shipped rules and ${count} generated ones, ${bytes} bytes`);
  timed('lex', () => {
    for (const { name, text } of files) {
      const lexer = new Lexer(createSource(name, text), new DiagnosticList());
      while (lexer.next().kind !== 'end');
    }
  });
  const parsed = timed('parse', () =>
    files.map(({ name, text }) => parseFile(createSource(name, text)).file),
  );
  const checked = timed('check', () =>
    checkProgram(parsed, { regex: analyseForChecker, today: new Date().toISOString().slice(0, 10) }),
  );
  if (checked.policy === null)
    throw new Error(
      JSON.stringify(
        checked.diagnostics
          .filter((d) => d.severity === 'error')
          .slice(0, 3)
          .map((d) => [d.code, d.message]),
      ),
    );
  return timed('compile', () => compileProgram(checked.policy).program);
}

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

function prepare(make) {
  return Array.from({ length: REQUESTS }, () => {
    const request = make();
    const admission = admit({ from: '203.0.113.9', scheme: 'https', answered: undefined, ...request });
    if ('reason' in admission) throw new Error(admission.reason);
    return {
      head: admission.head,
      body: request.body === undefined ? undefined : Buffer.from(request.body, 'latin1'),
    };
  });
}

function measure(label, program, make) {
  const prepared = prepare(make);
  const engine = createEngine(program);
  // Another engine warms the code, so that the first of them says nothing about the cache of this one.
  evaluate(createEngine(program), prepared);
  evaluate(engine, prepared.slice(0, REQUESTS / 3));
  const before = { ...engine.statistics };
  const rest = prepared.slice(REQUESTS / 3);
  const from = process.cpuUsage();
  const blocked = evaluate(engine, rest);
  const spent = process.cpuUsage(from);
  const us = (spent.user + spent.system) / rest.length;
  const { cacheHits, cacheMisses } = engine.statistics;
  const hits = cacheHits - before.cacheHits;
  const rate = hits / Math.max(1, hits + cacheMisses - before.cacheMisses);
  print(
    `  ${label.padEnd(10)} ${us.toFixed(1).padStart(9)} us  cache ${(rate * 100).toFixed(0)} %  blocked ${blocked}`,
  );
}

for (const count of SIZES) {
  const program = build(count);
  const next = random(seed + 1);
  measure('get cold', program, () => getRequest(next, 1e9));
  measure('get warm', program, () => getRequest(next, 40));
  measure('json 4 KB', program, () => jsonRequest(next, 4_096, 40));
}

if (options.record) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const head = `# Stage bench\n\nCommit ${commit}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, seed ${seed}.\n`;
  const file = `../record/stages-${new Date().toISOString().slice(0, 10)}.md`;
  writeFileSync(new URL(file, import.meta.url), `${head}\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`);
}
