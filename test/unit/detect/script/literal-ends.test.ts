// Where numbers of JavaScript end, and what begins like one and is none.
import { expect, it } from 'vitest';
import { numberEnd } from '../../../../src/detect/script/literal-ends.ts';

const endOf = (text: string): number => numberEnd(text, 0, text.length);

it.each(['1', '1.', '.5', '1.5e', '1e9', '1_000n', '0x1F', '0b101', '0o17n'])('%s is a number', (text) => {
  expect(endOf(text)).toBe(text.length);
});

it.each(['1x', '0xg', '12abc'])('%s is none', (text) => {
  expect(endOf(text)).toBe(-1);
});

// Squared, this would take minutes: the test would run into its time limit.
it('reads half a million digits once', () => {
  const digits = '9'.repeat(500_000);
  expect(endOf(`${digits}x`)).toBe(-1);
  expect(endOf(`${digits}.${digits}x`)).toBe(-1);
});
