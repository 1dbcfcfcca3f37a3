/** Detection of commands on mutated attacks and scripts: it ends in time that grows with the text. */
import { expect, test } from 'vitest';
import { detectCommand } from '../../src/detect/shell/detect-command.ts';
import { detectShell } from '../../src/detect/shell/detect-shell.ts';
import { FUZZ_SEED, fuzzRuns, mutate, pick, randomOf } from '../support/fuzz.ts';

const SEED_TEXTS = [
  '127.0.0.1\';c\\at$ifs/etc/passwd|`id`$(sudo -u x nohup /b?n/sh -c "id")&net user eve /add #',
  'npm ci && rm -rf dist; for i in 1 2; do echo $i > x.log 2>&1; done\nls -la | grep -v "x y"\n',
  'Salt & pepper; more, `sort` them | set the table\\nand find <(the) ${guest} at %home%.',
];
const TOKENS = [
  ';',
  '|',
  '&',
  '\n',
  '`',
  '$(',
  '<(',
  ')',
  '\\n',
  "'",
  '"',
  '\\',
  '^',
  '${',
  '}',
  '$@',
  ' sudo ',
  ' cat ',
  '/',
  '\0',
];

test(`every text has a verdict, seed ${FUZZ_SEED}`, () => {
  const random = randomOf(FUZZ_SEED);
  for (let run = 0; run < fuzzRuns(3_000); run++) {
    const text = mutate(pick(SEED_TEXTS, random), TOKENS, random, 8);
    const first = detectShell(text);
    expect(detectShell(text), text).toBe(first);
    expect(detectCommand(text), text).toBe(detectCommand(text));
  }
});

test(`a fragment repeated thousands of times has a verdict, seed ${FUZZ_SEED}`, () => {
  const random = randomOf(FUZZ_SEED);
  for (let run = 0; run < fuzzRuns(40); run++) {
    const fragment = mutate(pick(TOKENS, random) + pick(TOKENS, random), TOKENS, random, 3);
    expect(typeof detectShell(fragment.repeat(2_000)), fragment).toBe('boolean');
    expect(typeof detectCommand(fragment.repeat(200).slice(0, 1_000)), fragment).toBe('boolean');
  }
});
