import { expect, it } from 'vitest';
import { ByteSet } from '../../../src/matcher/byte-set.ts';
import { ChainTrie } from '../../../src/matcher/chain-trie.ts';
import type { ChainStep } from '../../../src/matcher/pattern-entry.ts';
import { presenceOf } from '../../../src/matcher/presence.ts';
import { quietTextsOf } from '../../../src/matcher/quiet-texts.ts';

const step = (key: string, more: Partial<ChainStep>): ChainStep => ({
  key,
  apply: (text) => text,
  triggers: null,
  erases: false,
  keepOriginal: false,
  ...more,
});
const DECODE = step('decode', { triggers: '%' });
const NOISE = step('noise', {});
const LOWER = step('lower', { triggers: 'AZ', erases: true, brings: '' });
const SPREAD = step('spread', { triggers: '.', erases: true, brings: ';' });
const AT_SEMICOLON = step('semicolon', { triggers: ';' });

function quietTexts(chains: readonly (readonly ChainStep[])[]): ReturnType<typeof quietTextsOf> {
  const trie = new ChainTrie();
  const scanned = new Set(chains.flatMap((chain) => trie.addChain(chain).map(({ scan }) => scan)));
  const needed = new Set(trie.parents.map((_, node) => node).filter((node) => node !== 0));
  return quietTextsOf(
    trie,
    needed,
    (node) => scanned.has(node),
    () => undefined,
  );
}

it.each([
  ['nothing is done', [[]], ''],
  ['a step decodes', [[DECODE], []], '%'],
  ['case is not seen', [[LOWER]], ''],
  ['a step decodes what another brings', [[SPREAD, AT_SEMICOLON]], ';.'],
])('%s', (_, chains, bytes) => {
  expect(quietTexts(chains)).toMatchObject({ mask: presenceOf(ByteSet.of(bytes)), isScanned: true });
});

it('no text is quiet where a step without a screen changes all', () => {
  expect(quietTexts([[DECODE, NOISE]])).toBeNull();
});
