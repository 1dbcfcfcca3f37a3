// Matching alone: µs per browser GET by number of rules, cold and with the value cache, and ns per byte of hostile input.
// Run after `npm run build`: node bench/micro/matcher.mjs [rules…]. Rules and requests are synthetic and seeded.
import { CandidateBuffer, PatternSet } from '../../dist/matcher/pattern-set.js';
import { compileRegex } from '../../dist/matcher/regex.js';
import { ValueCache } from '../../dist/matcher/value-cache.js';

const MEASURE_MS = 600;
const TARGETS = { path: 0, argument: 1, header: 2, cookie: 3, name: 4 };

function generator(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const lower = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const step = (key, apply, triggers, erases) => ({ key, apply, triggers, erases, keepOriginal: false });
const PERCENT = step(
  'percent',
  (text) => text.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
  '%',
  false,
);
const LOWER = step('lower', lower, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', true);
const SQUEEZE = step('squeeze', (text) => text.replace(/\s+/g, ' '), ' \t\n\v\f\r\xa0', true);
const CHAINS = [[], [PERCENT], [PERCENT, LOWER], [PERCENT, LOWER, SQUEEZE]];

// Shapes of detection rules; W is a word of the rule's own, so that literals are as many as rules.
const SHAPES = [
  ['\\bW\\b\\s{0,20}\\(', 'i'],
  ['<W[^>]{0,40}>', 'i'],
  ['[\'"]\\s{0,8}W\\b', 'i'],
  ['/W\\.(?:php|jsp|cgi)$', ''],
  ['W\\s+(?:from|into|where)\\s+\\w+', 'i'],
  ['(?:W|Wx)://', 'i'],
  ['^W$', 'i'],
  ['\\.\\./W', ''],
  ['W=[^;]{64}', ''],
];

function makeEntries(count) {
  const random = generator(7);
  const word = () =>
    Array.from({ length: 5 + random(5) }, () => 'abcdefghijklmnopqrstuvwxyz'[random(26)]).join('');
  return Array.from({ length: count }, (_, id) => {
    const [shape, flags] = SHAPES[random(SHAPES.length)];
    const source = shape.replaceAll('W', word());
    const targets = [
      [TARGETS.path],
      [TARGETS.argument, TARGETS.name],
      [TARGETS.header],
      [TARGETS.argument, TARGETS.cookie],
    ];
    const need = { kind: 'regex', source, flags };
    return {
      id,
      chain: CHAINS[random(CHAINS.length)],
      need,
      exact: compileRegex(source, flags),
      targets: targets[random(4)],
    };
  });
}

const HEADERS = [
  'shop.example.com',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'en-GB,en;q=0.7,de;q=0.3',
  'gzip, deflate, br',
  'https://shop.example.com/category/outdoor?page=2&sort=price',
  'keep-alive',
  '1',
  'document',
  'navigate',
  'same-origin',
];
const COOKIES = ['8f14e45fceea167a5a36dedd4bea2543', 'GA1.2.1234567890.1718000000', 'en', 'dark'];
const ARGUMENTS = ['mountain bike', '2', 'price_asc', 'trek', '100', 'homepage-banner'];
const NAMES = ['q', 'page', 'sort', 'brand', 'min', 'ref'];

function requestValues() {
  return [
    [TARGETS.path, '/products/outdoor/mountain-bikes'],
    ...ARGUMENTS.map((text) => [TARGETS.argument, text]),
    ...NAMES.map((text) => [TARGETS.name, text]),
    ...HEADERS.map((text) => [TARGETS.header, text]),
    ...COOKIES.map((text) => [TARGETS.cookie, text]),
  ];
}

function measure(run) {
  for (const end = performance.now() + MEASURE_MS / 2; performance.now() < end; ) run();
  let rounds = 0;
  const start = performance.now();
  do {
    run();
    rounds++;
  } while (performance.now() - start < MEASURE_MS);
  return ((performance.now() - start) * 1000) / rounds;
}

function benchRequests(counts) {
  const values = requestValues();
  const bytes = Buffer.from(values.map(([, text]) => text).join(''), 'latin1');
  // Fresh strings every time, as a parser makes them: nothing rests on a string's cached hash.
  const fresh = () => {
    let at = 0;
    return values.map(([target, text]) => [target, bytes.latin1Slice(at, (at += text.length))]);
  };
  for (const count of counts) {
    const started = performance.now();
    const set = new PatternSet(makeEntries(count));
    const compileMs = performance.now() - started;
    const out = new CandidateBuffer();
    const cache = new ValueCache();
    let candidates = 0;
    const scanAll = () => {
      for (const [target, text] of fresh()) {
        set.scan(target, text, out);
        candidates += out.count;
      }
    };
    const scanCached = () => {
      for (const [target, text] of fresh()) {
        const cached = target === TARGETS.header || target === TARGETS.cookie;
        if (cached && cache.get(target, text) !== undefined) continue;
        set.scan(target, text, out);
        if (cached) cache.set(target, text, out.count);
      }
    };
    const slicing = measure(fresh);
    const cold = measure(scanAll) - slicing;
    const warm = measure(scanCached) - slicing;
    const states = set.statistics.alphabets.map((alphabet) => alphabet.states).join('/');
    console.log(
      `${String(count).padStart(6)} rules: ${cold.toFixed(1)} µs per GET, ${warm.toFixed(1)} with warm cache; ` +
        `compiled in ${compileMs.toFixed(0)} ms, states ${states}, candidates ${candidates > 0 ? 'some' : 'none'}`,
    );
  }
}

const SOUP = [
  'select',
  'union',
  ' from',
  '(',
  "'",
  '"',
  '<script',
  '../',
  'etc/passwd',
  ' or ',
  '1=1',
  '--',
  '/*',
  '${',
  ';',
  '%27',
  '\\',
];

function hostileInputs(entries, length) {
  const random = generator(3);
  const fill = (piece) => {
    const parts = [];
    for (let size = 0; size < length; ) {
      const part = piece();
      parts.push(part);
      size += part.length;
    }
    return parts.join('').slice(0, length);
  };
  const literals = entries.flatMap((entry) => entry.exact.info.requiredLiterals);
  return {
    'one letter': fill(() => 'a'),
    'attack soup': fill(() => SOUP[random(SOUP.length)]),
    'own literals': fill(() => `${literals[random(literals.length)]} (`),
    'near misses': fill(() => literals[random(literals.length)].slice(0, -1)),
    'random bytes': fill(() => String.fromCharCode(random(256))),
    'random ASCII': fill(() => String.fromCharCode(32 + random(95))),
    'percent nest': fill(() => '%25'),
    'encoded literals': fill(() =>
      literals[random(literals.length)].replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`),
    ),
    quotes: fill(() => '\'"`\\'),
    'upper case': fill(() => literals[random(literals.length)].toUpperCase()),
  };
}

function benchHostile(count) {
  const entries = makeEntries(count);
  const set = new PatternSet(entries);
  const out = new CandidateBuffer();
  console.log(`hostile values against ${count} rules, ns per byte at 4 KiB and 64 KiB:`);
  const sizes = [4096, 65536].map((length) => hostileInputs(entries, length));
  for (const name of Object.keys(sizes[0])) {
    const figures = sizes.map((inputs) => {
      const text = inputs[name];
      return (measure(() => set.scan(TARGETS.argument, text, out)) * 1000) / text.length;
    });
    console.log(
      `  ${name.padEnd(18)} ${figures.map((ns) => ns.toFixed(0).padStart(6)).join(' ')}   (${out.count} matches)`,
    );
  }
}

const counts = process.argv.slice(2).map(Number);
benchRequests(counts.length > 0 ? counts : [150, 1_500, 10_000]);
benchHostile(counts[0] ?? 150);
benchHostile(counts[1] ?? 1_500);
