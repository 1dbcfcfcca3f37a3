/** Garbage of compilation, in the heap of this process. */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { expect, it, vi } from 'vitest';
import { beginObjectsYoung, collectWhenSettled, leavingNoGarbage } from '../../../src/app/heap.ts';
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

it('keeps what is dropped at once from the old objects, although the same line made what stayed', () => {
  beginObjectsYoung();
  const oldBytes = (): number =>
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? 0;
  const make = (i: number): object => ({ list: [i, i + 1, i + 2, i + 3], name: { a: i, b: [i] } });
  let kept: object[] = [];
  for (let i = 0; i < 1_000_000; i++) kept.push(make(i));
  expect(kept.length).toBe(1_000_000);
  kept = [];
  let dropped: object = kept;
  let grown = 0;
  for (let round = 0; round < 50; round++) {
    const before = oldBytes();
    for (let i = 0; i < 20_000; i++) dropped = make(i);
    grown += Math.max(0, oldBytes() - before);
  }
  expect(dropped).toEqual(make(19_999));
  // Of some 150 MB; without the switch 40 to 120 on Node 20.
  expect(grown).toBeLessThan(20_000_000);
});
