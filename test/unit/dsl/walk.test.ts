import { expect, test } from 'vitest';
import { parseFile } from '../../../src/dsl/parser.ts';
import { createSource } from '../../../src/dsl/source.ts';
import { entryOf, sameTree, walk } from '../../../src/dsl/walk.ts';

const tree = (text: string): ReturnType<typeof parseFile>['file'] =>
  parseFile(createSource('a', `language 1\n${text}`)).file;

test('every node is visited once, parents first; `false` prunes', () => {
  const kinds: string[] = [];
  walk(tree('fn f(): Bool = a == 1'), (node) => {
    kinds.push(node.kind);
    return node.kind !== 'Pipe';
  });
  expect(kinds).toEqual([
    'File',
    'IntLiteral',
    'Fn',
    'Identifier',
    'TypeRef',
    'Test',
    'Pipe',
    'Comparison',
    'Pipe',
  ]);
});

test('trees are the same wherever they stand, and differ by anything else', () => {
  expect(sameTree(tree('switch a on').items, tree('\n\n  switch   a on').items)).toBe(true);
  expect(sameTree(tree('switch a on').items, tree('switch a off').items)).toBe(false);
  expect(sameTree(tree('switch a on').items, tree('/// doc\nswitch a on').items)).toBe(false);
  expect(sameTree(tree('const a : T = 1000').items, tree('const a : T = 1_000').items)).toBe(false);
});

test('an entry is found by its kind', () => {
  const [rule] = tree('rule a "t" { severity error level 2 }').items;
  if (rule.kind !== 'Rule') throw new Error('no rule');
  expect(entryOf(rule.entries, 'LevelEntry')?.level.value).toBe(2);
  expect(entryOf(rule.entries, 'WhenEntry')).toBeUndefined();
});
