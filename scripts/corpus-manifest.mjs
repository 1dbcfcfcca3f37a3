// Rewrites corpus/manifest.json: a hash of every case, and the half (tune or held_out) that its name draws. A shard of
// labelled requests is divided inside: each family of requests draws its half (bench/detection/collection.mjs).
// With --check it changes nothing and exits 1 when the file is out of date.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const corpus = fileURLToPath(new URL('../corpus/', import.meta.url));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const halfOfCase = (name) => (Number.parseInt(sha256(name).slice(0, 2), 16) % 2 === 0 ? 'tune' : 'held_out');

const cases = readdirSync(corpus, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(?:yaml|ndjson)$/.test(entry.name))
  .map((entry) => relative(corpus, join(entry.parentPath, entry.name)).split(sep).join('/'))
  .sort();

const manifest = Object.fromEntries(
  cases.map((name) => [
    name,
    {
      sha256: sha256(readFileSync(join(corpus, name))),
      // Drawn from the name alone: editing a case never moves it to the other half.
      half: name.endsWith('.ndjson') ? 'split' : halfOfCase(name),
    },
  ]),
);

const text = `${JSON.stringify(manifest, null, 1)}\n`;
const file = join(corpus, 'manifest.json');
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error('corpus/manifest.json is out of date: run `npm run corpus:manifest`');
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
  console.log(`${cases.length} cases`);
}
