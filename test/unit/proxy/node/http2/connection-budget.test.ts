import { describe, expect, it } from 'vitest';
import {
  HTTP2_CONTROL_FRAMES_BURST,
  HTTP2_CONTROL_FRAMES_PER_S,
  HTTP2_OVERHEAD_BYTES_BURST,
  HTTP2_OVERHEAD_BYTES_PER_S,
  HTTP2_OVERHEAD_SHARE,
  HTTP2_RESETS_BURST,
  HTTP2_RESETS_PER_S,
  MIB,
} from '../../../../../src/core/limits.ts';
import { ConnectionBudget } from '../../../../../src/proxy/node/http2/connection-budget.ts';

/** How often in a row the budget allows it at one moment. */
function allowed(take: () => boolean): number {
  let times = 0;
  while (times < 10_000 && take()) times += 1;
  return times;
}

describe('ConnectionBudget', () => {
  it('allows a burst of resets, and so many a second after it', () => {
    const budget = new ConnectionBudget(0);
    expect(allowed(() => budget.reset(0))).toBe(HTTP2_RESETS_BURST);
    // The one too many is owed as well.
    expect(allowed(() => budget.reset(1_000))).toBe(HTTP2_RESETS_PER_S - 1);
    expect(allowed(() => budget.reset(3_600_000))).toBe(HTTP2_RESETS_BURST);
  });

  it('allows a burst of frames that ask for answers, and so many a second after it', () => {
    const budget = new ConnectionBudget(0);
    expect(allowed(() => budget.controlFrame(0))).toBe(HTTP2_CONTROL_FRAMES_BURST);
    expect(allowed(() => budget.controlFrame(1_000))).toBe(HTTP2_CONTROL_FRAMES_PER_S - 1);
  });

  it('allows a burst of bytes that carry nothing, and so many a second after it', () => {
    const budget = new ConnectionBudget(0);
    expect(budget.traffic(HTTP2_OVERHEAD_BYTES_BURST, 0, 0, 0, 0)).toBe(true);
    expect(budget.traffic(HTTP2_OVERHEAD_BYTES_BURST + HTTP2_OVERHEAD_BYTES_PER_S, 0, 0, 0, 1_000)).toBe(
      true,
    );
    expect(budget.traffic(HTTP2_OVERHEAD_BYTES_BURST + HTTP2_OVERHEAD_BYTES_PER_S + 1, 0, 0, 0, 1_000)).toBe(
      false,
    );
  });

  it('counts neither heads nor bodies, nor a share of what was carried', () => {
    const budget = new ConnectionBudget(0);
    const received = 800 * MIB;
    const heads = 100 * MIB;
    const free = heads + received + received * HTTP2_OVERHEAD_SHARE;
    expect(budget.traffic(free, heads, received, received, 0)).toBe(true);
    expect(budget.traffic(free + HTTP2_OVERHEAD_BYTES_BURST + 1, heads, received, received, 0)).toBe(false);
  });

  it('gives no credit for what came late', () => {
    const budget = new ConnectionBudget(0);
    expect(budget.traffic(1_000, 0, 0, 0, 0)).toBe(true);
    // Bytes were read, and only later told to be of a body.
    expect(budget.traffic(1_000, 0, 1_000, 1_000, 0)).toBe(true);
    expect(budget.traffic(1_000 + HTTP2_OVERHEAD_BYTES_BURST, 0, 1_000, 1_000, 0)).toBe(true);
    expect(budget.traffic(1_000 + 2 * HTTP2_OVERHEAD_BYTES_BURST, 0, 1_000, 1_000, 0)).toBe(false);
  });
});
