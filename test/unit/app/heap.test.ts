/** Garbage of compilation, in the heap of this process. */
import { getHeapStatistics } from 'node:v8';
import { expect, it, vi } from 'vitest';
import { collectWhenSettled, leavingNoGarbage } from '../../../src/app/heap.ts';
import { HEAP_GARBAGE_BYTES_MAX, HEAP_SETTLED_MS } from '../../../src/core/limits.ts';

const CHUNK_BYTES = 8_000;
const BYTES_PER_ELEMENT = 8;

const usedBytes = (): number => getHeapStatistics().used_heap_size;

/** Fills that much of the heap until it returns; what it took at the end. */
function waste(bytes: number): number {
  const before = usedBytes();
  const filled = Array.from({ length: bytes / CHUNK_BYTES }, () =>
    new Array<number>(CHUNK_BYTES / BYTES_PER_ELEMENT).fill(1),
  );
  const grown = usedBytes() - before;
  return filled.length > 0 ? grown : 0;
}

it('collects what the work left, beyond HEAP_GARBAGE_BYTES_MAX', () => {
  const before = usedBytes();
  const grown = leavingNoGarbage(() => waste(2 * HEAP_GARBAGE_BYTES_MAX));
  expect(grown).toBeGreaterThan(HEAP_GARBAGE_BYTES_MAX);
  expect(usedBytes() - before).toBeLessThan(HEAP_GARBAGE_BYTES_MAX / 2);
});

it('leaves less than that to V8: a small change of rules stops no thread', () => {
  const before = usedBytes();
  leavingNoGarbage(() => waste(HEAP_GARBAGE_BYTES_MAX / 2));
  expect(usedBytes() - before).toBeGreaterThan(HEAP_GARBAGE_BYTES_MAX / 4);
});

it('returns what the work does, and throws as it does', () => {
  expect(leavingNoGarbage(() => [1, 2])).toEqual([1, 2]);
  const fail = (): never => {
    throw new Error('wrong rules');
  };
  expect(() => leavingNoGarbage(fail)).toThrow('wrong rules');
});

it('collects once HEAP_SETTLED_MS are over, and not before', () => {
  vi.useFakeTimers();
  try {
    const before = usedBytes();
    waste(HEAP_GARBAGE_BYTES_MAX / 2);
    collectWhenSettled();
    vi.advanceTimersByTime(HEAP_SETTLED_MS - 1);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(usedBytes() - before).toBeLessThan(HEAP_GARBAGE_BYTES_MAX / 4);
  } finally {
    vi.useRealTimers();
  }
});
