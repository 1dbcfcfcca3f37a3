/** `detect_xss` on mutated attacks: it ends, gives the same answer twice, and does not depend on what it read before. */
import { expect, test } from 'vitest';
import { detectXss } from '../../src/detect/html/detect-xss.ts';
import { ATTACKS, PIECES } from '../integration/xss-values.ts';
import { FUZZ_SEED, fuzzRuns, mutate, pick, randomOf } from '../support/fuzz.ts';

test(`detect_xss, seed ${FUZZ_SEED}`, () => {
  const random = randomOf(FUZZ_SEED);
  for (let run = 0; run < fuzzRuns(3_000); run++) {
    const value = mutate(pick(ATTACKS, random), PIECES, random, 6);
    const first = detectXss(value);
    detectXss(mutate(value, PIECES, random));
    expect(detectXss(value), JSON.stringify(value)).toBe(first);
    // What follows a complete element cannot undo it.
    expect(detectXss(`<img src=x onerror=alert(1)>${value}`), JSON.stringify(value)).toBe(true);
  }
});
