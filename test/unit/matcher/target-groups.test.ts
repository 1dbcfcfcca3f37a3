import { expect, test } from 'vitest';
import { AUTOMATON_GROUPS_MAX } from '../../../src/core/limits.ts';
import { groupsOf } from '../../../src/matcher/target-groups.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('targets with nearly the same entries share a group, others have their own', () => {
  const groups = groupsOf(
    new Map([
      [0, range(0, 20)],
      [1, range(2, 21)],
      [2, range(100, 105)],
      [3, [...range(100, 105), 300]],
      [4, range(0, 5)],
    ]),
  );
  expect(groups.map(({ targets }) => [...targets].sort())).toEqual([[0, 1], [2, 3], [4]]);
  expect(groups[0].entries).toEqual(range(0, 21));
  expect(groups[1].entries).toEqual([...range(100, 105), 300]);
});

test('beyond AUTOMATON_GROUPS_MAX a target joins the group most like it', () => {
  const apart = range(0, AUTOMATON_GROUPS_MAX).map((i): [number, number[]] => [i, range(10 * i, 10 * i + 9)]);
  const groups = groupsOf(new Map([...apart, [99, [30, 31, 500]]]));
  expect(groups).toHaveLength(AUTOMATON_GROUPS_MAX);
  expect(groups.find(({ targets }) => targets.includes(99))?.targets).toEqual([3, 99]);
});
