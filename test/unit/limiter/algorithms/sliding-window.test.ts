import { describe, expect, test } from 'vitest';
import {
  SLIDING_WORDS,
  slidingLastTick,
  slidingRefund,
  slidingSpend,
  slidingTickMs,
  slidingUsed,
  slidingWaitTicks,
} from '../../../../src/limiter/algorithms/sliding-window.ts';

const PERIOD = 800;
const record = (): Uint32Array => new Uint32Array(SLIDING_WORDS);

function spend(words: Uint32Array, tick: number, cost: number): void {
  slidingUsed(words, 0, tick, PERIOD);
  slidingSpend(words, 0, tick, PERIOD, cost);
}

describe('sliding window', () => {
  test('gives a burst back exactly one period later', () => {
    const words = record();
    spend(words, 130, 5);
    expect(slidingUsed(words, 0, 929, PERIOD)).toBe(5);
    expect(slidingUsed(words, 0, 930, PERIOD)).toBe(0);
  });

  test('keeps tokens of one slot together, a slot too long at most', () => {
    const words = record();
    spend(words, 100, 1);
    spend(words, 199, 1);
    spend(words, 200, 1);
    expect(slidingUsed(words, 0, 998, PERIOD)).toBe(3);
    expect(slidingUsed(words, 0, 999, PERIOD)).toBe(1);
    expect(slidingUsed(words, 0, 1_000, PERIOD)).toBe(0);
  });

  test('says when enough runs are over', () => {
    const words = record();
    spend(words, 100, 2);
    spend(words, 350, 3);
    slidingUsed(words, 0, 400, PERIOD);
    expect(slidingWaitTicks(words, 0, 400, PERIOD, 0)).toBe(0);
    expect(slidingWaitTicks(words, 0, 400, PERIOD, 2)).toBe(500);
    expect(slidingWaitTicks(words, 0, 400, PERIOD, 3)).toBe(750);
    expect(slidingLastTick(words, 0)).toBe(350);
  });

  test('refunds from the run that holds the tokens, and none that came back by themselves', () => {
    const words = record();
    spend(words, 100, 2);
    spend(words, 850, 2);
    slidingRefund(words, 0, 100, PERIOD, 1);
    expect(slidingUsed(words, 0, 899, PERIOD)).toBe(3);
    expect(slidingUsed(words, 0, 900, PERIOD)).toBe(2);
    slidingRefund(words, 0, 100, PERIOD, 1);
    expect(slidingUsed(words, 0, 900, PERIOD)).toBe(2);
  });

  test('counts on where ticks wrap around', () => {
    const words = record();
    const start = 2 ** 32 - 400;
    for (let slot = 0; slot < 9; slot++) spend(words, start + slot * 100, 1);
    expect(slidingUsed(words, 0, start + 800, PERIOD)).toBe(8);
    expect(slidingUsed(words, 0, start + 1_599, PERIOD)).toBe(1);
    expect(slidingUsed(words, 0, start + 1_600, PERIOD)).toBe(0);
  });

  test('with times out of order the last run takes what finds no place', () => {
    const words = record();
    for (let slot = 0; slot < 9; slot++) slidingSpend(words, 0, 99 + slot * 100, PERIOD, 1);
    slidingSpend(words, 0, 905, PERIOD, 1);
    expect(slidingUsed(words, 0, 890, PERIOD)).toBe(10);
  });

  test('longer periods count in longer ticks, so that ages stay within 32 bits', () => {
    expect(slidingTickMs(86_400_000)).toBe(1);
    expect(slidingTickMs(365 * 86_400_000)).toBe(30);
  });
});
