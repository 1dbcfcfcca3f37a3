/**
 * Which transformations a scan takes: the part of the chain trie that leads to the nodes a target is scanned at, in
 * preorder, with the bytes and the length a text must have for anything behind a node to matter. A branch without them
 * costs one comparison. Steps that change every text have a screen, if they can (branch-screen.ts).
 */
import type { BranchScreen, BranchScreens, StepBehind } from './branch-screen.ts';
import { ByteSet } from './byte-set.ts';
import { type ChainTrie, type ChainWalk, ROOT } from './chain-trie.ts';
import { type Clause, ERASED } from './literals.ts';
import type { ChainStep } from './pattern-entry.ts';
import { type PresenceMask, presenceOf } from './presence.ts';
import { type QuietTexts, quietTextsOf } from './quiet-texts.ts';

const NO_TEXT: PresenceMask = { low: 0, high: 0 };
const EVERY_TEXT: PresenceMask = { low: -1, high: -1 };
const LETTERS = presenceOf(ByteSet.range(0x41, 0x5a).union(ByteSet.range(0x61, 0x7a)));

/** Siblings beyond this many are asked for together first. */
const ALONE_MAX = 2;
/** In place of a node: the siblings that follow, together. */
const GROUP = -1;

/** One place of a route, while it is built. */
interface Place {
  /** The step that is taken here, or GROUP. */
  readonly node: number;
  readonly parent: number;
  /** A text without these bits is scanned as it is for all that lies behind. */
  readonly mask: PresenceMask;
  /** A shorter text becomes none that an entry behind matches. */
  readonly least: number;
  /** Place of the first step that does not lie behind. */
  readonly next: number;
  /** The first node with the outermost step on the way here that every text takes, or ROOT. */
  readonly branch: number;
  /** Text that it does not admit needs the step only where `beside` says so. */
  readonly screen: BranchScreen | undefined;
  /** The mask without what the screen is about; null when nothing else lies behind. */
  readonly beside: PresenceMask | null;
}

/** What is scanned at one node. */
export interface ScanPoint {
  /** The least length of a text that matches there. */
  readonly least: number;
  /** Of each entry a clause that it waits for; null when an entry has none. */
  readonly clauses: readonly Clause[] | null;
}

/**
 * The walk of one target. A variant is scanned for the entries of its branch: what `base64_decode` makes of every text
 * is of interest to few.
 */
export class ScanRoute {
  readonly #nodes: Int32Array;
  readonly #parents: Int32Array;
  readonly #lows: Int32Array;
  readonly #highs: Int32Array;
  readonly #least: Float64Array;
  readonly #next: Int32Array;
  /** 1: the variant at the node is to be scanned. */
  readonly #scans: Uint8Array;
  readonly #branches: Int32Array;
  readonly #screens: readonly (BranchScreen | undefined)[];
  readonly #besides: readonly (PresenceMask | null)[];
  /** By node, see `ChainWalk.covered`. */
  readonly #covered: Uint8Array;
  readonly #rootScans: boolean;
  readonly #quiet: QuietTexts | null;
  /** What the last `take` found: variants to scan, each once, and the branch all of its nodes lie in. */
  count = 0;
  readonly variants: Int32Array;
  readonly branches: Int32Array;

  /** `scans`: the nodes whose variants are scanned. */
  constructor(trie: ChainTrie, scans: ReadonlyMap<number, ScanPoint>, screens: BranchScreens) {
    const planner = new RoutePlanner(trie, scans, screens);
    const places = planner.places();
    this.#covered = Uint8Array.from(trie.parents, (_, node) => (planner.isCovered(node) ? 1 : 0));
    this.#nodes = Int32Array.from(places, (place) => place.node);
    this.#parents = Int32Array.from(places, (place) => place.parent);
    this.#lows = Int32Array.from(places, (place) => place.mask.low);
    this.#highs = Int32Array.from(places, (place) => place.mask.high);
    this.#least = Float64Array.from(places, (place) => place.least);
    this.#next = Int32Array.from(places, (place) => place.next);
    this.#scans = Uint8Array.from(places, (place) => (scans.has(place.node) ? 1 : 0));
    this.#branches = Int32Array.from(places, (place) => place.branch);
    this.#screens = places.map((place) => place.screen);
    this.#besides = places.map((place) => place.beside);
    this.#rootScans = scans.has(ROOT);
    this.#quiet = planner.quietTexts();
    this.variants = new Int32Array(places.length + 1);
    this.branches = new Int32Array(places.length + 1);
  }

  /** By branch: the nodes scanned in it. */
  scansByBranch(): ReadonlyMap<number, ReadonlySet<number>> {
    const all = new Map<number, Set<number>>();
    this.#nodes.forEach((node, place) => {
      const branch = this.#branches[place];
      if (this.#scans[place] === 0 || branch === ROOT) return;
      const nodes = all.get(branch);
      if (nodes === undefined) all.set(branch, new Set([node]));
      else nodes.add(node);
    });
    return all;
  }

  /** Finds the variants of the walk's value that are to be scanned. Linear in the steps whose triggers are there. */
  take(walk: ChainWalk): void {
    this.count = 0;
    walk.covered = this.#covered;
    if (this.#quiet !== null && this.#isQuiet(walk, this.#quiet)) {
      if (this.#quiet.isScanned) this.#note(0, ROOT);
      return;
    }
    if (this.#rootScans) this.#note(0, ROOT);
    let place = 0;
    while (place < this.#nodes.length) {
      const before = walk.enteredAt(this.#parents[place]);
      if ((walk.lows[before] & this.#lows[place]) === 0 && (walk.highs[before] & this.#highs[place]) === 0) {
        // A node behind this one is scanned, or the route would not lead here.
        this.#note(walk.scannedAt(this.#parents[place]), this.#branches[place]);
        place = this.#next[place];
      } else if (walk.texts[before].length < this.#least[place]) {
        place = this.#next[place];
      } else if (this.#isScreened(place, walk, before)) {
        if (this.#besides[place] !== null)
          this.#note(walk.scannedAt(this.#parents[place]), this.#branches[place]);
        place = this.#next[place];
      } else {
        const node = this.#nodes[place];
        if (node !== GROUP) {
          const variant = walk.enter(node);
          if (this.#scans[place] === 1) this.#note(variant, this.#branches[place]);
        }
        place++;
      }
    }
  }

  #isQuiet(walk: ChainWalk, { mask, endMask, ends, screens }: QuietTexts): boolean {
    const [low, high] = [walk.lows[0], walk.highs[0]];
    if (((low & mask.low) | (high & mask.high)) !== 0) return false;
    const text = walk.texts[0];
    if (
      ((low & endMask.low) | (high & endMask.high)) !== 0 &&
      ends[text.charCodeAt(text.length - 1) & 0xff] === 1
    )
      return false;
    for (let i = 0; i < screens.length; i++) {
      const { screen, mask: shown } = screens[i];
      if (((low & shown.low) | (high & shown.high)) !== 0 && screen.admits(text, walk.epoch, 0)) return false;
    }
    return true;
  }

  /** Whether nothing that the step at the place, or one behind it, makes of the text can matter. */
  #isScreened(place: number, walk: ChainWalk, before: number): boolean {
    const screen = this.#screens[place];
    if (screen === undefined) return false;
    const beside = this.#besides[place];
    if (beside !== null && ((walk.lows[before] & beside.low) | (walk.highs[before] & beside.high)) !== 0)
      return false;
    return !screen.admits(walk.texts[before], walk.epoch, before);
  }

  #note(variant: number, branch: number): void {
    for (let i = 0; i < this.count; i++) {
      if (this.variants[i] !== variant) continue;
      if (this.branches[i] !== branch) this.branches[i] = ROOT;
      return;
    }
    this.variants[this.count] = variant;
    this.branches[this.count++] = branch;
  }
}

/** Lays the part of the trie that leads to some nodes out in preorder. */
class RoutePlanner {
  readonly #trie: ChainTrie;
  readonly #scans: ReadonlyMap<number, ScanPoint>;
  /** The nodes that lead to one that is scanned, and their order. */
  readonly #needed = new Set<number>();
  readonly #children = new Map<number, number[]>();
  readonly #masks = new Map<number, PresenceMask>();
  readonly #places: Place[] = [];
  readonly #screens: BranchScreens;
  /** By step and what is dropped before it. */
  readonly #screenByStep = new Map<string, BranchScreen | undefined>();

  constructor(trie: ChainTrie, scans: ReadonlyMap<number, ScanPoint>, screens: BranchScreens) {
    this.#trie = trie;
    this.#screens = screens;
    this.#scans = scans;
    for (const node of scans.keys())
      for (let at = node; at !== ROOT; at = trie.parents[at]) this.#needed.add(at);
    for (const node of [...this.#needed].sort((a, b) => a - b)) {
      const siblings = this.#children.get(trie.parents[node]);
      if (siblings === undefined) this.#children.set(trie.parents[node], [node]);
      else siblings.push(node);
    }
  }

  places(): readonly Place[] {
    this.#layChildren(ROOT, ROOT);
    return this.#places;
  }

  quietTexts(): QuietTexts | null {
    return quietTextsOf(
      this.#trie,
      this.#needed,
      (node) => this.#scans.has(node),
      (node, dropped) => this.#screenOf(node, dropped),
    );
  }

  #layChildren(parent: number, branch: number): void {
    const children = this.#children.get(parent) ?? [];
    const always = children.filter((node) => isEvery(this.#maskAt(node)));
    const others = children.filter((node) => !isEvery(this.#maskAt(node)));
    for (const node of always) this.#lay(node, branch);
    if (others.length <= ALONE_MAX) {
      for (const node of others) this.#lay(node, branch);
      return;
    }
    const mask = others.map((node) => this.#maskAt(node)).reduce(joined);
    const least = Math.min(...others.map((node) => this.#leastAt(node)));
    this.#enclose({ node: GROUP, parent, mask, least, branch, screen: undefined, beside: null }, () => {
      for (const node of others) this.#lay(node, branch);
    });
  }

  #lay(node: number, outer: number): void {
    const branch = outer === ROOT && isEvery(this.#trie.triggers[node]) ? this.#branchAt(node) : outer;
    const place = {
      node,
      branch,
      parent: this.#trie.parents[node],
      mask: this.#maskAt(node),
      least: this.#leastAt(node),
      ...this.#screenAt(node),
    };
    this.#enclose(place, () => this.#layChildren(node, branch));
  }

  /** The screen of the node's own step, or of a step behind it that reads what it leaves of the text. */
  #screenAt(node: number): Pick<Place, 'screen' | 'beside'> {
    const own = this.#screenOf(node, '');
    if (own !== undefined) return { screen: own, beside: null };
    const none = { screen: undefined, beside: null };
    const step = this.#trie.steps[node];
    const children = this.#children.get(node) ?? [];
    const always = children.filter((child) => isEvery(this.#maskAt(child)));
    if (step?.dropsEach !== true || step.triggers === null || always.length !== 1) return none;
    const screen = this.#screenOf(always[0], step.triggers);
    if (screen === undefined) return none;
    if (children.length === 1) return { screen, beside: null };
    const others = children.filter((child) => child !== always[0]).map((child) => this.#maskAt(child));
    const beside = beforeErasing(others.reduce(joined), step.brings);
    return isEvery(beside) ? none : { screen, beside };
  }

  /** A node may stand for others with its step (see `isCovered`), so the screen is about what lies behind all of them. */
  #screenOf(node: number, dropped: string): BranchScreen | undefined {
    const step = this.#trie.steps[node];
    if (step?.triggers !== null) return undefined;
    const key = `${step.key} ${dropped}`;
    if (!this.#screenByStep.has(key)) this.#screenByStep.set(key, this.#makeScreen(step, dropped));
    return this.#screenByStep.get(key);
  }

  #makeScreen(step: ChainStep, dropped: string): BranchScreen | undefined {
    if (step.bindInto === undefined) return undefined;
    const points: ScanPoint[] = [];
    const behind: StepBehind[] = [];
    const visit = (at: number, afterDrops: boolean): void => {
      const point = this.#scans.get(at);
      if (point !== undefined) points.push(point);
      for (const child of this.#children.get(at) ?? []) {
        const next = this.#trie.steps[child];
        if (next !== undefined) behind.push({ step: next, afterDrops });
        visit(child, afterDrops || (next !== undefined && mayDrop(next)));
      }
    };
    for (const other of this.#needed) if (this.#trie.steps[other]?.key === step.key) visit(other, false);
    if (points.some((point) => point.clauses === null)) return undefined;
    const clauses = new Set(points.flatMap((point) => point.clauses ?? []));
    return this.#screens.of(step, dropped, [...clauses], behind);
  }

  /** Equal steps make equal texts, so they begin one branch. */
  #branchAt(node: number): number {
    const key = this.#trie.steps[node]?.key;
    return this.#trie.steps.findIndex((step) => step?.key === key);
  }

  #enclose(place: Omit<Place, 'next'>, layInside: () => void): void {
    const at = this.#places.push({ ...place, next: 0 }) - 1;
    layInside();
    this.#places[at] = { ...place, next: this.#places.length };
  }

  /** Bits of which a text must have one for the step at the node, or one behind it, to change what is scanned. */
  #maskAt(node: number): PresenceMask {
    const known = this.#masks.get(node);
    if (known !== undefined) return known;
    const below = (this.#children.get(node) ?? [])
      .map((child) => this.#maskAt(child))
      .reduce(joined, NO_TEXT);
    const own = this.#trie.triggers[node];
    const step = this.#trie.steps[node];
    let mask = step?.erases === true ? beforeErasing(below, step.brings) : joined(below, own);
    if (this.isCovered(node) && (step?.erases !== true || isEvery(mask))) mask = own;
    this.#masks.set(node, mask);
    return mask;
  }

  /**
   * Whether all that is scanned at and behind the node is so at and behind another as well, as it is behind a step
   * written `|>?` and its parent: nothing is new where that step changes nothing.
   */
  isCovered(node: number): boolean {
    return this.#needed.has(node) && this.#covers(this.#trie.parents[node], node);
  }

  #covers(by: number, node: number): boolean {
    if (this.#scans.has(node) && !this.#scans.has(by)) return false;
    return (this.#children.get(node) ?? []).every((child) => {
      const { key } = this.#trie.steps[child] ?? {};
      const twin = (this.#children.get(by) ?? []).find((other) => this.#trie.steps[other]?.key === key);
      return twin !== undefined && this.#covers(twin, child);
    });
  }

  /**
   * The length a text must have before the step at the node to match anything there or behind it, or where the node stands
   * for others with its step (see `isCovered`).
   */
  #leastAt(node: number): number {
    const alike = [...this.#needed].filter(
      (other) => this.#trie.steps[other]?.key === this.#trie.steps[node]?.key,
    );
    return Math.min(...alike.map((other) => this.#ownLeastAt(other)));
  }

  #ownLeastAt(node: number): number {
    const below = (this.#children.get(node) ?? []).map((child) => this.#ownLeastAt(child));
    const after = Math.min(this.#scans.get(node)?.least ?? Infinity, ...below);
    const step = this.#trie.steps[node];
    // What erasing steps add is not counted in the length a match needs.
    const growth = step?.erases === true ? 1 : step?.growth;
    return growth === undefined ? 0 : Math.ceil(after / growth);
  }
}

/** Whether a step may take erased bytes away where it decodes nothing. */
function mayDrop(step: ChainStep): boolean {
  return (
    step.erases || Object.keys(step.decodesBefore ?? {}).some((trigger) => ERASED.has(trigger.charCodeAt(0)))
  );
}

function isEvery(mask: PresenceMask): boolean {
  return mask.low === EVERY_TEXT.low && mask.high === EVERY_TEXT.high;
}

function joined(a: PresenceMask, b: PresenceMask): PresenceMask {
  return { low: a.low | b.low, high: a.high | b.high };
}

/** Bits of which a text must have one for `mask` to apply to what an erasing step makes of it. */
function beforeErasing(mask: PresenceMask, brings: string | undefined): PresenceMask {
  const brought = presenceOf(brings === undefined ? ERASED : ByteSet.of(brings));
  if ((mask.low & brought.low) !== 0 || (mask.high & brought.high) !== 0) return EVERY_TEXT;
  const isAboutCase = (mask.low & LETTERS.low) !== 0 || (mask.high & LETTERS.high) !== 0;
  return isAboutCase ? joined(mask, LETTERS) : mask;
}
