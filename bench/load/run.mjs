// Load bench: node bench/load/run.mjs [--seconds 5] [--mixes get,json4k] [--targets nginx,ward] [--record]
// Drives each target with each mix through autocannon and prints requests/s, latency, CPU µs per request and peak
// memory, and the ratio to nginx's plain hop in the same run. `--record` keeps the table in bench/record/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { mixes } from './mixes.mjs';
import { cpuMicroseconds, peakMebibytes, withChildren } from './process-usage.mjs';
import { startTargets } from './targets.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    mixes: { type: 'string' },
    targets: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});

const { targets, answer, stop } = await startTargets({ only: options.targets?.split(',') });

/** Until here the optimising compiler of V8 takes a good part of the CPU time; what is measured is the state after it. */
const WARM_UP_S = 5;

/** One measured run. Every answer must be the upstream's own page, byte for byte. */
async function measure(target, mix, seconds) {
  const pids = withChildren(target.pid);
  const before = cpuMicroseconds(pids);
  const result = await autocannon({
    url: `http://127.0.0.1:${target.port}${mix.path}`,
    method: mix.method,
    headers: mix.headers,
    ...(mix.body === undefined ? {} : { body: mix.body }),
    connections: mix.connections ?? Number(options.connections),
    ...(mix.amount === undefined ? { duration: seconds } : { amount: mix.amount }),
    expectBody: answer,
    timeout: 60,
  });
  const wrong = result.mismatches + result.non2xx + result.errors;
  const count = result.requests.total;
  return {
    target: target.name,
    requestsPerSecond: Math.round(result.requests.average),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    cpuUs: count === 0 ? Number.NaN : (cpuMicroseconds(pids) - before) / count,
    peakMib: peakMebibytes(pids),
    wrong,
  };
}

const all = mixes();
const chosen = options.mixes ? options.mixes.split(',') : Object.keys(all);
const lines = [
  '| mix | target | requests/s | p50 ms | p99 ms | CPU µs/request | × nginx | × bare | peak MiB | wrong |',
  '|---|---|---|---|---|---|---|---|---|---|',
];
let failed = false;
try {
  for (const name of chosen) {
    const rows = [];
    for (const target of targets) {
      if (all[name].amount === undefined) await measure(target, all[name], WARM_UP_S);
      process.stderr.write(`${name} → ${target.name}\n`);
      rows.push(await measure(target, all[name], Number(options.seconds)));
    }
    const cpuOf = (target) => rows.find((row) => row.target === target)?.cpuUs;
    const ratio = (value, base) => (base === undefined ? '–' : (value / base).toFixed(2));
    for (const row of rows) {
      failed ||= row.wrong > 0;
      const proxy = row.target !== 'upstream';
      lines.push(
        `| ${name} | ${row.target} | ${row.requestsPerSecond} | ${row.p50Ms} | ${row.p99Ms} | ${row.cpuUs.toFixed(1)} | ${proxy ? ratio(row.cpuUs, cpuOf('nginx')) : '–'} | ${proxy ? ratio(row.cpuUs, cpuOf('ward-bare')) : '–'} | ${row.peakMib.toFixed(0)} | ${row.wrong} |`,
      );
    }
  }
} finally {
  await stop();
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const report = `# Load bench

Commit ${commit}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, Linux ${release()}, ${options.seconds} s a run, ${options.connections} connections, one worker.

${lines.join('\n')}
`;
console.log(report);
if (options.record) {
  const folder = fileURLToPath(new URL('../record/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}load-${new Date().toISOString().slice(0, 10)}.md`, report);
}
process.exitCode = failed ? 1 : 0;
