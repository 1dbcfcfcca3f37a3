/**
 * Whether a text has one of many literals, in one pass. A search per literal costs a pass each, and regexes of rules
 * have hundreds of literals.
 */
import { ByteSet } from './byte-set.ts';
import { Re2Program } from './re2-adapter.ts';
import { choiceOf, type RegexNode } from './regex-ast.ts';
import { printRegex } from './regex-printer.ts';

/**
 * A search for any of the latin1 literals without regard to ASCII case. Linear in the text. The program is compiled
 * with the first text: only values beyond the window are asked, which most services never see.
 */
export function searchForAny(literals: readonly string[]): (text: string) => boolean {
  if (literals.length === 0) return () => false;
  let program: Re2Program | undefined;
  return (text) => {
    program ??= new Re2Program(printRegex(choiceOf(literals.map(literalTree))));
    return program.test(text);
  };
}

function literalTree(literal: string): RegexNode {
  const items = Array.from(
    literal,
    (char): RegexNode => ({ kind: 'set', bytes: ByteSet.of(char).foldCase() }),
  );
  return { kind: 'sequence', items };
}
