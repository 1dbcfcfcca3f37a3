import { expect, it } from 'vitest';
import { mix32 } from '../../../src/core/mix32.ts';

it('is fmix32 of MurmurHash3', () => {
  expect(mix32(0)).toBe(0);
  expect(mix32(1)).toBe(0x514e28b7);
  expect(mix32(-1)).toBe(0x81f16f39);
});

it('changes about half of the bits with each bit', () => {
  const ones = (bits: number): number => bits.toString(2).replaceAll('0', '').length;
  for (let bit = 0; bit < 32; bit++) {
    let changed = 0;
    for (let i = 0; i < 1_000; i++) {
      const word = Math.imul(i, 0x9e3779b1);
      changed += ones((mix32(word) ^ mix32(word ^ (1 << bit))) >>> 0);
    }
    expect(Math.abs(changed / 1_000 - 16)).toBeLessThan(0.5);
  }
});

it('never takes two numbers for one', () => {
  expect(new Set(Array.from({ length: 100_000 }, (_, i) => mix32(i))).size).toBe(100_000);
});
