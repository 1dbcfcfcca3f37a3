// Measures rules on labelled requests: the share of attacks and of benign requests refused. Needs `npm run build`.
//
//   node bench/detection/run.mjs [COLLECTION ...] [--rules PATH ...] [--level 1] [--show 20]
//                                [--reveal-held-out] [--format json] [--record]
//
// A collection is a file or a directory of them (collection.mjs); without one the repository's own is measured. Every
// request goes through the guard and the engine in this process, the policy enforced. Shares carry 95 % Wilson
// intervals. `--show N` prints N wrong answers of each collection that rules are tuned on: those of a collection that is
// only measured cannot be shown at all, those of the held-out half of our own only with `--reveal-held-out`, after which
// it is held out no more. `--record` keeps the table in bench/record/.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { engineOf } from './engine.mjs';
import { measure } from './measure.mjs';
import { classTable, details, totalsTable } from './report.mjs';

/** The repository's own data. */
const OWN = fileURLToPath(new URL('../../corpus/labelled/', import.meta.url));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rules: { type: 'string', multiple: true, default: [] },
    level: { type: 'string' },
    show: { type: 'string', default: '0' },
    'reveal-held-out': { type: 'boolean', default: false },
    format: { type: 'string', default: 'text' },
    record: { type: 'boolean', default: false },
  },
});

const paths = positionals.length > 0 ? positionals : [OWN];
const engine = await engineOf(options.rules, options.level === undefined ? undefined : Number(options.level));

const results = [];
for (const path of paths) {
  const result = await measure(engine, path, {
    show: Number(options.show),
    revealHeldOut: options['reveal-held-out'],
    onProgress: (name, done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}: ${done} requests`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  results.push(result);
  if (options.format === 'text') {
    for (const figures of result.figures) console.log(`${figures.name}\n${details(figures)}`);
    console.log(`  ${result.requests} requests in ${result.seconds.toFixed(1)} s\n`);
  }
}

const all = results.flatMap(({ figures }) => figures);
if (options.format === 'json') console.log(JSON.stringify({ schema: 1, collections: all }, null, 1));
else console.log(totalsTable(all));

if (options.record) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const rules = options.rules.length === 0 ? 'shipped rules' : 'rules given';
  const head = `# Detection\n\nCommit ${commit}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model}; ${rules}, level ${options.level ?? 1}.\n`;
  const file = `../record/detection-${new Date().toISOString().slice(0, 10)}.md`;
  const halves = all.filter(({ use }) => use === 'split');
  const tables = [totalsTable(all), classTable(halves, 'attack'), classTable(halves, 'benign')];
  writeFileSync(new URL(file, import.meta.url), `${head}\n${tables.join('\n\n')}\n`);
}
