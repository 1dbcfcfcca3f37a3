import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  INSPECT_TURN_BYTES,
  REQUEST_UNSENT_BYTES_MAX,
  RESPONSE_UNSENT_BYTES_MAX,
} from '../../../src/core/limits.ts';
import { BodyPump, type PumpEnds } from '../../../src/proxy/body-pump.ts';
import { SlabPool } from '../../../src/proxy/chunk-queue.ts';

/** Ends under control of a test. */
class Ends implements PumpEnds {
  inspected = 0;
  held = 0;
  ended = false;
  refused = false;
  asynchronous = false;
  sinkTakes = true;
  out = '';
  finished = 0;
  paused = false;
  failure: unknown;
  throws = false;

  inspect(view: Uint8Array): void | Promise<void> {
    if (this.throws) throw new Error('engine');
    this.inspected += view.length;
    return this.asynchronous ? Promise.resolve() : undefined;
  }
  inspectEnd(): void {
    this.ended = true;
  }
  releasable(): number {
    return Math.max(0, this.inspected - this.held);
  }
  maySend(): boolean {
    return !this.refused;
  }
  beforeDelivery(): void {}
  deliver(view: Uint8Array): boolean {
    this.out += Buffer.from(view).toString('latin1');
    return this.sinkTakes;
  }
  deliverEnd(): void {
    this.finished += 1;
  }
  pauseSource(): void {
    this.paused = true;
  }
  resumeSource(): void {
    this.paused = false;
  }
  engineFailed(cause: unknown): void {
    this.failure = cause;
  }
}

const start = (unsentBytesMax = 1_000) => {
  const ends = new Ends();
  return { ends, pump: new BodyPump(ends, new SlabPool(), unsentBytesMax) };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('BodyPump', () => {
  it.each([REQUEST_UNSENT_BYTES_MAX, RESPONSE_UNSENT_BYTES_MAX])(
    'pauses the source when %i cleared bytes and one more wait for the sink',
    (unsentBytesMax) => {
      const { ends, pump } = start(unsentBytesMax);
      ends.sinkTakes = false;
      pump.push(Buffer.from('x'), false); // taken, and the sink is full
      pump.push(Buffer.alloc(unsentBytesMax), false);
      expect(ends.paused).toBe(false);
      pump.push(Buffer.from('x'), false);
      expect(ends.paused).toBe(true);
      ends.sinkTakes = true;
      pump.drained();
      expect(ends.paused).toBe(false);
    },
  );

  it.each([
    ['the last bytes', ['abc']],
    ['the end alone, while it waits', ['abc', '']],
  ])(
    'leaves no source paused that ended with %s, whatever the engine takes its time for',
    async (_, pieces) => {
      for (const refused of [false, true]) {
        const { ends, pump } = start();
        Object.assign(ends, { asynchronous: true });
        for (const [i, piece] of pieces.entries()) pump.push(Buffer.from(piece), i === pieces.length - 1);
        ends.refused = refused;
        expect(ends.paused).toBe(false);
        await turn();
        expect([ends.paused, ends.finished]).toEqual([false, refused ? 0 : 1]);
      }
    },
  );

  it('delivers every byte once and in order, however it is cut', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.string({ maxLength: 40 }), { maxLength: 20 }),
      fc.integer({ min: 0, max: 60 }),
      fc.boolean(),
      fc.boolean(),
      async (pieces, held, asynchronous, sinkTakes) => {
        const { ends, pump } = start();
        Object.assign(ends, { held, asynchronous, sinkTakes });
        const text = pieces.map((piece) => Buffer.from(piece));
        for (const piece of text) {
          pump.push(piece, false);
          await turn();
          if (!sinkTakes) pump.drained();
        }
        pump.push(Buffer.alloc(0), true);
        for (let i = 0; i < pieces.length + 4 && ends.finished === 0; i++) {
          await turn();
          pump.drained();
        }
        expect(ends.out).toBe(Buffer.concat(text).toString('latin1'));
        expect(ends.finished).toBe(1);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('holds what the engine holds, and the end until the engine saw it', () => {
    const { ends, pump } = start();
    ends.held = 3;
    pump.push(Buffer.from('abcdef'), false);
    expect(ends.out).toBe('abc');
    pump.push(Buffer.from('g'), true);
    expect(ends.out).toBe('abcdefg');
    expect(ends.ended).toBe(true);
  });

  it('sends nothing more once the verdict is a refusal', () => {
    const { ends, pump } = start();
    pump.push(Buffer.from('abc'), false);
    ends.refused = true;
    pump.push(Buffer.from('def'), true);
    expect(ends.out).toBe('abc');
    expect(ends.finished).toBe(0);
  });

  it('pauses the source when the sink does not take, and resumes it', () => {
    const { ends, pump } = start(10);
    ends.sinkTakes = false;
    pump.push(Buffer.from('first'), false);
    pump.push(Buffer.alloc(11, 'x'), false);
    expect(ends.paused).toBe(true);
    pump.drained();
    expect(ends.paused).toBe(false);
  });

  it('does not pause for bytes only the engine holds', () => {
    const { ends, pump } = start(10);
    ends.held = 1_000;
    pump.push(Buffer.alloc(500), false);
    expect(ends.paused).toBe(false);
    expect(pump.queuedBytes).toBe(500);
  });

  it('shows the engine a bounded part per turn and only copies meanwhile', async () => {
    const { ends, pump } = start(10_000_000);
    pump.push(Buffer.alloc(3 * INSPECT_TURN_BYTES, 'a'), false);
    expect(ends.inspected).toBe(INSPECT_TURN_BYTES);
    expect(ends.paused).toBe(true);
    pump.push(Buffer.alloc(100, 'b'), true);
    expect(ends.inspected).toBe(INSPECT_TURN_BYTES);
    expect(pump.backlogBytes).toBe(2 * INSPECT_TURN_BYTES + 100);
    await turn();
    await turn();
    await turn();
    expect(ends.out.length).toBe(3 * INSPECT_TURN_BYTES + 100);
    expect(ends.finished).toBe(1);
  });

  it('reports an engine that throws or rejects, and delivers nothing', async () => {
    const { ends, pump } = start();
    ends.throws = true;
    pump.push(Buffer.from('abc'), false);
    expect(ends.failure).toBeInstanceOf(Error);
    const other = start();
    other.ends.inspect = () => Promise.reject(new Error('later'));
    other.pump.push(Buffer.from('abc'), true);
    await turn();
    expect(other.ends.failure).toBeInstanceOf(Error);
    expect(other.ends.out).toBe('');
  });

  it('forgets everything when stopped', async () => {
    const { ends, pump } = start();
    ends.asynchronous = true;
    pump.push(Buffer.from('abc'), true);
    pump.stop();
    await turn();
    expect(ends.out).toBe('');
    expect(ends.finished).toBe(0);
  });
});
