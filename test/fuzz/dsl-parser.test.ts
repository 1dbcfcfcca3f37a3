// Mutated and random text: parser, formatter and renderers end, never throw, and stay within their limits.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIAGNOSTICS_MAX } from '../../src/core/limits.ts';
import { renderJson } from '../../src/dsl/diagnostics/render-json.ts';
import { renderText } from '../../src/dsl/diagnostics/render-text.ts';
import { renderSarif } from '../../src/dsl/diagnostics/sarif.ts';
import { formatFile } from '../../src/dsl/formatter.ts';
import { parseFile } from '../../src/dsl/parser.ts';
import { createSource } from '../../src/dsl/source.ts';
import { walk } from '../../src/dsl/walk.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1500);
const folder = join(import.meta.dirname, '..', 'golden', 'dsl-syntax', 'fixtures');
const corpus = readdirSync(folder)
  .filter((name) => name.endsWith('.ward'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));
const tokens = corpus.map((text) => text.match(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\w+|\s+|[^\w\s]/g) ?? []);
const DICTIONARY = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '"',
  '/',
  '//',
  '///',
  '\\',
  "'",
  '|>',
  '->',
  '..',
  '-',
  '#',
  '\n',
  '\r',
  '\0',
  '\ud800',
  '\u202e',
  '\ufeff',
  '999999999999999999',
  '1e5',
  'any',
  'not',
  'closed',
  'rule',
  'é',
  '漢',
];

/** xorshift32: small, and the same everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function check(text: string): void {
  const source = createSource('fuzz.ward', text);
  const { file, diagnostics } = parseFile(source);
  expect(diagnostics.length).toBeLessThanOrEqual(DIAGNOSTICS_MAX + 1);
  for (const { span } of diagnostics) {
    expect(span.start).toBeGreaterThanOrEqual(0);
    expect(span.end).toBeLessThanOrEqual(text.length);
  }
  walk(file, (node) => {
    if (node.span.start > node.span.end || node.span.end > text.length)
      throw new Error(`bad span of ${node.kind}`);
  });
  // No control character but the line feeds reaches the terminal.
  expect(renderText(diagnostics, { colour: false })).not.toMatch(
    /[\0-\x09\x0b-\x1f\x7f\u202a-\u202e\ud800-\udbff](?![\udc00-\udfff])/,
  );
  JSON.stringify([renderJson(diagnostics), renderSarif(diagnostics, '0.0.0')]);
  const formatted = formatFile(source);
  if (formatted.diagnostics.length > 0) expect(formatted.text).toBe(text);
  else expect(formatFile(createSource('fuzz.ward', formatted.text)).text).toBe(formatted.text);
}

test(`mutated files (seed ${SEED})`, () => {
  const pick = random(SEED);
  let valid = 0;
  for (let run = 0; run < RUNS; run++) {
    const all = tokens[pick(tokens.length)];
    const from = pick(all.length);
    const part = all.slice(from, from + 5 + pick(200));
    for (let edits = pick(4); edits >= 0; edits--) {
      const at = pick(part.length);
      const kind = pick(4);
      if (kind === 0) part.splice(at, 1);
      else if (kind === 1) part.splice(at, 0, DICTIONARY[pick(DICTIONARY.length)]);
      else if (kind === 2) part.splice(at, 0, part[pick(part.length)]);
      else part[at] = DICTIONARY[pick(DICTIONARY.length)];
    }
    const text = `${pick(8) === 0 ? '' : 'language 1\n'}${part.join('')}`;
    try {
      check(text);
    } catch (cause) {
      throw new Error(`seed ${SEED}, run ${run}: ${JSON.stringify(text)}`, { cause });
    }
    if (parseFile(createSource('', text)).diagnostics.length === 0) valid++;
  }
  // Were all of them broken, the formatter would not have been tried.
  expect(valid).toBeGreaterThan(0);
});

test(`random characters (seed ${SEED})`, () => {
  const pick = random(SEED);
  for (let run = 0; run < RUNS; run++) {
    let text = '';
    for (let length = pick(60); length > 0; length--) {
      text += pick(3) === 0 ? DICTIONARY[pick(DICTIONARY.length)] : String.fromCharCode(pick(256));
    }
    check(text);
  }
});

describe('long files of one thing', () => {
  const repeated = [
    '(',
    '[',
    '{',
    '}',
    '"',
    '/',
    "'",
    '\\',
    '&',
    'a ',
    'a.',
    'not ',
    'any ',
    '|> a',
    '///x\n',
    '//\n',
    '0',
    '-',
    '\n',
    'rule a "" {',
    '"a",',
    'x : {',
  ];
  test.each(repeated)('%j', (piece) => {
    for (const head of [
      'language 1\n',
      'language 1\nrule a.b "x" { when ',
      'language 1\nlist l : T = [',
      'language 1\nfn f(',
    ]) {
      const text = head + piece.repeat(200_000 / piece.length);
      const { diagnostics } = parseFile(createSource('long.ward', text));
      expect(renderText(diagnostics, { colour: false }).length).toBeLessThan(500_000);
    }
  });
});
