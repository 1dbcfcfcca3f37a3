// SQL detection alone: ns per short value, µs per KiB of prose, ns per byte of hostile input. CPU time, so that a busy
// machine shows the same. Run after `npm run build`: node bench/micro/detect-sqli.mjs
import { detectSqli } from '../../dist/detect/sql/detect-sqli.js';

const MEASURE_MS = 200;
const HOSTILE_BYTES = 65_536;

const SHORT = [
  'hello',
  '12345',
  'john@example.com',
  'red shoes size 42',
  '2024-05-01T10:00:00Z',
  "O'Reilly",
  'Maria Schmidt',
  'https://shop.example/a?b=c&d=e',
  'en-US',
  'Add to cart',
  '9f86d081884c7d659a2feaa0c55ad015',
  '+49 (170) 1234567',
];
const PROSE = `It's been a while since we've heard from the union (or its board), so let's select a date and order by
phone; drop in whenever you like. She said "yes" and left the house where the dogs' bowls were, and that was that. `;
const HOSTILE = [
  '(',
  "'",
  '/*',
  ';drop ',
  ';drop table ',
  'union ',
  ' union select ',
  '(select ',
  ";drop 'x",
  ';/*',
  ';$a$;$b$',
  '1+',
  '/*!',
  '1;',
  ';if(1=1)',
  "'1' or ",
  ' ',
];

/** CPU nanoseconds of one call, the best of some batches. */
function nanoseconds(value) {
  let best = Infinity;
  for (let batch = 0; batch < 5; batch++) {
    const end = performance.now() + MEASURE_MS / 5;
    const before = process.cpuUsage();
    let calls = 0;
    do {
      for (let i = 0; i < 16; i++) detectSqli(value);
      calls += 16;
    } while (performance.now() < end);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1_000) / calls);
  }
  return best;
}

// The compiler works beside the first calls, and its time would be counted as theirs.
const warm = performance.now() + 1_000;
while (performance.now() < warm) for (const value of [...SHORT, PROSE, ...HOSTILE]) detectSqli(value);

const sorted = SHORT.map((value) => [value, nanoseconds(value)]).sort((a, b) => a[1] - b[1]);
for (const [value, ns] of sorted) console.log(`${ns.toFixed(0).padStart(6)} ns  ${value}`);
console.log(`${sorted[sorted.length >> 1][1].toFixed(0).padStart(6)} ns  median of short values`);
console.log(
  `${(nanoseconds(PROSE.repeat(5).slice(0, 1024)) / 1_000).toFixed(1).padStart(6)} µs  1 KiB of prose`,
);
for (const fragment of HOSTILE) {
  const text = fragment.repeat(Math.ceil(HOSTILE_BYTES / fragment.length));
  console.log(
    `${(nanoseconds(text) / text.length).toFixed(1).padStart(6)} ns/byte  ${JSON.stringify(fragment)} …`,
  );
}
