/**
 * Texts to which no step does anything that a scan could see: most words, numbers and names. They have none of the bytes at
 * which a step decodes, and their screens say that what changes every text makes nothing of them that matters. A route is
 * over for them after two comparisons.
 */
import type { BranchScreen } from './branch-screen.ts';
import { ByteSet } from './byte-set.ts';
import { type ChainTrie, ROOT } from './chain-trie.ts';
import { ERASED } from './literals.ts';
import { type PresenceMask, presenceOf } from './presence.ts';

const EVERY_TEXT: PresenceMask = { low: -1, high: -1 };
const LETTERS = presenceOf(ByteSet.range(0x41, 0x5a).union(ByteSet.range(0x61, 0x7a)));

export interface QuietTexts {
  /** A quiet text has none of these bits. */
  readonly mask: PresenceMask;
  /** With one of these bits it does not end with one of the `ends`, which are 1 by byte. */
  readonly endMask: PresenceMask;
  readonly ends: Uint8Array;
  /** Each that a text with bits of its mask is to be shown to. */
  readonly screens: readonly { readonly screen: BranchScreen; readonly mask: PresenceMask }[];
  /** Whether anything is looked for in such a text as it is. */
  readonly isScanned: boolean;
}

/**
 * What makes a text quiet for a route; null when none is.
 *
 * @param needed the nodes that lead to one that is scanned
 * @param screenOf the screen of a node's step for texts from which bytes are dropped first
 */
export function quietTextsOf(
  trie: ChainTrie,
  needed: ReadonlySet<number>,
  isScanned: (node: number) => boolean,
  screenOf: (node: number, dropped: string) => BranchScreen | undefined,
): QuietTexts | null {
  let [low, high] = [0, 0];
  const mind = (mask: PresenceMask): void => {
    low |= mask.low;
    high |= mask.high;
  };
  let ending = ByteSet.of('');
  const changesAll = (node: number): boolean => node !== ROOT && trie.steps[node]?.triggers === null;
  const erasing: number[] = [];
  const screens: { screen: BranchScreen; mask: PresenceMask }[] = [];
  for (const node of needed) {
    const above = ancestorsOf(trie, node);
    if (above.some(changesAll)) continue;
    if (trie.steps[node]?.erases === true) {
      if (changesAll(node)) return null;
      erasing.push(node);
    } else if (!changesAll(node)) {
      const { triggers, endTriggers = '' } = trie.steps[node] ?? { triggers: '' };
      mind(presenceOf(ByteSet.of(triggers ?? '').without(ByteSet.of(endTriggers))));
      ending = ending.union(ByteSet.of(endTriggers));
    } else {
      const own = screenOf(node, '');
      if (own === undefined) return null;
      screens.push({ screen: own, mask: EVERY_TEXT });
      const erasers = above.filter((other) => trie.steps[other]?.erases === true);
      const parent = trie.steps[trie.parents[node]];
      const reads =
        erasers.length === 1 && parent?.dropsEach === true
          ? screenOf(node, parent.triggers ?? '')
          : undefined;
      if (reads !== undefined) screens.push({ screen: reads, mask: trie.triggers[trie.parents[node]] });
      else for (const eraser of erasers) mind(trie.triggers[eraser]);
    }
  }
  if ((low & LETTERS.low) !== 0 || (high & LETTERS.high) !== 0) return null;
  // What an erasing step brings may be what another step decodes, and what it takes from the end may bare a trigger.
  const endMask = presenceOf(ending);
  const decoded = { low: low | endMask.low, high: high | endMask.high };
  const ends = new Uint8Array(256);
  for (const byte of ending.union(ERASED).bytes()) ends[byte] = 1;
  for (const node of erasing) {
    const { brings } = trie.steps[node] ?? {};
    const brought = presenceOf(brings === undefined ? ERASED : ByteSet.of(brings));
    if (((decoded.low & brought.low) | (decoded.high & brought.high)) !== 0) mind(trie.triggers[node]);
  }
  const asIs = [ROOT, ...needed].filter((node) => ![node, ...ancestorsOf(trie, node)].some(changesAll));
  return {
    mask: { low, high },
    endMask,
    ends,
    screens: distinct(screens),
    isScanned: asIs.some(isScanned),
  };
}

function ancestorsOf(trie: ChainTrie, node: number): number[] {
  const above: number[] = [];
  for (let at = node; at !== ROOT; ) {
    at = trie.parents[at];
    if (at !== ROOT) above.push(at);
  }
  return above;
}

/** A screen that some chain shows every text to need not be asked by another that does so at fewer. */
function distinct(screens: QuietTexts['screens']): QuietTexts['screens'] {
  const all = new Map<BranchScreen, { screen: BranchScreen; mask: PresenceMask }>();
  for (const { screen, mask } of screens) {
    const known = all.get(screen)?.mask ?? { low: 0, high: 0 };
    all.set(screen, { screen, mask: { low: known.low | mask.low, high: known.high | mask.high } });
  }
  return [...all.values()];
}
