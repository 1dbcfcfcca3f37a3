import { expect, test } from 'vitest';
import { SIGHTING_PLACES } from '../../../src/core/limits.ts';
import { SightingFilter } from '../../../src/matcher/sighting-filter.ts';
import { ValueCache } from '../../../src/matcher/value-cache.ts';

test('a text is known from its second sighting on, per target', () => {
  const filter = new SightingFilter();
  expect(filter.again(1, 'theme=dark')).toBe(false);
  expect(filter.again(1, 'theme=dark')).toBe(true);
  expect(filter.again(2, 'theme=dark')).toBe(false);
  expect(filter.again(1, '')).toBe(false);
  expect(filter.again(1, '')).toBe(true);
});

test('more texts than SIGHTING_PLACES make it forget, never grow', () => {
  const filter = new SightingFilter();
  filter.again(1, 'first');
  for (let i = 0; i < SIGHTING_PLACES * 16; i++) filter.again(1, `text ${i}`);
  expect(filter.again(1, 'first')).toBe(false);
});

test('a cache takes an offered text in when it comes again', () => {
  const cache = new ValueCache<number>();
  cache.offer(1, 'agent', 7);
  expect(cache.get(1, 'agent')).toBeUndefined();
  cache.offer(1, 'agent', 7);
  expect(cache.get(1, 'agent')).toBe(7);
});
