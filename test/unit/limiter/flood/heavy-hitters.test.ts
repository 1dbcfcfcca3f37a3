/** Space-saving summaries against exact counts: who is named, and how far off the counts may be. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  FLOOD_HITTERS_MAX,
  FLOOD_KEY_CHARS_MAX,
  FLOOD_TOP_MAX,
  FLOODS_RANKED_MAX,
} from '../../../../src/core/limits.ts';
import { HeavyHitters, SECTION_BYTES } from '../../../../src/limiter/flood/heavy-hitters.ts';
import { KeyHash } from '../../../../src/limiter/key-hash.ts';
import { randomOf } from '../../../support/fuzz.ts';

const SLOT_MS = 125;
const hash = new KeyHash();
const floodOf = (name: string, low = 1) => ({
  policy: { name },
  secret: { low, high: 2 },
  slotMs: SLOT_MS,
});
const flood = floodOf('l7');

function add(hitters: HeavyHitters, key: string, slot = 0, of = flood): void {
  hash.update(key, { low: 3, high: 4 });
  hitters.add(of, hash.low | 1, hash.high, key, slot);
}

const memoryOf = (workers: number) => new SharedArrayBuffer(workers * SECTION_BYTES);

it('counts exactly while there are no more keys than FLOOD_HITTERS_MAX, and names FLOOD_TOP_MAX', () => {
  const hitters = new HeavyHitters(memoryOf(1), 0);
  for (let key = 1; key <= FLOOD_HITTERS_MAX; key++) for (let i = 0; i < key; i++) add(hitters, `key ${key}`);
  const total = (FLOOD_HITTERS_MAX * (FLOOD_HITTERS_MAX + 1)) / 2;
  const top = hitters.top('l7', 0);
  expect(top.map(({ key }) => key)).toEqual(
    Array.from({ length: FLOOD_TOP_MAX }, (_, i) => `key ${FLOOD_HITTERS_MAX - i}`),
  );
  expect(top[0].share).toBeCloseTo(FLOOD_HITTERS_MAX / total, 10);
});

it('names each key with a large share, whatever else comes, and bounds its error', () => {
  const traffic = fc.record({
    seed: fc.integer(),
    workers: fc.integer({ min: 1, max: 4 }),
    others: fc.constantFrom(1, 30, 1_000, 1_000_000),
    heavy: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(traffic, ({ seed, workers, others, heavy }) => {
      const memory = memoryOf(workers);
      const threads = Array.from({ length: workers }, (_, index) => new HeavyHitters(memory, index));
      const random = randomOf(seed);
      const exact = new Map<string, number>();
      const requests = 4_000;
      for (let i = 0; i < requests; i++) {
        const isHeavy = random(3) === 0 && heavy > 0;
        const key = isHeavy ? `heavy ${random(heavy)}` : `other ${random(others)}`;
        exact.set(key, (exact.get(key) ?? 0) + 1);
        add(threads[random(workers)], key);
      }
      const top = threads[0].top('l7', 0);
      for (const { key, share, errorBound } of top) {
        const truth = (exact.get(key) ?? 0) / requests;
        expect(truth).toBeLessThanOrEqual(share + 1e-9);
        expect(truth).toBeGreaterThanOrEqual(share - errorBound - 1e-9);
        expect(errorBound).toBeLessThanOrEqual(1 / FLOOD_HITTERS_MAX + 1e-9);
      }
      for (let i = 0; i < heavy; i++) expect(top.map(({ key }) => key)).toContain(`heavy ${i}`);
    }),
    { numRuns: 60 },
  );
});

it('forgets half of what it counted in each period', () => {
  const hitters = new HeavyHitters(memoryOf(1), 0);
  for (let i = 0; i < 400; i++) add(hitters, 'old', 0);
  for (let i = 0; i < 100; i++) add(hitters, 'new', 16);
  const top = hitters.top('l7', 16 * SLOT_MS);
  expect(top.map(({ key }) => key)).toEqual(['new', 'old']);
  expect(top[0].share).toBeCloseTo(0.5, 10);
});

it('weighs what threads counted at different times by its age', () => {
  const memory = memoryOf(2);
  const [early, late] = [new HeavyHitters(memory, 0), new HeavyHitters(memory, 1)];
  for (let i = 0; i < 400; i++) add(early, 'old', 0);
  for (let i = 0; i < 100; i++) add(late, 'new', 16);
  expect(early.top('l7', 16 * SLOT_MS)[0].share).toBeCloseTo(0.5, 10);
});

it('keeps floods apart, for FLOODS_RANKED_MAX of them, until one is abandoned', () => {
  const hitters = new HeavyHitters(memoryOf(1), 0);
  const names = Array.from({ length: FLOODS_RANKED_MAX + 1 }, (_, i) => `flood ${i}`);
  names.forEach((name, i) => add(hitters, `of ${name}`, 0, floodOf(name, i + 1)));
  const last = names.length - 1;
  for (let i = 0; i < last; i++)
    expect(hitters.top(names[i], 0)).toMatchObject([{ key: `of ${names[i]}`, share: 1 }]);
  expect(hitters.top(names[last], 0)).toEqual([]);
  add(hitters, 'later', 1_000, floodOf(names[last], last + 1));
  expect(hitters.top(names[last], 1_000 * SLOT_MS)).toMatchObject([{ key: 'later' }]);
});

it('goes on where a thread before it ended, also in the middle of a key', () => {
  const memory = memoryOf(1);
  const words = new Int32Array(memory);
  const dead = new HeavyHitters(memory, 0);
  add(dead, 'a');
  const version = words.findIndex(
    (word, i) => word === 2 && i > 8 && words[i + 1] === 0 && words[i - 1] === 0,
  );
  words[version] = 3; // as while a text is written
  const next = new HeavyHitters(memory, 0);
  expect(next.top('l7', 0)).toEqual([]);
  for (let key = 0; key < 200; key++) for (let i = 0; i < 5; i++) add(next, `key ${key}`);
  expect(next.top('l7', 0).length).toBe(FLOOD_TOP_MAX);
});

it('counts nothing in a thread without a section, and still reads those of others', () => {
  const memory = memoryOf(1);
  const [counting, reading] = [new HeavyHitters(memory, 0), new HeavyHitters(memory, 1)];
  add(counting, 'a');
  add(reading, 'b');
  expect(reading.top('l7', 0)).toMatchObject([{ key: 'a', share: 1, errorBound: 0 }]);
});

it('cuts keys at FLOOD_KEY_CHARS_MAX, in texts only', () => {
  const hitters = new HeavyHitters(memoryOf(1), 0);
  const key = 'k'.repeat(FLOOD_KEY_CHARS_MAX);
  for (const end of ['a', 'b']) add(hitters, key + end);
  expect(hitters.top('l7', 0).map((one) => [one.key, one.share])).toEqual([
    [key, 0.5],
    [key, 0.5],
  ]);
});
