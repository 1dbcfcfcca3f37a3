import { describe, expect, test } from 'vitest';
import { LIMIT_NEVER_MS } from '../../../../src/core/limits.ts';
import { fixedResetMs, fixedUsed, fixedWaitMs } from '../../../../src/limiter/algorithms/fixed-window.ts';

describe('fixed window', () => {
  test('begins anew at each multiple of the period', () => {
    expect(fixedUsed(5, 60_000, 119_999, 60_000)).toBe(5);
    expect(fixedUsed(5, 119_999, 120_000, 60_000)).toBe(0);
  });

  test('keeps a window that another thread has begun a moment ahead', () => {
    expect(fixedUsed(5, 120_000, 119_999.9, 60_000)).toBe(5);
  });

  test('says when tokens fit', () => {
    expect(fixedResetMs(60_000, 60_000)).toBe(60_000);
    expect(fixedResetMs(119_999.5, 60_000)).toBe(1);
    expect(fixedWaitMs(5, 0, 5, 61_000, 60_000)).toBe(0);
    expect(fixedWaitMs(5, 1, 5, 61_000, 60_000)).toBe(59_000);
    expect(fixedWaitMs(0, 6, 5, 61_000, 60_000)).toBe(LIMIT_NEVER_MS);
  });
});
