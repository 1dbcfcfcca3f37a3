// Whatever the parser makes of a damaged file, the checker answers with diagnostics: it never throws and never accepts
// what the parser refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FUZZ_SEED, fuzzRuns } from '../support/fuzz.ts';
import { checkFiles } from '../support/check-rules.ts';

const folder = join(import.meta.dirname, '..', 'golden', 'dsl-check');
const texts = ['orders-api.ward', 'team-policies.ward'].map((name) =>
  readFileSync(join(folder, name), 'utf8'),
);

/** Words and marks, so that a change is a change of meaning more often than of syntax. */
const tokens = texts.map(
  (text) => text.match(/"(?:[^"\\\n]|\\.)*"|\/(?:[^/\\\n]|\\.)+\/|\w+|\s+|[^\w\s]/g) ?? [],
);

const damage = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('drop', 'double', 'swap', 'borrow'),
  from: fc.nat(),
});

test('damaged policies', () => {
  fc.assert(
    fc.property(fc.nat(tokens.length - 1), fc.array(damage, { minLength: 1, maxLength: 6 }), (which, all) => {
      const words = [...tokens[which]];
      for (const { at, kind, from } of all) {
        const place = at % words.length;
        if (kind === 'drop') words.splice(place, 1);
        else if (kind === 'double') words.splice(place, 0, words[place]);
        else if (kind === 'borrow') words[place] = words[from % words.length];
        else
          [words[place], words[(place + 2) % words.length]] = [
            words[(place + 2) % words.length],
            words[place],
          ];
      }
      const { policy, diagnostics } = checkFiles([{ path: 'damaged.ward', text: words.join('') }]);
      const refused = diagnostics.some((found) => found.severity === 'error');
      expect(policy === null).toBe(refused);
      for (const { span } of diagnostics) {
        expect(span.start).toBeLessThanOrEqual(span.end);
        expect(span.end).toBeLessThanOrEqual(span.source.text.length);
      }
    }),
    { numRuns: fuzzRuns(150), ...(process.env['FUZZ_SEED'] === undefined ? {} : { seed: FUZZ_SEED }) },
  );
});
