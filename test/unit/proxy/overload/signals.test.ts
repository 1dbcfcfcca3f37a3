// The two signals that are learnt: delay of the event loop, latency of the service.
import { describe, expect, it } from 'vitest';
import {
  LATENCY_BASELINE_ANSWERS,
  LATENCY_FLOOR_MS,
  LATENCY_GRADIENT_MIN,
  LATENCY_TOLERANCE,
  LOOP_DELAY_SAMPLE_MS,
  LOOP_DELAY_SAMPLES,
} from '../../../../src/core/limits.ts';
import { LatencyGradient } from '../../../../src/proxy/overload/latency-gradient.ts';
import { LoopDelay } from '../../../../src/proxy/overload/loop-delay.ts';

describe('LoopDelay', () => {
  const start = () => {
    let now = 1_000;
    const loop = new LoopDelay(now);
    const late = (...delays: number[]) => {
      for (const delay of delays) loop.sample((now += LOOP_DELAY_SAMPLE_MS + delay));
    };
    return { loop, late };
  };

  it('is the least delay of a whole row', () => {
    const { loop, late } = start();
    late(...new Array<number>(LOOP_DELAY_SAMPLES - 1).fill(300));
    expect(loop.delayMs).toBe(0);
    late(250);
    expect(loop.delayMs).toBe(250);
  });

  it('does not see one stall, however long', () => {
    const { loop, late } = start();
    for (let row = 0; row < 10; row++) {
      late(60_000, ...new Array<number>(LOOP_DELAY_SAMPLES - 1).fill(1));
      expect(loop.delayMs).toBe(1);
    }
  });

  it('takes a timer that came early for one in time', () => {
    const { loop, late } = start();
    late(...new Array<number>(LOOP_DELAY_SAMPLES).fill(-5));
    expect(loop.delayMs).toBe(0);
  });
});

describe('LatencyGradient', () => {
  const learnt = (ms: number) => {
    const latency = new LatencyGradient();
    for (let i = 0; i < LATENCY_BASELINE_ANSWERS; i++) latency.note(ms, true);
    return latency;
  };
  const many = (latency: LatencyGradient, ms: number, calm: boolean) => {
    for (let i = 0; i < 400; i++) latency.note(ms, calm);
  };

  it('says nothing until it has learnt what is usual', () => {
    const latency = new LatencyGradient();
    for (let i = 1; i < LATENCY_BASELINE_ANSWERS; i++) latency.note(1, true);
    many(latency, 100_000, false);
    expect([latency.gradient, latency.usualMs]).toEqual([1, 0]);
  });

  it('falls with answers slower than is tolerated, to its least, and rises again with them', () => {
    const latency = learnt(20);
    expect(latency.usualMs).toBeCloseTo(20);
    many(latency, 20 * LATENCY_TOLERANCE, false);
    expect(latency.gradient).toBeCloseTo(1);
    many(latency, 40 * LATENCY_TOLERANCE, false);
    expect(latency.gradient).toBeCloseTo(0.5, 1);
    many(latency, 10_000, false);
    expect(latency.gradient).toBe(LATENCY_GRADIENT_MIN);
    many(latency, 20, false);
    expect(latency.gradient).toBe(1);
  });

  it('does not take an overload for what is usual', () => {
    const latency = learnt(20);
    for (let i = 0; i < 10 * LATENCY_BASELINE_ANSWERS; i++) latency.note(5_000, false);
    expect(latency.usualMs).toBeCloseTo(20);
  });

  it('takes no fraction of the floor for a change', () => {
    const latency = learnt(0.1);
    many(latency, LATENCY_FLOOR_MS * LATENCY_TOLERANCE - 1, false);
    expect(latency.gradient).toBe(1);
  });
});
