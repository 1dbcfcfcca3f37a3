/**
 * The states of an automaton (automaton.ts) and where each byte leads from them: the trie of the literals, completed.
 *
 * Bytes no literal uses share a class, both cases of a letter share one, and erased bytes have one that leaves the state as
 * it is. Blanks are read over at the gaps of literals only. A node before a gap has a *twin*, the state behind blanks
 * there: from it only bytes go on that stand behind a gap in some literal, and any other begins anew. So `e` of a literal
 * with gaps does not let `env` be found in "green velvet". Behind such a byte the node is as good as one that was reached
 * without blanks: a literal may be reported that blanks part, but one that is there never fails to be.
 */
import { ByteSet, lowerByte } from './byte-set.ts';
import { BLANKS, GAP, withoutGaps } from './literals.ts';

/** Values to report for each literal; literals are lower-case and without erased bytes, blanks may stand at their gaps. */
export type LiteralMap = ReadonlyMap<string, readonly number[]>;

/** Class 0: bytes of no literal. The last classes: blanks, and bytes that are read over anywhere. */
export interface ByteClasses {
  readonly classes: Uint8Array;
  readonly width: number;
}

export interface Trie {
  readonly states: number;
  /** Complete transitions, not premultiplied. State 0 is the root. */
  readonly next: Int32Array;
  readonly outputs: readonly (readonly number[] | undefined)[];
  readonly accepts: Uint8Array;
  /** The longest proper suffix with outputs, or -1. */
  readonly links: Int32Array;
}

/** The literals as nodes, not complete yet. */
interface Nodes {
  readonly count: number;
  /** Children by node and class; 0: none. */
  readonly next: Int32Array;
  readonly outputs: (readonly number[] | undefined)[];
  /** Twin of each node before a gap; 0: none. */
  readonly twins: Int32Array;
  /** 1: the node stands behind a gap of some literal. */
  readonly behindGap: Uint8Array;
}

export function classesOf(literals: LiteralMap, erased: ByteSet): ByteClasses {
  const used = new ByteSet();
  for (const literal of literals.keys())
    for (const char of withoutGaps(literal)) used.add(char.charCodeAt(0));
  const classes = new Uint8Array(256);
  let width = 1;
  for (const byte of used.bytes()) classes[byte] = width++;
  const [blank, over] = [width, width + 1];
  for (let byte = 0; byte < 256; byte++) classes[byte] = classes[lowerByte(byte)];
  for (const byte of BLANKS.bytes()) classes[byte] = blank;
  for (const byte of erased.bytes()) classes[byte] = over;
  return { classes, width: over + 1 };
}

/** States that `buildTrie` will make, without making them. */
export function countStates(literals: LiteralMap): number {
  return countNodes(literals) + countTwins(literals);
}

export function buildTrie(literals: LiteralMap, { classes, width }: ByteClasses): Trie {
  const nodes = nodesOf(literals, classes, width);
  return { states: nodes.next.length / width, ...complete(nodes, width) };
}

/** The root and, in a sorted list, one for each byte not shared with the literal before. */
function countNodes(literals: LiteralMap): number {
  const sorted = [...literals.keys()].map(withoutGaps).sort();
  let nodes = 1;
  let before = '';
  for (const literal of sorted) {
    let shared = 0;
    while (shared < before.length && before[shared] === literal[shared]) shared++;
    nodes += literal.length - shared;
    before = literal;
  }
  return nodes;
}

/** One for each distinct text before a gap. */
function countTwins(literals: LiteralMap): number {
  const texts = new Set<string>();
  for (const literal of literals.keys())
    for (let at = literal.indexOf(GAP); at >= 0; at = literal.indexOf(GAP, at + 1))
      texts.add(withoutGaps(literal.slice(0, at)));
  return texts.size;
}

function nodesOf(literals: LiteralMap, classes: Uint8Array, width: number): Nodes {
  const count = countNodes(literals);
  const states = count + countTwins(literals);
  const next = new Int32Array(states * width);
  const outputs = new Array<readonly number[] | undefined>(states).fill(undefined);
  const twins = new Int32Array(states);
  const behindGap = new Uint8Array(states);
  let [last, lastTwin] = [0, count - 1];
  for (const [literal, values] of literals) {
    let node = 0;
    for (let i = 0; i < literal.length; i++) {
      if (literal[i] === GAP) {
        if (twins[node] === 0) twins[node] = ++lastTwin;
        continue;
      }
      const edge = node * width + classes[literal.charCodeAt(i)];
      if (next[edge] === 0) next[edge] = ++last;
      node = next[edge];
      if (i > 0 && literal[i - 1] === GAP) behindGap[node] = 1;
    }
    // One literal may be there with gaps and without.
    outputs[node] = [...(outputs[node] ?? []), ...values];
  }
  return { count, next, outputs, twins, behindGap };
}

/** Fills in where bytes lead that continue no literal. Breadth first: the suffix of a node is complete before the node. */
function complete(
  { count, next, outputs, twins, behindGap }: Nodes,
  width: number,
): Pick<Trie, 'next' | 'outputs' | 'accepts' | 'links'> {
  const states = twins.length;
  const [blank, over] = [width - 2, width - 1];
  const accepts = new Uint8Array(states);
  const links = new Int32Array(states).fill(-1);
  const suffix = new Int32Array(count);
  const queue = new Int32Array(count);
  let tail = 1;
  for (let head = 0; head < tail; head++) {
    const node = queue[head];
    const fallback = suffix[node];
    const [row, fallbackRow] = [node * width, fallback * width];
    if (node !== 0) links[node] = outputs[fallback] === undefined ? links[fallback] : fallback;
    accepts[node] = outputs[node] !== undefined || links[node] >= 0 ? 1 : 0;
    // The state behind blanks of the longest suffix before a gap, or of none of them.
    const otherwise = node === 0 ? 0 : next[fallbackRow + blank];
    const twin = twins[node];
    for (let c = 0; c < blank; c++) {
      const child = next[row + c];
      if (twin !== 0)
        next[twin * width + c] = child !== 0 && behindGap[child] === 1 ? child : next[otherwise * width + c];
      if (child === 0) next[row + c] = node === 0 ? 0 : next[fallbackRow + c];
      else {
        suffix[child] = node === 0 ? 0 : next[fallbackRow + c];
        queue[tail++] = child;
      }
    }
    next[row + blank] = twin === 0 ? otherwise : twin;
    next[row + over] = node;
    if (twin === 0) continue;
    next[twin * width + blank] = twin;
    next[twin * width + over] = twin;
  }
  return { next, outputs, accepts, links };
}
