/** Random and mutated regexes: the parser takes them or refuses them with a place, and what it takes compiles and ends. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileRegex, RegexSyntaxError } from '../../src/matcher/regex.ts';
import { FUZZ_SEED, fuzzRuns, mutate, pick, randomOf } from '../support/fuzz.ts';

const folder = new URL('../../rules/', import.meta.url);
/** Regexes of the shipped rules. */
const SEEDS = readdirSync(folder)
  .filter((name) => name.endsWith('.ward'))
  .flatMap(
    (name) => readFileSync(new URL(name, folder), 'utf8').match(/(?<=[ (])\/(?:[^/\\\n]|\\.){4,}\//g) ?? [],
  )
  .map((regex) => regex.slice(1, -1).replaceAll('\\/', '/'));
const TOKENS = [
  '(',
  ')',
  '(?:',
  '(?i)',
  '(?-s:',
  '(?P<n>',
  '(?=',
  '[',
  ']',
  '[^',
  '[:alpha:]',
  '{2,}',
  '{1000}',
  '*',
  '+?',
  '|',
  '^',
  '$',
  '\\',
  '\\b',
  '\\x{10ffff}',
  '\\pL',
  '\\Q',
  '\\1',
  '\xe9',
  '\u6f22',
  '-',
];

test(`regexes, seed ${FUZZ_SEED}`, () => {
  expect(SEEDS.length).toBeGreaterThan(50);
  const random = randomOf(FUZZ_SEED);
  const outcomes = { taken: 0, refused: 0 };
  const text = `<script>union select 1 from a${'a'.repeat(200)}\xff\0`;
  for (let run = 0; run < fuzzRuns(2_000); run++) {
    const source = mutate(pick(SEEDS, random), TOKENS, random);
    try {
      const regex = compileRegex(source, pick(['', 'i', 's', 'im'], random));
      expect(typeof regex.test(text), source).toBe('boolean');
      outcomes.taken++;
    } catch (error) {
      if (!(error instanceof RegexSyntaxError)) throw new Error(`on /${source}/`, { cause: error });
      outcomes.refused++;
    }
  }
  expect(Math.min(outcomes.taken, outcomes.refused), JSON.stringify(outcomes)).toBeGreaterThan(0);
});
