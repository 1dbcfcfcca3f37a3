/** Which of several needs a scan had better wait for. */
import { expect, test } from 'vitest';
import type { Need } from '../../../src/matcher/pattern-entry.ts';
import { needWorth } from '../../../src/matcher/requirement.ts';

const regex = (source: string): Need => ({ kind: 'regex', source, flags: '' });
const words = (...any: string[]): Need => ({ kind: 'literals', any, fold: false, at: 'anywhere' });

test('the worth of a need follows how rarely a text satisfies it', () => {
  const rising: readonly Need[] = [
    { kind: 'always' },
    regex('[a-z]{3}'),
    regex('[%<]'),
    words('or', 'and', 'not'),
    words('or'),
    regex('%2[0-9a-f][^ ]{0,16}select'),
    regex('union\\s+select'),
    words(),
  ];
  const worths = rising.map(needWorth);
  expect(worths).toEqual([...worths].sort((a, b) => a - b));
  expect(new Set(worths).size).toBe(rising.length);
});

test('what every other text has, a blank or a letter, makes a need worth nothing', () => {
  expect(needWorth(words(' ', "'", '--'))).toBeLessThan(needWorth(regex('%2[0-9a-f]|\\+[^ ]{0,16}%2')));
});
