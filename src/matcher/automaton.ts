/**
 * A dense Aho-Corasick automaton (Aho and Corasick, 1975) over byte classes.
 *
 * A step is two loads, and where the table is large a multiplication: up to 65,536 cells it holds where rows begin, up to
 * 65,536 states their numbers, 16 bits either way. It is read at random, so half the size means fewer cache misses, which
 * cost more than the multiplication. What the states are says literal-trie.ts; accepting ones are numbered last: one comparison per byte tells them apart. Each accepting state counts
 * once per scan, and a state links to its longest accepting suffix, so a scan is linear in the text plus the literals it
 * reports, whatever the text repeats.
 */
import { BLANKS, ERASED } from './literals.ts';
import { buildTrie, classesOf, countStates, type LiteralMap } from './literal-trie.ts';

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
  /** What a number in the table is multiplied with to find the row: 1 where it is the place of the row. */
  readonly #scale: number;
  readonly #classes: Uint8Array;
  readonly #table: Uint16Array | Int32Array;
  /** First accepting state, as the table has it. */
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
    const byteClasses = classesOf(literals, erased);
    const { classes, width } = byteClasses;
    const trie = buildTrie(literals, byteClasses);
    const order = acceptLast(trie.accepts, trie.states);
    const accepting = trie.states - order.firstAccepting;
    this.states = trie.states;
    this.#width = width;
    this.#classes = classes;
    const cells = trie.states * width;
    const unit = cells <= SHORT_STATES_MAX ? width : 1;
    this.#scale = width / unit;
    this.#acceptFrom = order.firstAccepting * unit;
    this.#table = stateBytes(trie.states) === 2 ? new Uint16Array(cells) : new Int32Array(cells);
    this.offsets = new Int32Array(accepting + 1);
    this.#links = new Int32Array(accepting).fill(-1);
    this.#stamps = new Int32Array(accepting);
    this.hits = new Int32Array(accepting);
    const values: number[] = [];
    for (let place = 0; place < trie.states; place++) {
      const state = order.stateAt[place];
      for (let c = 0; c < width; c++) {
        this.#table[place * width + c] = order.placeOf[trie.next[state * width + c]] * unit;
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
    const scale = this.#scale;
    let count = 0;
    let state = 0;
    if (scale === 1) {
      for (let i = 0; i < text.length; i++) {
        state = table[state + classes[text.charCodeAt(i) & 255]];
        if (state >= acceptFrom) count = this.#report(state, count);
      }
      return count;
    }
    for (let i = 0; i < text.length; i++) {
      state = table[state * scale + classes[text.charCodeAt(i) & 255]];
      if (state >= acceptFrom) count = this.#report(state, count);
    }
    return count;
  }

  /** Whether one of the first `length` bytes ends a literal. */
  finds(bytes: Uint8Array, length: number): boolean {
    const table = this.#table;
    const classes = this.#classes;
    const acceptFrom = this.#acceptFrom;
    const scale = this.#scale;
    let state = 0;
    if (scale === 1) {
      for (let i = 0; i < length; i++) {
        state = table[state + classes[bytes[i]]];
        if (state >= acceptFrom) return true;
      }
      return false;
    }
    for (let i = 0; i < length; i++) {
      state = table[state * scale + classes[bytes[i]]];
      if (state >= acceptFrom) return true;
    }
    return false;
  }

  #report(state: number, already: number): number {
    let count = already;
    let n = (state - this.#acceptFrom) / (this.#width / this.#scale);
    while (n >= 0 && this.#stamps[n] !== this.#epoch) {
      this.#stamps[n] = this.#epoch;
      this.hits[count++] = n;
      n = this.#links[n];
    }
    return count;
  }
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
