import { describe, expect, test } from 'vitest';
import { VALUE_CACHE_ENTRIES_MAX, VALUE_CACHE_VALUE_BYTES_MAX } from '../../../src/core/limits.ts';
import { ValueCache } from '../../../src/matcher/value-cache.ts';

describe('value cache', () => {
  test('keeps values by target and text and counts hits and misses', () => {
    const cache = new ValueCache<number>();
    cache.set(1, 'a', 10);
    cache.set(2, 'a', 20);
    expect([cache.get(1, 'a'), cache.get(2, 'a'), cache.get(3, 'a'), cache.get(1, 'b')]).toEqual([
      10,
      20,
      undefined,
      undefined,
    ]);
    expect([cache.hits, cache.misses, cache.size]).toEqual([2, 2, 2]);
  });

  test('the least recently used entry makes room', () => {
    const cache = new ValueCache<number>(3);
    for (const [i, text] of ['a', 'b', 'c'].entries()) cache.set(0, text, i);
    cache.get(0, 'a');
    cache.set(0, 'd', 3);
    expect(['a', 'b', 'c', 'd'].map((text) => cache.get(0, text))).toEqual([0, undefined, 2, 3]);
    cache.set(0, 'e', 4);
    expect(['a', 'c', 'd', 'e'].map((text) => cache.get(0, text))).toEqual([undefined, 2, 3, 4]);
  });

  test('agrees with a plain model under any sequence of uses', () => {
    const cache = new ValueCache<number>(5);
    let model: [string, number][] = [];
    let state = 1;
    const random = (below: number): number => (state = (state * 1103515245 + 12345) & 0x7fffffff) % below;
    for (let i = 0; i < 5_000; i++) {
      const [target, text] = [random(2), String(random(9))];
      const key = `${target} ${text}`;
      const known = model.find(([k]) => k === key);
      expect(cache.get(target, text)).toBe(known?.[1]);
      if (known !== undefined) model = [...model.filter((entry) => entry !== known), known];
      else if (random(2) === 0) {
        cache.set(target, text, i);
        model = [...model.slice(-4), [key, i]];
      }
    }
    expect(cache.size).toBe(5);
  });

  test('setting a known text replaces its value', () => {
    const cache = new ValueCache<number>(2);
    cache.set(0, 'a', 1);
    cache.set(0, 'a', 2);
    expect([cache.get(0, 'a'), cache.size]).toEqual([2, 1]);
  });

  test('is bounded in entries and in the length of a text', () => {
    const cache = new ValueCache<number>();
    for (let i = 0; i < VALUE_CACHE_ENTRIES_MAX + 10; i++) cache.set(i % 7, String(i), i);
    expect(cache.size).toBe(VALUE_CACHE_ENTRIES_MAX);
    expect(cache.get(0, '0')).toBeUndefined();
    const longest = 'x'.repeat(VALUE_CACHE_VALUE_BYTES_MAX);
    cache.set(0, longest, 1);
    cache.set(0, `${longest}x`, 1);
    expect([cache.get(0, longest), cache.get(0, `${longest}x`)]).toEqual([1, undefined]);
  });

  test('a cache of no entries holds none; clearing empties it', () => {
    const none = new ValueCache<number>(0);
    none.set(0, 'a', 1);
    expect(none.get(0, 'a')).toBeUndefined();
    const cache = new ValueCache<number>(2);
    cache.set(0, 'a', 1);
    cache.clear();
    expect([cache.size, cache.get(0, 'a')]).toEqual([0, undefined]);
    cache.set(0, 'b', 2);
    expect(cache.get(0, 'b')).toBe(2);
  });
});
