/**
 * How each algorithm keeps its count in a record: the arithmetic of `algorithms/` applied to shared memory.
 */
import { LIMIT_NEVER_MS } from '../../core/limits.ts';
import { fixedResetMs, fixedUsed, fixedWaitMs } from '../algorithms/fixed-window.ts';
import { gcraLevel, gcraRefundable, gcraResetMs, gcraWaitMs } from '../algorithms/gcra.ts';
import {
  SLIDING_WORDS,
  slidingLastTick,
  slidingRefund,
  slidingSpend,
  slidingUsed,
  slidingWaitTicks,
} from '../algorithms/sliding-window.ts';
import type { Trace } from './eviction-sketch.ts';
import type { CountedRate, Meter } from './meter.ts';
import { FREE_AT, type RecordKind, type RecordMemory } from './record-table.ts';

/** Body of a small record: the tokens, and the time they were counted. */
const TOKENS = 2;
const COUNTED_AT = 3;
/** Body of a sliding record: its runs. */
const RUNS = 2;

/** Keeps two numbers besides the common ones. */
export const SMALL_RECORD: RecordKind = {
  size: 4,
  trace({ numbers }: RecordMemory, at: number, _nowMs: number, out: Trace): void {
    out.used = numbers[at + TOKENS]!;
    out.usedAtMs = numbers[at + COUNTED_AT]!;
  },
};

/** Keeps the runs of a sliding window. */
export const SLIDING_RECORD: RecordKind = {
  size: RUNS + SLIDING_WORDS / 2,
  trace({ words }: RecordMemory, at: number, nowMs: number, out: Trace): void {
    const first = 2 * (at + RUNS);
    out.used = 0;
    for (let i = SLIDING_WORDS / 2; i < SLIDING_WORDS; i++) out.used += words[first + i]!;
    out.usedAtMs = nowMs;
  },
};

function keepLevel(numbers: Float64Array, at: number, rate: CountedRate, level: number, now: number): void {
  numbers[at + TOKENS] = level;
  numbers[at + COUNTED_AT] = now;
  numbers[at + FREE_AT] = now + level * rate.drainMsPerToken;
}

export const gcraMeter: Meter = {
  used({ numbers }, at, rate, now) {
    return gcraLevel(numbers[at + TOKENS]!, numbers[at + COUNTED_AT]!, now, rate.count, rate.periodMs);
  },
  spend({ numbers }, at, rate, now, cost) {
    const countedAt = numbers[at + COUNTED_AT]!;
    const level = gcraLevel(numbers[at + TOKENS]!, countedAt, now, rate.count, rate.periodMs);
    keepLevel(numbers, at, rate, level + cost, Math.max(now, countedAt));
  },
  refund({ numbers }, at, rate, now, cost, spentAt, usedThen) {
    const countedAt = numbers[at + COUNTED_AT]!;
    const level = gcraLevel(numbers[at + TOKENS]!, countedAt, now, rate.count, rate.periodMs);
    const returned = gcraRefundable(cost, usedThen, spentAt, now, rate.count, rate.periodMs);
    keepLevel(numbers, at, rate, Math.max(0, level - returned), Math.max(now, countedAt));
  },
  lastSpentAt: (_memory, _at, _rate, now) => now,
  waitMs: (_memory, _at, rate, _now, used, cost) =>
    gcraWaitMs(used, cost, rate.limit, rate.count, rate.periodMs),
  resetMs: (_memory, _at, rate, _now, used) => gcraResetMs(used, rate.count, rate.periodMs),
  restore({ numbers }, at, rate, _now, trace) {
    keepLevel(numbers, at, rate, Math.min(rate.limitMax, trace.used), trace.usedAtMs);
  },
};

export const fixedMeter: Meter = {
  used({ numbers }, at, rate, now) {
    const countedAt = numbers[at + COUNTED_AT]! + rate.epochOffsetMs;
    return fixedUsed(numbers[at + TOKENS]!, countedAt, now + rate.epochOffsetMs, rate.periodMs);
  },
  spend(memory, at, rate, now, cost) {
    const { numbers } = memory;
    const used = this.used(memory, at, rate, now);
    numbers[at + TOKENS] = used + cost;
    numbers[at + COUNTED_AT] = Math.max(now, numbers[at + COUNTED_AT]!);
    numbers[at + FREE_AT] = now + fixedResetMs(now + rate.epochOffsetMs, rate.periodMs);
  },
  refund(memory, at, rate, now, cost, spentAt) {
    const { numbers } = memory;
    const { epochOffsetMs, periodMs } = rate;
    // Tokens of a window that has ended are back already.
    if (fixedUsed(cost, spentAt + epochOffsetMs, now + epochOffsetMs, periodMs) === 0) return;
    numbers[at + TOKENS] = Math.max(0, this.used(memory, at, rate, now) - cost);
    numbers[at + COUNTED_AT] = Math.max(now, numbers[at + COUNTED_AT]!);
  },
  lastSpentAt: (_memory, _at, _rate, now) => now,
  waitMs: (_memory, _at, rate, now, used, cost) =>
    fixedWaitMs(used, cost, rate.limit, now + rate.epochOffsetMs, rate.periodMs),
  resetMs: (_memory, _at, rate, now, used) =>
    used === 0 ? 0 : fixedResetMs(now + rate.epochOffsetMs, rate.periodMs),
  restore({ numbers }, at, rate, now, trace) {
    numbers[at + TOKENS] = Math.min(rate.limitMax, trace.used);
    numbers[at + COUNTED_AT] = trace.usedAtMs;
    numbers[at + FREE_AT] = now + fixedResetMs(now + rate.epochOffsetMs, rate.periodMs);
  },
};

/** Spending rounds times up to the next tick, looking rounds them down: a token comes back up to a tick late, never early. */
export const slidingMeter: Meter = {
  used({ numbers, words }, at, rate, now) {
    if (numbers[at + FREE_AT]! <= now) {
      for (let i = RUNS; i < SLIDING_RECORD.size; i++) numbers[at + i] = 0;
      return 0;
    }
    return slidingUsed(words, 2 * (at + RUNS), Math.floor(now / rate.tickMs), rate.periodTicks);
  },
  spend({ numbers, words }, at, rate, now, cost) {
    const tick = Math.ceil(now / rate.tickMs);
    slidingSpend(words, 2 * (at + RUNS), tick, rate.periodTicks, cost);
    numbers[at + FREE_AT] = Math.max(numbers[at + FREE_AT]!, (tick + rate.periodTicks) * rate.tickMs);
  },
  refund({ words }, at, rate, _now, cost, spentAt) {
    slidingRefund(words, 2 * (at + RUNS), Math.ceil(spentAt / rate.tickMs), rate.periodTicks, cost);
  },
  lastSpentAt({ words }, at, rate, now) {
    const last = slidingLastTick(words, 2 * (at + RUNS));
    if (last === undefined) return now;
    const nowTick = Math.floor(now / rate.tickMs);
    return (nowTick - ((nowTick - last) | 0)) * rate.tickMs;
  },
  waitMs({ words }, at, rate, now, used, cost) {
    if (cost > rate.limit) return LIMIT_NEVER_MS;
    const tick = now / rate.tickMs;
    const wait = slidingWaitTicks(
      words,
      2 * (at + RUNS),
      Math.floor(tick),
      rate.periodTicks,
      used + cost - rate.limit,
    );
    return Math.ceil(wait * rate.tickMs);
  },
  resetMs({ words }, at, rate, now, used) {
    const nowTick = Math.floor(now / rate.tickMs);
    return used === 0
      ? 0
      : slidingWaitTicks(words, 2 * (at + RUNS), nowTick, rate.periodTicks, used) * rate.tickMs;
  },
  restore(memory, at, rate, now, trace) {
    const spentAt = Math.min(now, trace.freeAtMs - rate.periodTicks * rate.tickMs);
    if (now < trace.freeAtMs) this.spend(memory, at, rate, spentAt, Math.min(rate.limitMax, trace.used));
  },
};
