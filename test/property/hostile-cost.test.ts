/**
 * Work the matcher does for hostile texts, counted instead of timed: bytes read by automata and by RE2, over the shipped
 * rules. It must stay linear: doubling a text does not quadruple the work, and no text is read more than so many times.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TEXTS } from '../../bench/micro/hostile-shapes.mjs';
import { compileProgram } from '../../src/compiler/compile.ts';
import { analyseForChecker } from '../../src/compiler/regex-analyser.ts';
import { admit } from '../../src/control/inspection.ts';
import { checkProgram } from '../../src/dsl/checker/check-program.ts';
import { parseFile } from '../../src/dsl/parser.ts';
import { createSource } from '../../src/dsl/source.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { Automaton } from '../../src/matcher/automaton.ts';
import { Re2Program } from '../../src/matcher/re2-adapter.ts';

const seed = Number(process.env['FC_SEED'] ?? 20_261_122);
const RULES = fileURLToPath(new URL('../../rules/', import.meta.url));
const BYTES = 4_096;
/** Passes over a value: variants times automata, and the regexes that literals in it make candidates of. */
const PASSES_MAX = 150;
/** Quadratic work would make it 4. It is more than 2 where the cut of the longer text lets it have one variant more. */
const GROWTH_MAX = 3.2;

function shippedPolicy() {
  const files = readdirSync(RULES)
    .filter((name) => name.endsWith('.ward'))
    .map((name) => parseFile(createSource(name, readFileSync(RULES + name, 'utf8'))).file);
  const { policy } = checkProgram(files, { regex: analyseForChecker, today: '2026-11-22' });
  if (policy === null) throw new Error('the shipped rules do not check');
  return { ...policy, settings: { ...policy.settings, mode: 'monitor' as const } };
}

let engine: ReturnType<typeof createEngine>;
let work = 0;

beforeAll(() => {
  engine = createEngine(compileProgram(shippedPolicy()).program);
  const scan = Automaton.prototype.scan;
  vi.spyOn(Automaton.prototype, 'scan').mockImplementation(function (this: Automaton, text) {
    work += text.length;
    return scan.call(this, text);
  });
  for (const method of ['test', 'exec'] as const) {
    const search = Re2Program.prototype[method] as (text: string) => unknown;
    vi.spyOn(Re2Program.prototype, method).mockImplementation(function (this: Re2Program, text: string) {
      work += text.length;
      return search.call(this, text) as never;
    });
  }
});

afterAll(() => {
  vi.restoreAllMocks();
});

/** Bytes read for a request with the text as an argument of a form. */
function workFor(text: string): number {
  const body = `v=${encodeURIComponent(text)}`;
  const admission = admit({
    from: '203.0.113.9',
    scheme: 'https',
    answered: undefined,
    method: 'POST',
    target: '/',
    headers: [
      ['host', 'shop.example'],
      ['content-type', 'application/x-www-form-urlencoded'],
      ['content-length', String(body.length)],
    ],
    body,
  });
  if ('reason' in admission) throw new Error(admission.reason);
  work = 0;
  const transaction = engine.begin(admission.head);
  void transaction.requestBody(Buffer.from(body, 'latin1'));
  void transaction.requestEnd();
  transaction.close();
  return work;
}

function expectLinear(make: (bytes: number) => string): void {
  const [single, double] = [workFor(make(BYTES)), workFor(make(BYTES * 2))];
  expect(single).toBeGreaterThan(0);
  expect(single / BYTES).toBeLessThan(PASSES_MAX);
  expect(double).toBeLessThan(single * GROWTH_MAX + BYTES);
}

describe('the work for a hostile text is linear', () => {
  it.each(Object.entries(TEXTS))('%s', (_name, text) => {
    expectLinear(text);
  });

  it('mixtures of their pieces', () => {
    const pieces = Object.values(TEXTS).map((text) => text(12));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 }), (units) => {
        const unit = units.join('');
        expectLinear((bytes) => unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes));
      }),
      { numRuns: 30, seed },
    );
  });
});
