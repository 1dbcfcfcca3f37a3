/**
 * Presence: which classes of bytes occur in a text, as two 32-bit masks.
 *
 * Every punctuation byte and the control bytes that transformations act on have a bit of their own; digits, lower
 * case, upper case, the other controls and the bytes from 0x80 on share one each. One pass over the text answers
 * which alphabet it is in, which transformations would leave it as it is, and which rare bytes a regex misses.
 */
import { ALPHABETS } from './alphabets.ts';
import { ByteSet } from './byte-set.ts';

/** Bytes that share a bit; all others below 0x80 have their own. */
const SHARED: readonly ByteSet[] = [
  ByteSet.range(0x30, 0x39),
  ByteSet.range(0x61, 0x7a),
  ByteSet.range(0x41, 0x5a),
  ByteSet.range(0x01, 0x1f).without(ByteSet.of('\t\n\r')).add(0x7f),
  ByteSet.range(0x80, 0xbf).without(ByteSet.of('\xa0')),
  ByteSet.range(0xc0, 0xff),
];

/** Bits of byte b: the lower mask and the upper mask. Exactly one bit of both is set. */
export const LOW_BITS = new Int32Array(256);
export const HIGH_BITS = new Int32Array(256);

function assignBits(): number {
  const shared = new Int32Array(256).fill(-1);
  SHARED.forEach((set, bit) => {
    for (const byte of set.bytes()) shared[byte] = bit;
  });
  let next = SHARED.length;
  for (let byte = 0; byte < 256; byte++) {
    const bit = shared[byte] >= 0 ? shared[byte] : next++;
    if (bit < 32) LOW_BITS[byte] = 1 << bit;
    else HIGH_BITS[byte] = 1 << (bit - 32);
  }
  return next;
}

/** Presence bits in use; a test holds it to 63, which leaves `ALWAYS_HIGH`. */
export const PRESENCE_BITS = assignBits();

/** The top bit of the high mask belongs to no byte: every text has it, the empty one too. */
export const ALWAYS_HIGH = 1 << 31;

/** Masks of a set: a text with a byte of the set has one of these bits. */
export interface PresenceMask {
  readonly low: number;
  readonly high: number;
}

export function presenceOf(bytes: ByteSet): PresenceMask {
  let [low, high] = [0, 0];
  for (const byte of bytes.bytes()) {
    low |= LOW_BITS[byte];
    high |= HIGH_BITS[byte];
  }
  return { low, high };
}

const outsideLow = Int32Array.from(ALPHABETS, (alphabet) => presenceOf(alphabet.complement()).low);
const outsideHigh = Int32Array.from(ALPHABETS, (alphabet) => presenceOf(alphabet.complement()).high);

/**
 * The text whose bytes were noted last, and its presence: who tests a value right behind the scan of it need not go over its
 * bytes again to know that a step leaves it as it is.
 */
const noted = { text: '', low: 0, high: ALWAYS_HIGH };

/** Notes the presence of a text. */
export function notePresence(text: string, low: number, high: number): void {
  noted.text = text;
  noted.low = low;
  noted.high = high;
}

/** False when the text is known to have no byte of the mask. Costs a comparison of two references, or of few bytes. */
export function mayHave(text: string, mask: PresenceMask): boolean {
  return text !== noted.text || ((noted.low & mask.low) | (noted.high & mask.high)) !== 0;
}

/** A mask every text has. */
export const ANY_TEXT: PresenceMask = { low: 0, high: ALWAYS_HIGH };

/** Index of the smallest alphabet that holds a text with these masks. */
export function alphabetOf(low: number, high: number): number {
  for (let level = 0; level < outsideLow.length; level++) {
    if ((low & outsideLow[level]) === 0 && (high & outsideHigh[level]) === 0) return level;
  }
  return outsideLow.length - 1;
}
