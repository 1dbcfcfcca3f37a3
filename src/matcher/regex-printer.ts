/**
 * Prints a regex tree as RE2 source over the code points U+0000..U+00FF.
 *
 * Everything context-dependent is spelled out (classes instead of flags, `\A` and `\z` instead of `^` and `$`), so
 * RE2 gets no flag and applies none of its Unicode case folding. Groups keep their order and thereby their numbers.
 */
import type { ByteSet } from './byte-set.ts';
import type { Assertion, RegexNode, RepeatNode } from './regex-ast.ts';

const ASSERTIONS: Readonly<Record<Assertion, string>> = {
  'text-start': '\\A',
  'text-end': '\\z',
  'line-start': '(?m:^)',
  'line-end': '(?m:$)',
  'word-boundary': '\\b',
  'not-word-boundary': '\\B',
};

/** RE2 source of the tree. Linear in the tree. */
export function printRegex(node: RegexNode): string {
  switch (node.kind) {
    case 'set':
      return printSet(node.bytes);
    case 'assert':
      return ASSERTIONS[node.what];
    case 'sequence':
      return node.items.length === 0
        ? '(?:)'
        : node.items.map((item) => (item.kind === 'choice' ? atom(item) : printRegex(item))).join('');
    case 'choice':
      return node.options.map(printRegex).join('|');
    case 'repeat':
      return atom(node.item) + quantifier(node);
    case 'group':
      return `(${printRegex(node.item)})`;
  }
}

function atom(node: RegexNode): string {
  const text = printRegex(node);
  return node.kind === 'set' || node.kind === 'group' ? text : `(?:${text})`;
}

function quantifier(node: RepeatNode): string {
  const { min, max } = node;
  const lazy = node.greedy ? '' : '?';
  if (max === Infinity && min < 2) return (min === 0 ? '*' : '+') + lazy;
  if (min === 0 && max === 1) return '?' + lazy;
  if (max === Infinity) return `{${min},}${lazy}`;
  return (min === max ? `{${min}}` : `{${min},${max}}`) + lazy;
}

function printSet(bytes: ByteSet): string {
  const ranges = bytes.ranges();
  // RE2 has no empty class; a class without members complements the full one.
  if (ranges.length === 0) return '[^\\x00-\\x{10FFFF}]';
  if (ranges.length === 1 && ranges[0][0] === ranges[0][1]) return printByte(ranges[0][0]);
  const parts = ranges.map(([low, high]) =>
    low === high ? printByte(low) : `${printByte(low)}-${printByte(high)}`,
  );
  return `[${parts.join('')}]`;
}

function printByte(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9]/.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
}
