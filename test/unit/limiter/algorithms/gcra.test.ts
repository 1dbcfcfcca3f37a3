import { describe, expect, test } from 'vitest';
import { LIMIT_NEVER_MS } from '../../../../src/core/limits.ts';
import {
  gcraLevel,
  gcraRefundable,
  gcraResetMs,
  gcraWaitMs,
} from '../../../../src/limiter/algorithms/gcra.ts';

describe('gcra', () => {
  test('drains count tokens in each period and stops at nothing', () => {
    expect(gcraLevel(200, 0, 500, 20, 1_000)).toBe(190);
    expect(gcraLevel(3, 0, 60_000, 20, 1_000)).toBe(0);
  });

  test('drains nothing for a time before that of the level', () => {
    expect(gcraLevel(7, 1_000, 999.9, 20, 1_000)).toBe(7);
  });

  test('says when tokens fit', () => {
    expect(gcraWaitMs(199, 1, 200, 20, 1_000)).toBe(0);
    expect(gcraWaitMs(200, 1, 200, 20, 1_000)).toBe(50);
    expect(gcraWaitMs(200, 200, 200, 20, 1_000)).toBe(10_000);
    expect(gcraWaitMs(0, 201, 200, 20, 1_000)).toBe(LIMIT_NEVER_MS);
    expect(gcraResetMs(200, 20, 1_000)).toBe(10_000);
    expect(gcraResetMs(0, 20, 1_000)).toBe(0);
  });

  test('refunds what has not drained', () => {
    expect(gcraRefundable(2, 10, 0, 0, 1, 1_000)).toBe(2);
    expect(gcraRefundable(2, 10, 0, 9_000, 1, 1_000)).toBe(1);
    expect(gcraRefundable(2, 10, 0, 10_000, 1, 1_000)).toBe(0);
  });
});
