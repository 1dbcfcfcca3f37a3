/**
 * Four nested alphabets, and what is left of a regex when the text keeps to one of them.
 *
 * Most values of a request are plain words. A regex that needs a quote or an angle bracket cannot match such a value
 * at all, so each alphabet has an automaton of its own without the literals of those regexes. Every alphabet is
 * closed under ASCII case and, but for the last, is a union of presence classes (presence.ts).
 */
import { ByteSet } from './byte-set.ts';
import { choiceOf, EMPTY, type RegexNode, sequenceOf } from './regex-ast.ts';
import { WORD } from './regex-classes.ts';

const PLAIN = WORD.union(ByteSet.of('.-'));
const PROSE = PLAIN.union(ByteSet.of(' ,:!?'));
const LOCATOR = PROSE.union(ByteSet.of('/@=&%+'));

/** From the smallest to all bytes. */
export const ALPHABETS: readonly ByteSet[] = [PLAIN, PROSE, LOCATOR, ByteSet.all()];

/** The regex restricted to texts over `alphabet`; null when it cannot match any. Linear in the tree. */
export function specialise(node: RegexNode, alphabet: ByteSet): RegexNode | null {
  switch (node.kind) {
    case 'assert':
      return node;
    case 'set': {
      const bytes = node.bytes.intersect(alphabet);
      return bytes.isEmpty ? null : { kind: 'set', bytes };
    }
    case 'group':
      return specialise(node.item, alphabet);
    case 'sequence': {
      const items: RegexNode[] = [];
      for (const item of node.items) {
        const left = specialise(item, alphabet);
        if (left === null) return null;
        items.push(left);
      }
      return sequenceOf(items);
    }
    case 'choice': {
      const options = node.options
        .map((option) => specialise(option, alphabet))
        .filter((left) => left !== null);
      return options.length === 0 ? null : choiceOf(options);
    }
    case 'repeat': {
      const item = specialise(node.item, alphabet);
      if (item !== null) return { ...node, item };
      return node.min === 0 ? EMPTY : null;
    }
  }
}
