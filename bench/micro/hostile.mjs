// Microseconds of processor time a byte of hostile input costs the engine with its readers, for the whole rule set.
// Needs `npm run build`.
//
//   node bench/micro/hostile.mjs [--rules PATH]... [--seclang PATH]... [--enforce] [--place TEXT] [--search 200] [--seed 1]
//                                [--top 15]
//
// Every shape of hostile-shapes.mjs is sent as a value of a form and of a JSON document, at 1, 16 and 64 KB, the worst also
// at 1 MB; then fast-check looks for worse mixtures of their pieces at 16 KB. Rules only report unless `--enforce` is given:
// a request that is refused early costs less. The figure is the least of several runs; with `--place` only shapes whose name
// has that text are sent. The last column is the cost of a byte at 1 MB by that at 64 KB: linear work keeps it near 1.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { admit } from '../../dist/control/inspection.js';
import { createEngine } from '../../dist/engine/engine.js';
import { programOf } from '../evaluation/program.mjs';
import { BODIES, HEADS, TARGETS, TEXTS, carry } from './hostile-shapes.mjs';

const { values: options } = parseArgs({
  options: {
    rules: { type: 'string', multiple: true, default: [] },
    seclang: { type: 'string', multiple: true, default: [] },
    enforce: { type: 'boolean', default: false },
    place: { type: 'string', default: '' },
    search: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    top: { type: 'string', default: '15' },
  },
});

const SIZES = [1_024, 16_384, 65_536];
const LARGEST_BYTES = 1_048_576;
const SEARCHED_BYTES = 16_384;
const TYPES = { form: 'application/x-www-form-urlencoded', json: 'application/json' };
/** The aim, in microseconds a byte. */
const AIM = 0.6;
/** Bytes of one measurement: small requests are repeated. */
const RUN_BYTES = 65_536;
const RUNS = 3;
/** Requests that take turns, each a byte shorter: what steps and detectors made of the last few long texts is remembered. */
const VARIANTS = 6;
/** As a listener hands them on. */
const CHUNK_BYTES = 65_536;

function requestOf(fields, type, body, target = '/') {
  const bytes = Buffer.from(body ?? '', 'latin1');
  const typed =
    body === undefined
      ? []
      : [
          ['content-type', type],
          ['content-length', String(bytes.length)],
        ];
  const raw = {
    method: body === undefined ? 'GET' : 'POST',
    target,
    headers: [['host', 'shop.example'], ...fields, ...typed],
    body,
  };
  const admission = admit({ from: '203.0.113.9', scheme: 'https', answered: undefined, ...raw });
  if ('reason' in admission) return null;
  const lines = fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const size = bytes.length + lines + target.length;
  return { head: admission.head, bytes, size };
}

function evaluate(engine, { head, bytes }) {
  const transaction = engine.begin(head);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    transaction.requestBody(bytes.subarray(at, at + CHUNK_BYTES));
  transaction.requestEnd();
  transaction.close();
}

/** Microseconds a byte of requests that `make` gives for about `bytes`; 0 for what the guard refuses. */
function costOf(engine, make, bytes, runs = RUNS) {
  const others = Array.from({ length: runs === 1 ? 1 : VARIANTS }, (_, less) => make(bytes - less));
  if (others.includes(null)) return 0;
  // Some shapes are bounded by a count: however many bytes are asked for, their requests stay small.
  const repeats = Math.max(1, Math.ceil(RUN_BYTES / others[0].size));
  let least = Infinity;
  let next = 0;
  for (let run = 0; run < runs; run++) {
    let size = 0;
    const from = process.cpuUsage();
    for (let i = 0; i < repeats; i++) {
      const request = others[next++ % others.length];
      evaluate(engine, request);
      size += request.size;
    }
    const { user, system } = process.cpuUsage(from);
    least = Math.min(least, (user + system) / size);
  }
  return least;
}

/** Every shape as label and maker of a request. */
function shapes() {
  const all = [];
  for (const [name, text] of Object.entries(TEXTS)) {
    for (const as of ['form', 'json'])
      all.push([`${name} (${as})`, (n) => requestOf([], TYPES[as], carry(text(n), as))]);
  }
  for (const [name, { type, body }] of Object.entries(BODIES))
    all.push([name, (n) => requestOf([], type, body(n))]);
  for (const [name, fields] of Object.entries(HEADS))
    all.push([name, (n) => requestOf(fields(n), '', undefined)]);
  for (const [name, target] of Object.entries(TARGETS))
    all.push([name, (n) => requestOf([], '', undefined, target(n))]);
  return all.filter(([name]) => name.includes(options.place));
}

function search(engine, runs, seed) {
  const pieces = Object.values(TEXTS).map((text) => text(12));
  const mixture = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), {
    minLength: 1,
    maxLength: 6,
  });
  let worst = { cost: 0, unit: '' };
  fc.assert(
    fc.property(mixture, fc.constantFrom('form', 'json'), (units, as) => {
      const unit = Buffer.from(units.join(''), 'utf8').toString('latin1');
      if (unit === '') return;
      const textOf = (n) => unit.repeat(Math.ceil(n / unit.length)).slice(0, n);
      const cost = costOf(engine, (n) => requestOf([], TYPES[as], carry(textOf(n), as)), SEARCHED_BYTES);
      if (cost > worst.cost) worst = { cost, unit: `${as} ${JSON.stringify(unit)}` };
    }),
    { numRuns: runs, seed },
  );
  return worst;
}

const imported = mkdtempSync(join(tmpdir(), 'ward-hostile-'));
try {
  const program = await programOf(options, imported, options.enforce ? 'enforce' : 'monitor');
  const engine = createEngine(program);
  const all = shapes();
  for (const [, request] of all) costOf(engine, request, SIZES[0]);
  const rows = all.map(([label, request]) => {
    const costs = SIZES.map((size) => costOf(engine, request, size));
    return { label, request, costs, worst: Math.max(...costs), growth: 0 };
  });
  rows.sort((a, b) => b.worst - a.worst);
  const shown = rows.slice(0, Number(options.top));
  console.log(
    `µs a byte${' '.repeat(31)} ${['1 KB', '16 KB', '64 KB', '1 MB'].map((name) => name.padStart(8)).join('')}  1 MB/64 KB`,
  );
  for (const row of shown) {
    const [, , large] = row.costs;
    const largest = costOf(engine, row.request, LARGEST_BYTES, 1);
    row.costs.push(largest);
    row.worst = Math.max(row.worst, largest);
    row.growth = largest / Math.max(large, 0.01);
    const figures = row.costs.map((cost) => cost.toFixed(3).padStart(8)).join('');
    console.log(`${row.label.padEnd(40)} ${figures} ${row.growth.toFixed(2).padStart(8)}`);
  }
  const steepest = shown.reduce((a, b) => (b.growth > a.growth ? b : a));
  console.log(`steepest: ${steepest.label}, ${steepest.growth.toFixed(2)}`);
  const found = search(engine, Number(options.search), Number(options.seed));
  console.log(`worst of ${options.search} mixtures: ${found.cost.toFixed(3)} for ${found.unit}`);
  const beyond = rows.filter((row) => row.worst > AIM).length;
  console.log(`${beyond} of ${rows.length} shapes cost more than ${AIM} µs a byte`);
} finally {
  rmSync(imported, { recursive: true });
}
