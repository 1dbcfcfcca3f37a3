/**
 * `parity_even_7bit`, `parity_odd_7bit`, `parity_zero_7bit`: SecLang's transformations for texts that came over lines
 * with a parity bit. As in the reference, the bit counts too: even parity sets it if the eight bits have an odd sum.
 */
import { HIGH_BYTES, load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

type Parity = 'even' | 'odd' | 'zero';

/** What each byte becomes. */
function tableOf(parity: Parity): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const isOdd = byte.toString(2).replaceAll('0', '').length % 2 === 1;
    const high = parity !== 'zero' && isOdd === (parity === 'even');
    return high ? byte | 0x80 : byte & 0x7f;
  });
}

function bind(parity: Parity): () => (text: string) => string {
  const table = tableOf(parity);
  const run = (text: string): string => {
    const buffer = load(text);
    for (let at = 0; at < text.length; at++) buffer[at] = table[buffer[at]!]!;
    return unload(buffer, text.length, text);
  };
  return () => run;
}

export const parity_even_7bit: TextTransformation = {
  kind: 'text',
  name: 'parity_even_7bit',
  doc: 'Sets the high bit of bytes with an odd number of bits, clears it in the others. SecLang: parityEven7bit.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: 'abc', output: '\xe1\xe2c' },
    { input: '\xe3', output: '\xe3' },
    { input: '', output: '' },
  ],
  bind: bind('even'),
};

export const parity_odd_7bit: TextTransformation = {
  kind: 'text',
  name: 'parity_odd_7bit',
  doc: 'Sets the high bit of bytes with an even number of bits, clears it in the others. SecLang: parityOdd7bit.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: 'abc', output: 'ab\xe3' },
    { input: '\xe1', output: '\xe1' },
    { input: '', output: '' },
  ],
  bind: bind('odd'),
};

export const parity_zero_7bit: TextTransformation = {
  kind: 'text',
  name: 'parity_zero_7bit',
  doc: 'Clears the high bit of every byte. SecLang: parityZero7bit.',
  parameters: [],
  triggers: HIGH_BYTES,
  erases: false,
  examples: [
    { input: '\xbcscript\xbe', output: '<script>' },
    { input: 'abc', output: 'abc' },
    { input: '', output: '' },
  ],
  bind: bind('zero'),
};
