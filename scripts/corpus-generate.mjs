// Writes corpus/labelled/*.ndjson from corpus/seeds: attacks in many encodings and places, and harmless requests of many
// kinds. The same seeds give the same bytes. With --check it changes nothing and exits 1 when a file is out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ATTACK_CLASSES, attackCases } from './corpus/attack-cases.mjs';
import { BENIGN_KINDS, benignCases } from './corpus/benign-cases.mjs';

const SEEDS = fileURLToPath(new URL('../corpus/seeds/', import.meta.url));
const LABELLED = fileURLToPath(new URL('../corpus/labelled/', import.meta.url));

/** Leaves out what is the same nearly everywhere and understood when missing. */
function compact({ encoding, headers, ...rest }) {
  const isPlain = encoding === undefined || encoding === 'plain';
  const isBare = headers === undefined || headers.length === 0;
  return { ...rest, ...(isPlain ? {} : { encoding }), ...(isBare ? {} : { headers }) };
}

function shard(collection, cases) {
  const description = { collection, source: 'written for Ward', licence: 'Apache-2.0', use: 'split' };
  const lines = new Set([description, ...cases].map((value) => JSON.stringify(compact(value))));
  return `${[...lines].join('\n')}\n`;
}

function* shards() {
  for (const kind of ATTACK_CLASSES)
    yield [`attack-${kind}.ndjson`, shard('own', attackCases(`${SEEDS}attack`, kind))];
  for (const kind of BENIGN_KINDS)
    yield [`benign-${kind}.ndjson`, shard('own', benignCases(`${SEEDS}benign`, kind))];
}

const isCheck = process.argv.includes('--check');
mkdirSync(LABELLED, { recursive: true });
let count = 0;
for (const [name, text] of shards()) {
  count += text.split('\n').length - 2;
  if (!isCheck) writeFileSync(LABELLED + name, text);
  else if (readFileSync(LABELLED + name, 'utf8') !== text) {
    console.error(`corpus/labelled/${name} is out of date: run \`npm run corpus:generate\``);
    process.exit(1);
  }
}
if (!isCheck) console.log(`${count} requests`);
