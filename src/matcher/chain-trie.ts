/**
 * The transformation chains of all entries as one trie, and its walk for one value.
 *
 * A node is a prefix of chains. Walking it costs nothing while the text lacks the bytes that would trigger its
 * transformation, and equal results are one *variant*, so each distinct text is scanned once. A step written `|>?`
 * keeps both texts: such a chain has several leaves.
 *
 * The scanner reads over what erasing steps change (literals.ts). For it such a step is taken only where a decoding
 * step behind it may act on the result; else the variant before stands for the one after. Searches get the real text.
 */
import { assert } from '../core/assert.ts';
import { CHAIN_VARIANTS_MAX } from '../core/limits.ts';
import { ByteSet } from './byte-set.ts';
import type { ChainStep } from './pattern-entry.ts';
import {
  ALWAYS_HIGH,
  LOW_MASK,
  commonPresence,
  notePresence,
  type PresenceMask,
  presenceOf,
  rarePresence,
} from './presence.ts';

/** A leaf holds the text a need is about; the scanner looks at its `scan` node, with only erasing steps between. */
export interface ChainLeaf {
  readonly leaf: number;
  readonly scan: number;
}

/** The node of values as they are. */
export const ROOT = 0;

const EVERY_TEXT: PresenceMask = { low: -1, high: -1 };
/** Variants of one value for which is known what each step makes of them: few values have more, and the table is small. */
const REMEMBERED_VARIANTS = 16;

export class ChainTrie {
  readonly parents: number[] = [ROOT];
  readonly steps: (ChainStep | undefined)[] = [undefined];
  /** Presence bits of which one must be set for the node to change its parent's text. */
  readonly triggers: PresenceMask[] = [{ low: 0, high: 0 }];
  readonly #children = new Map<string, number>();

  /** The leaves of a chain, added where they are missing. */
  addChain(chain: readonly ChainStep[]): ChainLeaf[] {
    let leaves = [ROOT];
    for (const step of chain) leaves = this.#extend(leaves, step);
    return leaves.map((leaf) => {
      let scan = leaf;
      while (this.steps[scan]?.erases === true) scan = this.parents[scan];
      return { leaf, scan };
    });
  }

  #extend(nodes: readonly number[], step: ChainStep): number[] {
    const after = nodes.map((node) => this.#child(node, step));
    const all = [...new Set(step.keepOriginal ? [...nodes, ...after] : after)];
    assert(all.length <= CHAIN_VARIANTS_MAX, 'a chain has too many `|>?` steps');
    return all;
  }

  #child(parent: number, step: ChainStep): number {
    const from = step.readsOver === true ? this.#beforeDrops(parent) : parent;
    const key = `${from} ${step.key}`;
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const node = this.parents.push(from) - 1;
    this.steps.push(step);
    this.triggers.push(step.triggers === null ? EVERY_TEXT : presenceOf(ByteSet.of(step.triggers)));
    this.#children.set(key, node);
    return node;
  }

  /** The node behind `parent` that has the step of `node`. */
  childOf(parent: number, node: number): number | undefined {
    return this.#children.get(`${parent} ${this.steps[node]?.key ?? ''}`);
  }

  /** A step that reads over erased bytes makes the same of a text whether or not some were dropped before. */
  #beforeDrops(node: number): number {
    let at = node;
    while (this.steps[at]?.drops === true) at = this.parents[at];
    return at;
  }
}

/** The variants of one value. Reused from value to value; only changed texts make garbage. */
export class ChainWalk {
  /** Variant 0 is the value itself; those beyond `count` belong to earlier values. */
  readonly texts: string[] = [''];
  readonly lows: number[] = [0];
  readonly highs: number[] = [0];
  count = 0;
  /** 1: the node is not entered if its step changes nothing, as its parent has all that lies behind it. */
  covered: Uint8Array;
  readonly #trie: ChainTrie;
  readonly #parents: Int32Array;
  readonly #steps: readonly (((text: string) => string) | undefined)[];
  readonly #erases: readonly boolean[];
  readonly #triggerLows: Int32Array;
  readonly #triggerHighs: Int32Array;
  readonly #variants: Int32Array;
  readonly #stamps: Float64Array;
  /** An erasing step lies on the way to the node: what is scanned for it may differ from what is searched. */
  readonly #differs: readonly boolean[];
  readonly #entered: Int32Array;
  readonly #scanned: Int32Array;
  readonly #scanStamps: Float64Array;
  /** What a step made of a variant, by both: many nodes have the same step, and many texts stay as they are. */
  readonly #stepNumbers: Int32Array;
  readonly #made: Int32Array;
  readonly #madeStamps: Float64Array;
  /** Number of the value, never used twice. */
  epoch = 0;

  constructor(trie: ChainTrie) {
    const nodes = trie.parents.length;
    this.#trie = trie;
    this.covered = new Uint8Array(nodes);
    this.#parents = Int32Array.from(trie.parents);
    this.#steps = trie.steps.map((step) => step?.apply);
    this.#erases = trie.steps.map((step) => step?.erases === true);
    this.#triggerLows = Int32Array.from(trie.triggers, (mask) => mask.low);
    this.#triggerHighs = Int32Array.from(trie.triggers, (mask) => mask.high);
    this.#variants = new Int32Array(nodes);
    this.#stamps = new Float64Array(nodes);
    const differs: boolean[] = [];
    for (let node = 0; node < nodes; node++)
      differs.push(this.#erases[node] || (node !== ROOT && differs[trie.parents[node]]));
    this.#differs = differs;
    this.#entered = new Int32Array(nodes);
    this.#scanned = new Int32Array(nodes);
    this.#scanStamps = new Float64Array(nodes);
    const keys = [...new Set(trie.steps.map((step) => step?.key))];
    this.#stepNumbers = Int32Array.from(trie.steps, (step) => keys.indexOf(step?.key));
    this.#made = new Int32Array(keys.length * REMEMBERED_VARIANTS);
    this.#madeStamps = new Float64Array(keys.length * REMEMBERED_VARIANTS);
  }

  begin(text: string): void {
    this.epoch++;
    this.count = 0;
    this.#addRead(text);
    notePresence(text, this.lows[0], this.highs[0]);
    this.#stamps[ROOT] = this.epoch;
    this.#variants[ROOT] = 0;
  }

  /** The variant that a search at the node is about, transformed now unless it has been. */
  variantAt(node: number): number {
    if (this.#stamps[node] === this.epoch) return this.#variants[node];
    const variant = this.#after(this.variantAt(this.#parents[node]), node, !this.#erases[node]);
    this.#stamps[node] = this.epoch;
    this.#variants[node] = variant;
    return variant;
  }

  /** The variant that is scanned for the node: a node that was not entered changes nothing a scan can see. */
  scannedAt(node: number): number {
    if (!this.#differs[node]) return this.variantAt(node);
    if (this.#scanStamps[node] === this.epoch) return this.#scanned[node];
    const stand = this.#standIn(node);
    const like = stand === node ? this.#parents[node] : stand;
    const variant = this.scannedAt(like);
    return this.#noteScanned(node, variant, this.enteredAt(like));
  }

  /** The variant on which the steps behind a node go on; for nodes that were entered, or asked for by `scannedAt`. */
  enteredAt(node: number): number {
    return this.#differs[node] ? this.#entered[node] : this.variantAt(node);
  }

  /** Takes the step of the node for the scan; the variant that is scanned for it. */
  enter(node: number): number {
    if (!this.#differs[node]) return this.variantAt(node);
    const parent = this.#parents[node];
    const before = this.enteredAt(parent);
    const after = this.#after(before, node, true);
    const scanned = after === before || this.#erases[node] ? this.scannedAt(parent) : after;
    return this.#noteScanned(node, scanned, after);
  }

  /** The node in whose place a covered one was not entered, or what lies behind such a one; else the node. */
  #standIn(node: number): number {
    if (node === ROOT) return ROOT;
    const parent = this.#parents[node];
    const by = this.#standIn(parent);
    this.scannedAt(by);
    if (this.covered[node] === 1 && !this.#isTriggered(this.enteredAt(by), node)) return by;
    const twin = by === parent ? node : this.#trie.childOf(by, node);
    return twin === node || twin === undefined ? node : this.#standIn(twin);
  }

  #noteScanned(node: number, scanned: number, entered: number): number {
    this.#scanStamps[node] = this.epoch;
    this.#scanned[node] = scanned;
    this.#entered[node] = entered;
    return scanned;
  }

  #isTriggered(before: number, node: number): boolean {
    return (
      (this.lows[before] & this.#triggerLows[node]) !== 0 ||
      (this.highs[before] & this.#triggerHighs[node]) !== 0
    );
  }

  #after(before: number, node: number, isRead: boolean): number {
    if (!this.#isTriggered(before, node)) return before;
    if (before >= REMEMBERED_VARIANTS) return this.#transform(before, node, isRead);
    const at = this.#stepNumbers[node] * REMEMBERED_VARIANTS + before;
    if (this.#madeStamps[at] !== this.epoch) {
      this.#madeStamps[at] = this.epoch;
      this.#made[at] = this.#transform(before, node, isRead);
    }
    return this.#made[at];
  }

  #transform(before: number, node: number, isRead: boolean): number {
    const text = this.texts[before];
    const result = this.#steps[node]?.(text) ?? text;
    if (result === text) return before;
    for (let i = 0; i < this.count; i++) if (this.texts[i] === result) return i;
    return isRead ? this.#addRead(result) : this.#add(result, EVERY_TEXT.low, EVERY_TEXT.high);
  }

  /** A text that may be scanned. Others are searched only, so their bytes are not worth a pass: any may be there. */
  #addRead(text: string): number {
    const seen = commonPresence(text);
    return seen >= 0
      ? this.#add(text, seen, ALWAYS_HIGH)
      : this.#add(text, seen & LOW_MASK, rarePresence(text));
  }

  #add(text: string, low: number, high: number): number {
    const variant = this.count++;
    this.texts[variant] = text;
    this.lows[variant] = low;
    this.highs[variant] = high;
    return variant;
  }
}
