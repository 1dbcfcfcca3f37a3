/** Limits counted the naive way: every token in a list, integer arithmetic, nothing bounded. */
import type { LimitPolicy } from '../../src/limiter/limit-policy.ts';

export interface Model {
  /** Tokens spent, as a reading tells them. */
  used(nowMs: number): number;
  has(cost: number, nowMs: number): boolean;
  spend(cost: number, nowMs: number): void;
  /** Gives back tokens spent at a time. */
  refund(cost: number, spentAtMs: number, nowMs: number): void;
}

/** A queue of tokens of which `count` parts in `periodMs` of each drain in a millisecond, the first ones first. */
class BucketModel implements Model {
  #queue: { id: number; parts: number }[] = [];
  #atMs = 0;
  readonly #count: number;
  readonly #periodMs: number;
  readonly #burst: number;

  constructor(count: number, periodMs: number, burst: number) {
    this.#count = count;
    this.#periodMs = periodMs;
    this.#burst = burst;
  }

  #drain(nowMs: number): number {
    let parts = (nowMs - this.#atMs) * this.#count;
    this.#atMs = nowMs;
    for (const item of this.#queue) {
      const drained = Math.min(parts, item.parts);
      item.parts -= drained;
      parts -= drained;
    }
    this.#queue = this.#queue.filter((item) => item.parts > 0);
    return this.#queue.reduce((sum, item) => sum + item.parts, 0);
  }

  used(nowMs: number): number {
    return Math.ceil(this.#drain(nowMs) / this.#periodMs);
  }

  has(cost: number, nowMs: number): boolean {
    return this.#drain(nowMs) + cost * this.#periodMs <= this.#burst * this.#periodMs;
  }

  spend(cost: number, nowMs: number): void {
    this.#drain(nowMs);
    this.#queue.push({ id: nowMs, parts: cost * this.#periodMs });
  }

  refund(cost: number, spentAtMs: number, nowMs: number): void {
    this.#drain(nowMs);
    let parts = cost * this.#periodMs;
    for (const item of this.#queue) {
      if (item.id !== spentAtMs) continue;
      const returned = Math.min(parts, item.parts);
      item.parts -= returned;
      parts -= returned;
    }
  }
}

/** Tokens by the time they were spent; each lasts as long as the last one of its slot. */
class SlidingModel implements Model {
  #tokens: { atMs: number; keptUntilMs: number }[] = [];
  readonly #count: number;
  readonly #periodMs: number;

  constructor(count: number, periodMs: number) {
    this.#count = count;
    this.#periodMs = periodMs;
  }

  used(nowMs: number): number {
    return this.#tokens.filter((token) => token.keptUntilMs > nowMs).length;
  }

  has(cost: number, nowMs: number): boolean {
    return this.used(nowMs) + cost <= this.#count;
  }

  spend(cost: number, nowMs: number): void {
    this.#tokens = this.#tokens.filter((token) => token.keptUntilMs > nowMs);
    const slot = (atMs: number): number => Math.floor((8 * atMs) / this.#periodMs);
    const run = this.#tokens.filter((token) => slot(token.atMs) === slot(nowMs));
    for (let i = 0; i < cost; i++) {
      const token = { atMs: nowMs, keptUntilMs: 0 };
      this.#tokens.push(token);
      run.push(token);
    }
    if (cost > 0) for (const token of run) token.keptUntilMs = nowMs + this.#periodMs;
  }

  refund(cost: number, spentAtMs: number, nowMs: number): void {
    for (let i = 0; i < cost; i++) {
      const at = this.#tokens.findIndex((token) => token.atMs === spentAtMs && token.keptUntilMs > nowMs);
      if (at >= 0) this.#tokens.splice(at, 1);
    }
  }
}

class WindowModel implements Model {
  readonly #counts = new Map<number, number>();
  readonly #count: number;
  readonly #periodMs: number;

  constructor(count: number, periodMs: number) {
    this.#count = count;
    this.#periodMs = periodMs;
  }

  #window(atMs: number): number {
    return Math.floor(atMs / this.#periodMs);
  }

  used(nowMs: number): number {
    return this.#counts.get(this.#window(nowMs)) ?? 0;
  }

  has(cost: number, nowMs: number): boolean {
    return this.used(nowMs) + cost <= this.#count;
  }

  spend(cost: number, nowMs: number): void {
    this.#counts.set(this.#window(nowMs), this.used(nowMs) + cost);
  }

  refund(cost: number, spentAtMs: number, nowMs: number): void {
    if (this.#window(spentAtMs) === this.#window(nowMs)) this.spend(-cost, nowMs);
  }
}

export function modelOf(policy: LimitPolicy): Model {
  const { count, periodMs, burst } = policy.rates[0]!;
  switch (policy.algorithm) {
    case 'gcra':
      return new BucketModel(count, periodMs, burst);
    case 'sliding_window':
      return new SlidingModel(count, periodMs);
    case 'fixed_window':
      return new WindowModel(count, periodMs);
  }
}
