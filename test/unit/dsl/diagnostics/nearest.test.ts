import { expect, test } from 'vitest';
import { NEAREST_NAME_CHARS_MAX } from '../../../../src/core/limits.ts';
import { didYouMean, nearestName } from '../../../../src/dsl/diagnostics/nearest.ts';

test('the closest name wins, the first among equals', () => {
  expect(nearestName('severtiy', ['sealed', 'severity'])).toBe('severity');
  expect(nearestName('ruel', ['route', 'rule'])).toBe('rule');
  expect(nearestName('ab', ['ac', 'ad'])).toBe('ac');
});

test('nothing close, nothing said', () => {
  expect(nearestName('xyz', ['severity'])).toBeUndefined();
  expect(nearestName('ab', ['cd'])).toBeUndefined();
  expect(didYouMean('severtiy', ['severity'])).toBe('did you mean `severity`?');
});

test('a word beyond the limit is not compared', () => {
  const name = 'a'.repeat(NEAREST_NAME_CHARS_MAX);
  expect(nearestName(name, [`${name.slice(1)}b`])).toBeDefined();
  expect(nearestName(`${name}a`, [`${name}b`])).toBeUndefined();
});
