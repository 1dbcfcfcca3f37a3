// What settled a leaf of an exchange: found, forgotten by phase, forgotten altogether.
import { expect, it } from 'vitest';
import { SettledLeaves } from '../../../src/engine/settled-leaves.ts';
import type { Settled } from '../../../src/engine/settled-leaves.ts';

function valueAt(step: number): Settled {
  return {
    origin: 0,
    facet: 0,
    name: 'q',
    path: '',
    value: 'x',
    step,
    pointer: undefined,
    reason: undefined,
  };
}

it('finds what settled a leaf, and nothing of a leaf that nothing settled', () => {
  const settled = new SettledLeaves();
  settled.set(7, valueAt(1));
  settled.set(3, valueAt(2));
  expect(settled.get(7)).toEqual(valueAt(1));
  expect(settled.get(3)).toEqual(valueAt(2));
  expect(settled.get(0)).toBeUndefined();
});

it('forgets the leaves of a phase that begins anew and keeps the others', () => {
  const settled = new SettledLeaves();
  for (let leaf = 0; leaf < 6; leaf++) settled.set(leaf, valueAt(leaf));
  settled.deleteWhere((leaf) => leaf % 2 === 0);
  expect([0, 1, 2, 3, 4, 5].map((leaf) => settled.get(leaf)?.step)).toEqual([
    undefined,
    1,
    undefined,
    3,
    undefined,
    5,
  ]);
  settled.set(2, valueAt(9));
  expect(settled.get(2)).toEqual(valueAt(9));
});

it('knows nothing of the exchange before', () => {
  const settled = new SettledLeaves();
  settled.set(1, valueAt(1));
  settled.clear();
  expect(settled.get(1)).toBeUndefined();
  settled.set(2, valueAt(2));
  expect(settled.get(1)).toBeUndefined();
  expect(settled.get(2)).toEqual(valueAt(2));
});
