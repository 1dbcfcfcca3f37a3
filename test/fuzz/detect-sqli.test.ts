/** SQL detection on mutated attacks and prose: it ends in time that grows with the text, and a longer text does not crash it. */
import { expect, test } from 'vitest';
import { detectSqli } from '../../src/detect/sql/detect-sqli.ts';
import { MYSQL, STANDARD } from '../../src/detect/sql/dialect.ts';
import { ENDING } from '../../src/detect/sql/finding.ts';
import { Reading } from '../../src/detect/sql/reading.ts';
import { readCode, readString } from '../../src/detect/sql/structure-reader.ts';
import { FUZZ_SEED, fuzzRuns, mutate, pick, randomOf } from '../support/fuzz.ts';

const SEED_TEXTS = [
  "1' union/**/all select null,concat(0x7e,(select group_concat(a,0x3a,b) from c where d='e' limit 1,1)) -- -",
  '1;declare @q varchar(99);set @q=0x77616974666f72;exec(@q);drop table if exists users cascade;--',
  "') or case when (1=1 and not 2 between 3 and 4) then sleep(5) else {fn now()} end or ('a'='a",
  'Please select a nice one from the union; it\'s "where" it fits, or order by phone (if you like).',
  "/*!50000and*/ exists(select * from [my table] as `t` where x.y ->> '$.a' @> q'[z]' collate utf8mb4_bin)#",
];
const TOKENS = [
  "'",
  '"',
  '`',
  '(',
  ')',
  ';',
  '--',
  '#',
  '/*',
  '*/',
  '/*!',
  '$$',
  '\\',
  '[',
  ']',
  '{',
  '}',
  '@',
  '\0',
  '\xa0',
  ' union select ',
  ' or ',
  ' case when ',
  '||',
  ',',
  '1.e',
  "q'[",
];
const ENDINGS: ReadonlySet<number> = new Set(Object.values(ENDING));

test(`readings end where the text does or before, seed ${FUZZ_SEED}`, () => {
  const random = randomOf(FUZZ_SEED);
  const reading = new Reading();
  for (let run = 0; run < fuzzRuns(3_000); run++) {
    const text = mutate(pick(SEED_TEXTS, random), TOKENS, random, 8);
    const first = detectSqli(text);
    expect(detectSqli(text), text).toBe(first);
    for (const dialect of [MYSQL, STANDARD]) {
      readCode(reading, text, 0, dialect);
      expect(ENDINGS.has(reading.ending), text).toBe(true);
      expect(reading.lexer.at, text).toBeLessThanOrEqual(text.length);
      expect(reading.tokens, text).toBeLessThanOrEqual(text.length + 1);
      if (readString(reading, text, 0x27, dialect)) expect(text[reading.closedAt]).toBe("'");
    }
  }
});

test(`a fragment repeated thousands of times has a verdict, seed ${FUZZ_SEED}`, () => {
  const random = randomOf(FUZZ_SEED);
  for (let run = 0; run < fuzzRuns(40); run++) {
    const fragment = mutate(pick(TOKENS, random) + pick(TOKENS, random), TOKENS, random, 3);
    expect(typeof detectSqli(fragment.repeat(2_000)), fragment).toBe('boolean');
  }
});
