import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SLAB_BYTES, SLABS_KEPT_MAX } from '../../../src/core/limits.ts';
import { ChunkQueue, SlabPool } from '../../../src/proxy/chunk-queue.ts';

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255);

describe('ChunkQueue', () => {
  it('is a queue of bytes, however it is filled and emptied', () => {
    const steps = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 150_000 }), fc.integer({ min: 0, max: 200_000 })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(steps, (script) => {
        const queue = new ChunkQueue(new SlabPool());
        const pushed: Uint8Array[] = [];
        const shifted: Buffer[] = [];
        script.forEach(([push, shift], seed) => {
          const chunk = bytes(push, seed);
          pushed.push(chunk);
          queue.push(chunk);
          for (let left = shift; left > 0; ) {
            const ahead = Buffer.from(queue.viewAt(0));
            const view = queue.shift(left);
            if (view.length === 0) break;
            expect(ahead.subarray(0, view.length).equals(view)).toBe(true);
            shifted.push(Buffer.from(view));
            left -= view.length;
          }
          queue.recycle();
        });
        const out = Buffer.concat(shifted);
        const all = Buffer.concat(pushed);
        expect(out.equals(all.subarray(0, out.length))).toBe(true);
        expect(queue.bytes).toBe(all.length - out.length);
      }),
      { numRuns: 60 },
    );
  });

  it('shows any position and fills ranges over slab borders', () => {
    const queue = new ChunkQueue(new SlabPool());
    queue.push(Buffer.alloc(3 * SLAB_BYTES, 'a'));
    queue.shift(10);
    queue.fill(SLAB_BYTES - 12, SLAB_BYTES + 5, 0x2a);
    queue.fill(-5, 2, 0x2b);
    const parts: string[] = [];
    while (queue.bytes > 0) parts.push(queue.shift(Infinity).toString('latin1'));
    const text = parts.join('');
    expect(text.slice(0, 3)).toBe('++a');
    expect(text.indexOf('*')).toBe(SLAB_BYTES - 12);
    expect(text.lastIndexOf('*')).toBe(SLAB_BYTES + 4);
  });

  it('does not give a lent slab to anyone before it is recycled', () => {
    const pool = new SlabPool();
    const one = new ChunkQueue(pool);
    one.push(Buffer.from('first'));
    const view = one.shift(5);
    const other = new ChunkQueue(pool);
    other.push(Buffer.from('other'));
    expect(view.toString()).toBe('first');
    one.clear();
    other.push(Buffer.alloc(SLAB_BYTES, 'x'));
    expect(view.toString()).toBe('first');
  });

  it('keeps a bounded number of slabs', () => {
    const pool = new SlabPool();
    const queue = new ChunkQueue(pool);
    queue.push(Buffer.alloc((SLABS_KEPT_MAX + 8) * SLAB_BYTES));
    queue.clear();
    expect(pool.freeSlabs).toBe(SLABS_KEPT_MAX);
  });
});
