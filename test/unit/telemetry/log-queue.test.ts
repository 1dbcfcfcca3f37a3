/** A slow destination costs lines, never memory or time; what is lost is counted and said. */
import { describe, expect, it } from 'vitest';
import { LOG_BATCH_BYTES_MAX, LOG_QUEUE_BYTES_MAX } from '../../../src/core/limits.ts';
import { LogQueue } from '../../../src/telemetry/log-queue.ts';

describe('LogQueue', () => {
  it('delivers lines in order, those of one turn together', async () => {
    const delivered: string[] = [];
    const queue = new LogQueue((text) => {
      delivered.push(text);
      return Promise.resolve();
    });
    queue.write('a\n');
    queue.write('b\n');
    await queue.flush();
    queue.write('c\n');
    await queue.flush();
    expect(delivered).toEqual(['a\nb\n', 'c\n']);
  });

  it('drops beyond its limit while the destination is stuck, then says how many', async () => {
    const delivered: string[] = [];
    let release = (): void => {};
    const stuck = new Promise<void>((resolve) => {
      release = resolve;
    });
    const queue = new LogQueue(async (text) => {
      delivered.push(text);
      await stuck;
    }, 1_000);
    const line = `${'x'.repeat(99)}\n`;
    for (let count = 0; count < 50; count++) queue.write(line);
    await new Promise(setImmediate);
    for (let count = 0; count < 50; count++) queue.write(line);
    expect(queue.dropped).toBe(90);
    release();
    await queue.flush();
    queue.write('after\n');
    await queue.flush();
    const text = delivered.join('');
    expect(text.match(/x\n/g)).toHaveLength(10);
    expect(JSON.parse(text.split('\n').at(-3) ?? '')).toMatchObject({ event: 'log.dropped', count: 90 });
    expect(text.endsWith('after\n')).toBe(true);
  });

  it('holds LOG_QUEUE_BYTES_MAX and writes LOG_BATCH_BYTES_MAX at once, a line more at the most', async () => {
    const sizes: number[] = [];
    const queue = new LogQueue((text) => {
      sizes.push(text.length);
      return Promise.resolve();
    });
    const line = `${'x'.repeat(1023)}\n`;
    const fitting = LOG_QUEUE_BYTES_MAX / line.length;
    for (let count = 0; count < fitting; count++) queue.write(line);
    expect(queue.dropped).toBe(0);
    queue.write('\n');
    expect(queue.dropped).toBe(1);
    await queue.flush();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(LOG_QUEUE_BYTES_MAX);
    expect(Math.max(...sizes)).toBeLessThan(LOG_BATCH_BYTES_MAX + line.length);
    expect(sizes.length).toBeGreaterThan(1);
  });

  it('counts what a broken destination loses and goes on', async () => {
    let broken = true;
    const delivered: string[] = [];
    const queue = new LogQueue((text) => {
      if (broken) return Promise.reject(new Error('EPIPE'));
      delivered.push(text);
      return Promise.resolve();
    });
    queue.write('lost\n');
    await queue.flush();
    expect(queue.dropped).toBe(1);
    broken = false;
    queue.write('kept\n');
    await queue.flush();
    expect(delivered.join('')).toContain('kept\n');
  });
});
