/** A reference matcher: sets of end positions, straight from the definition. Exponential in nothing, slow in everything. */
import type { Assertion, RegexNode } from '../../src/matcher/regex-ast.ts';

/** Whether the regex matches anywhere in the latin1 text. */
export function referenceTest(root: RegexNode, text: string): boolean {
  for (let start = 0; start <= text.length; start++)
    if (ends(root, text, new Set([start])).size > 0) return true;
  return false;
}

/** Where matches end that begin at one of `starts`. */
function ends(node: RegexNode, text: string, starts: ReadonlySet<number>): ReadonlySet<number> {
  switch (node.kind) {
    case 'set':
      return new Set(
        [...starts]
          .filter((at) => at < text.length && node.bytes.has(text.charCodeAt(at)))
          .map((at) => at + 1),
      );
    case 'assert':
      return new Set([...starts].filter((at) => holds(node.what, text, at)));
    case 'group':
      return ends(node.item, text, starts);
    case 'sequence':
      return node.items.reduce((from, item) => ends(item, text, from), starts);
    case 'choice':
      return new Set(node.options.flatMap((option) => [...ends(option, text, starts)]));
    case 'repeat': {
      let reached = starts;
      for (let i = 0; i < node.min; i++) reached = ends(node.item, text, reached);
      const all = new Set(reached);
      for (let i = node.min; i < node.max && reached.size > 0; i++) {
        reached = new Set([...ends(node.item, text, reached)].filter((at) => !all.has(at)));
        for (const at of reached) all.add(at);
      }
      return all;
    }
  }
}

function holds(what: Assertion, text: string, at: number): boolean {
  const word = (i: number): boolean => i >= 0 && i < text.length && /[A-Za-z0-9_]/.test(text[i]);
  switch (what) {
    case 'text-start':
      return at === 0;
    case 'text-end':
      return at === text.length;
    case 'line-start':
      return at === 0 || text[at - 1] === '\n';
    case 'line-end':
      return at === text.length || text[at] === '\n';
    case 'word-boundary':
      return word(at - 1) !== word(at);
    case 'not-word-boundary':
      return word(at - 1) === word(at);
  }
}
