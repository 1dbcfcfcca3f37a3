/**
 * A dense Aho-Corasick automaton (Aho and Corasick, 1975) over byte classes.
 *
 * A step is a multiplication and two loads. Up to 65,536 states the table holds 16-bit numbers: it is read at random, so
 * half the size means fewer cache misses, which cost more than the multiplication. Bytes no literal uses share a class,
 * both cases of a letter share one, and erased bytes have one that leaves the state as it is. Blanks have one that leaves
 * it only where a literal has a gap: else it goes back to the longest suffix before a gap. What that suffix ends with may
 * be no longer possible, so a literal can be reported that blanks part; one that is there never fails to be. Accepting
 * states are numbered last: one comparison per byte tells them apart. Each accepting state counts once per scan, and a state
 * links to its longest accepting suffix, so a scan is linear in the text plus the literals it reports, whatever the
 * text repeats.
 */
import { ByteSet, lowerByte } from './byte-set.ts';
import { BLANKS, ERASED, GAP, withoutGaps } from './literals.ts';

/** Values to report for each literal; literals are lower-case and without erased bytes, blanks may stand at their gaps. */
export type LiteralMap = ReadonlyMap<string, readonly number[]>;

/** Last epoch before the stamps are cleared. */
const EPOCH_MAX = 0x7fff_fffe;
/** Read over anywhere. */
const READ_OVER = ERASED.without(BLANKS);
/** States that 16-bit numbers can name. */
const SHORT_STATES_MAX = 0x1_0000;

/** Size of the table a set of literals needs, without building it. */
export function tableBytes(literals: LiteralMap): number {
  const states = countStates(literals);
  return states * classesOf(literals, READ_OVER).width * stateBytes(states);
}

/** Bytes of one state number. */
function stateBytes(states: number): number {
  return states <= SHORT_STATES_MAX ? 2 : 4;
}

export class Automaton {
  readonly states: number;
  readonly #width: number;
  readonly #classes: Uint8Array;
  readonly #table: Uint16Array | Int32Array;
  /** First accepting state. */
  readonly #acceptFrom: number;
  /** Accepting state n reports values[offsets[n]] up to values[offsets[n + 1]]. */
  readonly offsets: Int32Array;
  readonly values: Int32Array;
  /** The next accepting state to report with state n, or -1. */
  readonly #links: Int32Array;
  readonly #stamps: Int32Array;
  #epoch = 0;
  /** Accepting states of the last scan, each once. */
  readonly hits: Int32Array;

  /** `erased`: bytes that are read over anywhere, blanks too if they are among them; no literal has one. */
  constructor(literals: LiteralMap, erased = READ_OVER) {
    const { classes, width } = classesOf(literals, erased);
    const trie = buildTrie(literals, classes, width);
    const order = acceptLast(trie.accepts, trie.states);
    const accepting = trie.states - order.firstAccepting;
    this.states = trie.states;
    this.#width = width;
    this.#classes = classes;
    this.#acceptFrom = order.firstAccepting;
    const cells = trie.states * width;
    this.#table = stateBytes(trie.states) === 2 ? new Uint16Array(cells) : new Int32Array(cells);
    this.offsets = new Int32Array(accepting + 1);
    this.#links = new Int32Array(accepting).fill(-1);
    this.#stamps = new Int32Array(accepting);
    this.hits = new Int32Array(accepting);
    const values: number[] = [];
    for (let place = 0; place < trie.states; place++) {
      const state = order.stateAt[place];
      for (let c = 0; c < width; c++) {
        this.#table[place * width + c] = order.placeOf[trie.next[state * width + c]];
      }
      const n = place - order.firstAccepting;
      if (n < 0) continue;
      for (const value of trie.outputs[state] ?? []) values.push(value);
      this.offsets[n + 1] = values.length;
      const link = trie.links[state];
      if (link >= 0) this.#links[n] = order.placeOf[link] - order.firstAccepting;
    }
    this.values = Int32Array.from(values);
  }

  get tableBytes(): number {
    return this.#table.byteLength;
  }

  /** Scans a latin1 text; the count of `hits` it fills. */
  scan(text: string): number {
    if (this.#epoch >= EPOCH_MAX) {
      this.#stamps.fill(0);
      this.#epoch = 0;
    }
    this.#epoch++;
    const table = this.#table;
    const classes = this.#classes;
    const acceptFrom = this.#acceptFrom;
    const width = this.#width;
    let count = 0;
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      state = table[state * width + classes[text.charCodeAt(i) & 255]];
      if (state >= acceptFrom) count = this.#report(state, count);
    }
    return count;
  }

  /** Whether one of the first `length` bytes ends a literal. */
  finds(bytes: Uint8Array, length: number): boolean {
    const table = this.#table;
    const classes = this.#classes;
    const acceptFrom = this.#acceptFrom;
    const width = this.#width;
    let state = 0;
    for (let i = 0; i < length; i++) {
      state = table[state * width + classes[bytes[i]]];
      if (state >= acceptFrom) return true;
    }
    return false;
  }

  #report(state: number, already: number): number {
    let count = already;
    let n = state - this.#acceptFrom;
    while (n >= 0 && this.#stamps[n] !== this.#epoch) {
      this.#stamps[n] = this.#epoch;
      this.hits[count++] = n;
      n = this.#links[n];
    }
    return count;
  }
}

/** Class 0: bytes of no literal. The last classes: blanks and erased bytes. */
function classesOf(literals: LiteralMap, erased: ByteSet): { classes: Uint8Array; width: number } {
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

/** States of the trie: the root and, in a sorted list, one for each byte not shared with the literal before. */
function countStates(literals: LiteralMap): number {
  const sorted = [...literals.keys()].map(withoutGaps).sort();
  let states = 1;
  let before = '';
  for (const literal of sorted) {
    let shared = 0;
    while (shared < before.length && before[shared] === literal[shared]) shared++;
    states += literal.length - shared;
    before = literal;
  }
  return states;
}

interface Trie {
  readonly states: number;
  /** Complete transitions, not premultiplied. */
  readonly next: Int32Array;
  readonly outputs: readonly (readonly number[] | undefined)[];
  readonly accepts: Uint8Array;
  /** The longest proper suffix with outputs, or -1. */
  readonly links: Int32Array;
}

function buildTrie(literals: LiteralMap, classes: Uint8Array, width: number): Trie {
  const states = countStates(literals);
  const next = new Int32Array(states * width);
  const outputs: (readonly number[] | undefined)[] = new Array<undefined>(states).fill(undefined);
  const gaps = new Uint8Array(states);
  let last = 0;
  for (const [literal, values] of literals) {
    let state = 0;
    for (let i = 0; i < literal.length; i++) {
      if (literal[i] === GAP) {
        gaps[state] = 1;
        continue;
      }
      const edge = state * width + classes[literal.charCodeAt(i)];
      if (next[edge] === 0) next[edge] = ++last;
      state = next[edge];
    }
    // One literal may be there with gaps and without.
    outputs[state] = [...(outputs[state] ?? []), ...values];
  }
  return { states, next, outputs, ...completeTransitions({ next, outputs, gaps }, states, width) };
}

/** Breadth first, so that the suffix of a state is complete before the state itself. */
function completeTransitions(
  { next, outputs, gaps }: Pick<Trie, 'next' | 'outputs'> & { readonly gaps: Uint8Array },
  states: number,
  width: number,
): { accepts: Uint8Array; links: Int32Array } {
  const accepts = new Uint8Array(states);
  const links = new Int32Array(states).fill(-1);
  const suffix = new Int32Array(states);
  const queue = new Int32Array(states);
  let tail = 1;
  for (let head = 0; head < tail; head++) {
    const state = queue[head];
    const fallback = suffix[state];
    if (state !== 0) links[state] = outputs[fallback] === undefined ? links[fallback] : fallback;
    accepts[state] = outputs[state] !== undefined || links[state] >= 0 ? 1 : 0;
    for (let c = 0; c < width - 2; c++) {
      const child = next[state * width + c];
      const viaSuffix = state === 0 ? 0 : next[fallback * width + c];
      if (child === 0) {
        next[state * width + c] = viaSuffix;
      } else {
        suffix[child] = viaSuffix;
        queue[tail++] = child;
      }
    }
    next[state * width + width - 2] =
      state === 0 || gaps[state] === 1 ? state : next[fallback * width + width - 2];
    next[state * width + width - 1] = state;
  }
  return { accepts, links };
}

/** A numbering that keeps the root first and puts accepting states last. */
function acceptLast(
  accepts: Uint8Array,
  states: number,
): { placeOf: Int32Array; stateAt: Int32Array; firstAccepting: number } {
  const placeOf = new Int32Array(states);
  const stateAt = new Int32Array(states);
  let place = 0;
  let firstAccepting = 0;
  for (const wanted of [0, 1]) {
    if (wanted === 1) firstAccepting = place;
    for (let state = 0; state < states; state++) {
      if (accepts[state] !== wanted) continue;
      placeOf[state] = place;
      stateAt[place++] = state;
    }
  }
  return { placeOf, stateAt, firstAccepting };
}
