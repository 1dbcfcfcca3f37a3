/** How many may wait, when waiting ends, and where nothing goes wrong. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAULT_DELAYS_MAX } from '../../../../src/core/limits.ts';
import { FaultDrill } from '../../../../src/proxy/faults/fault-drill.ts';

const SLOW = { delayMs: 50, abortStatus: undefined };
const BROKEN = { delayMs: 0, abortStatus: 503 };

describe('FaultDrill', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const drill = () => new FaultDrill(['/healthz']);

  it('leaves alone what has no fault, and health checks', () => {
    expect(drill().inject('/', undefined)).toBeUndefined();
    expect(drill().inject('/healthz', BROKEN)).toBeUndefined();
    expect(drill().inject('/healthz/deep', BROKEN)).toMatchObject(BROKEN);
  });

  it('calls back after the delay and not before', () => {
    const then = vi.fn();
    drill().inject('/', SLOW)?.wait(then);
    vi.advanceTimersByTime(49);
    expect(then).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(then).toHaveBeenCalledTimes(1);
  });

  it('calls back at once where there is nothing to wait for', () => {
    const then = vi.fn();
    drill().inject('/', BROKEN)?.wait(then);
    expect(then).toHaveBeenCalledTimes(1);
  });

  it('does not call back after it was cancelled', () => {
    const then = vi.fn();
    const injected = drill().inject('/', SLOW);
    injected?.wait(then);
    injected?.cancel();
    injected?.elapse();
    vi.advanceTimersByTime(1_000);
    expect(then).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets no more than the bound wait: others go on at once, and are aborted all the same', () => {
    const full = drill();
    const waiting = Array.from({ length: FAULT_DELAYS_MAX }, () => full.inject('/', SLOW));
    for (const one of waiting) one?.wait(() => undefined);
    expect(waiting.some((one) => one?.isSkipped !== false)).toBe(false);
    expect(full.inject('/', { delayMs: 50, abortStatus: 503 })).toMatchObject({
      delayMs: 0,
      abortStatus: 503,
      isSkipped: true,
    });
    expect(full.inject('/', BROKEN)?.isSkipped).toBe(false);
    waiting[7]?.cancel();
    expect(full.inject('/', SLOW)).toMatchObject({ delayMs: 50, isSkipped: false });
  });

  it('ends all waiting when the worker drains, and lets nothing wait from then on', () => {
    const draining = drill();
    const then = vi.fn();
    for (let i = 0; i < 3; i++) draining.inject('/', SLOW)?.wait(then);
    draining.drain();
    expect(then).toHaveBeenCalledTimes(3);
    expect(vi.getTimerCount()).toBe(0);
    expect(draining.inject('/', SLOW)).toMatchObject({ delayMs: 0, isSkipped: true });
  });
});
