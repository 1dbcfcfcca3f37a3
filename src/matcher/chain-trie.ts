/**
 * The transformation chains of all entries as one trie, and its walk for one value.
 *
 * A node is a prefix of chains. Walking it costs nothing while the text lacks the bytes that would trigger its
 * transformation, and equal results are one *variant*, so each distinct text is scanned once. A step written `|>?`
 * keeps both texts: such a chain has several leaves.
 */
import { assert } from '../core/assert.ts';
import { CHAIN_VARIANTS_MAX } from '../core/limits.ts';
import { ByteSet } from './byte-set.ts';
import type { ChainStep } from './pattern-entry.ts';
import { ALWAYS_HIGH, HIGH_BITS, LOW_BITS, type PresenceMask, presenceOf } from './presence.ts';

/** A leaf holds the text a need is about; the scanner looks at its `scan` node, with only erasing steps between. */
export interface ChainLeaf {
  readonly leaf: number;
  readonly scan: number;
}

/** The node of values as they are. */
export const ROOT = 0;

const EVERY_TEXT: PresenceMask = { low: -1, high: -1 };

export class ChainTrie {
  readonly parents: number[] = [ROOT];
  readonly steps: (((text: string) => string) | undefined)[] = [undefined];
  /** Presence bits of which one must be set for the node to change its parent's text. */
  readonly triggers: PresenceMask[] = [{ low: 0, high: 0 }];
  readonly erases: boolean[] = [false];
  readonly #children = new Map<string, number>();

  /** The leaves of a chain, added where they are missing. */
  addChain(chain: readonly ChainStep[]): ChainLeaf[] {
    let kept = chain.length;
    while (kept > 0 && chain[kept - 1].erases) kept--;
    let scans = [ROOT];
    for (const step of chain.slice(0, kept)) scans = this.#extend(scans, step);
    return scans.flatMap((scan) => {
      let leaves = [scan];
      for (const step of chain.slice(kept)) leaves = this.#extend(leaves, step);
      return leaves.map((leaf) => ({ leaf, scan }));
    });
  }

  #extend(nodes: readonly number[], step: ChainStep): number[] {
    const after = nodes.map((node) => this.#child(node, step));
    const all = step.keepOriginal ? [...new Set([...nodes, ...after])] : after;
    assert(all.length <= CHAIN_VARIANTS_MAX, 'a chain has too many `|>?` steps');
    return all;
  }

  #child(parent: number, step: ChainStep): number {
    const key = `${parent} ${step.key}`;
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const node = this.parents.push(parent) - 1;
    this.steps.push(step.apply);
    this.erases.push(step.erases);
    this.triggers.push(step.triggers === null ? EVERY_TEXT : presenceOf(ByteSet.of(step.triggers)));
    this.#children.set(key, node);
    return node;
  }

  /** Bits of which one must be set for any node on the way to `node` to change a text that has just these bits. */
  pathTriggers(node: number): PresenceMask {
    let [low, high] = [0, 0];
    for (let at = node; at !== ROOT; at = this.parents[at]) {
      low |= this.triggers[at].low;
      high |= this.triggers[at].high;
    }
    return { low, high };
  }
}

/** The variants of one value. Reused from value to value; only changed texts make garbage. */
export class ChainWalk {
  /** Variant 0 is the value itself; those beyond `count` belong to earlier values. */
  readonly texts: string[] = [''];
  readonly lows: number[] = [0];
  readonly highs: number[] = [0];
  count = 0;
  readonly #parents: Int32Array;
  readonly #steps: readonly (((text: string) => string) | undefined)[];
  readonly #erases: readonly boolean[];
  readonly #triggerLows: Int32Array;
  readonly #triggerHighs: Int32Array;
  readonly #variants: Int32Array;
  readonly #stamps: Float64Array;
  #epoch = 0;

  constructor(trie: ChainTrie) {
    this.#parents = Int32Array.from(trie.parents);
    this.#steps = trie.steps;
    this.#erases = trie.erases;
    this.#triggerLows = Int32Array.from(trie.triggers, (mask) => mask.low);
    this.#triggerHighs = Int32Array.from(trie.triggers, (mask) => mask.high);
    this.#variants = new Int32Array(trie.parents.length);
    this.#stamps = new Float64Array(trie.parents.length);
  }

  begin(text: string): void {
    this.#epoch++;
    this.count = 0;
    this.#add(text);
    this.#stamps[ROOT] = this.#epoch;
    this.#variants[ROOT] = 0;
  }

  /** The variant at a node, transformed now unless it has been. */
  variantAt(node: number): number {
    if (this.#stamps[node] === this.#epoch) return this.#variants[node];
    const before = this.variantAt(this.#parents[node]);
    const mayChange =
      (this.lows[before] & this.#triggerLows[node]) !== 0 ||
      (this.highs[before] & this.#triggerHighs[node]) !== 0;
    const variant = mayChange ? this.#transform(before, node) : before;
    this.#stamps[node] = this.#epoch;
    this.#variants[node] = variant;
    return variant;
  }

  #transform(before: number, node: number): number {
    const text = this.texts[before];
    const result = this.#steps[node]?.(text) ?? text;
    if (result === text) return before;
    for (let i = 0; i < this.count; i++) if (this.texts[i] === result) return i;
    return this.#erases[node] ? this.#addUnread(result) : this.#add(result);
  }

  /** What an erasing step made is searched, hardly ever scanned: its bytes are not worth a pass, so any may be there. */
  #addUnread(text: string): number {
    const variant = this.count++;
    this.texts[variant] = text;
    this.lows[variant] = EVERY_TEXT.low;
    this.highs[variant] = EVERY_TEXT.high;
    return variant;
  }

  #add(text: string): number {
    let [low, high] = [0, ALWAYS_HIGH];
    for (let i = 0; i < text.length; i++) {
      const byte = text.charCodeAt(i) & 255;
      low |= LOW_BITS[byte];
      high |= HIGH_BITS[byte];
    }
    const variant = this.count++;
    this.texts[variant] = text;
    this.lows[variant] = low;
    this.highs[variant] = high;
    return variant;
  }
}
