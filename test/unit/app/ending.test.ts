// What ends, in which order, and how often.
import { describe, expect, it } from 'vitest';
import { Ending } from '../../../src/app/ending.ts';

describe('Ending', () => {
  it('ends what came last first, waits for each, and ends nothing twice', async () => {
    const ended: string[] = [];
    const ending = new Ending();
    ending.add(() => ended.push('first'));
    ending.add(async () => {
      await Promise.resolve();
      ended.push('second');
    });
    await ending.all();
    expect(ended).toEqual(['second', 'first']);
    await ending.all();
    expect(ended).toHaveLength(2);
  });
});
