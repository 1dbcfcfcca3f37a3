// Limits under load: node bench/limits/load.mjs [cluster] [outage] [flood] [million] [--rounds 3] [--keys 1000000]
// [--limit-keys 1250000] [--record]
//
// Whole Ward processes on loopback: what limits admit over two of them, what clients notice of outages of Redis, how soon a
// flood is held down, and what a million clients cost. All four without a name. `--record` keeps the tables in bench/record/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cluster } from './cluster.mjs';
import { flood } from './flood.mjs';
import { million } from './million.mjs';
import { outage } from './outage.mjs';

// What was started ends with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const BENCHES = { cluster, outage, flood, million };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    keys: { type: 'string', default: '1000000' },
    'limit-keys': { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0)
  throw new Error(`no bench ${unknown.join()}: there are ${Object.keys(BENCHES).join(', ')}`);

const options = {
  rounds: Number(values.rounds),
  keys: Number(values.keys),
  limitKeys: values['limit-keys'] === undefined ? undefined : Number(values['limit-keys']),
};
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const sections = [
  `# Limits under load\n\nCommit ${commit}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, clients, service and Redis on the same machine, load average ${loadavg()[0].toFixed(1)} before.\n`,
];
for (const name of names) {
  const section = await BENCHES[name](options);
  console.log(section);
  sections.push(section);
}
if (values.record) {
  const folder = fileURLToPath(new URL('../record/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}limits-load-${new Date().toISOString().slice(0, 10)}.md`, sections.join('\n'));
}
