// Alternatives of patterns: where they stand in the text, and what is left without them.
import { expect, it } from 'vitest';
import { cutOut, patternCuts } from '../../../../src/dsl/mutation/pattern-alternatives.ts';
import { analyseForChecker } from '../../../../src/compiler/regex-analyser.ts';

/** What is left of a pattern after each cut. */
const leftOf = (source: string): string[] => patternCuts(source).map((cut) => cutOut(source, cut));

it.each<[pattern: string, left: readonly string[]]>([
  ['abc', []],
  ['a|b', ['b', 'a']],
  ['x(?:a|b)y|z', ['x(?:b)y|z', 'x(?:a)y|z', 'z', 'x(?:a|b)y']],
  ['(?P<n>a|b)', ['(?P<n>b)', '(?P<n>a)']],
  ['(?i:a|b)', ['(?i:b)', '(?i:a)']],
  ['(?i)a|b', ['b', '(?i)a']],
  ['[a|b]', []],
  ['[]|]x', []],
  ['[^]|]x', []],
  ['[[:alpha:]|]x', []],
  ['[\\]|]x', []],
  ['a\\|b', []],
  ['\\Qa|b\\E|c', ['c', '\\Qa|b\\E']],
  ['(a|)', ['()', '(a)']],
  ['a|b|c|d|e', ['d|e', 'a|b|c']],
])('%s', (source, left) => {
  expect(leftOf(source)).toEqual(left);
  for (const pattern of left) expect(analyseForChecker(pattern, '').error).toBeUndefined();
});
