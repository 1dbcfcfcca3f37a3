/**
 * Presence: which classes of bytes occur in a text, as two 32-bit masks.
 *
 * Every punctuation byte and the control bytes that transformations act on have a bit of their own; digits, lower
 * case, upper case, the other controls and the bytes from 0x80 on share one each. One pass over the text answers
 * which alphabet it is in, which transformations would leave it as it is, and which rare bytes a regex misses. Bytes that
 * ordinary text and documents have are in the lower mask, so that most texts cost one load a byte.
 */
import { PRESENCE_COPIED_BYTES_MAX, PRESENCE_COPIED_BYTES_MIN } from '../core/limits.ts';
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

/** Bits of byte b: the lower mask, which leaves its sign alone, and the upper mask. Exactly one bit of both is set. */
export const LOW_BITS = new Int32Array(256);
export const HIGH_BITS = new Int32Array(256);
/** The bytes of the upper mask. */
const RARE = ByteSet.range(0x00, 0x1f).without(ByteSet.of('\t\n\r')).union(ByteSet.of('#$*<>\\^`|~\x7f\xa0'));
const RARE_SEEN = 1 << 31;
/** What may be set in a lower mask. */
export const LOW_MASK = ~RARE_SEEN;
/** The lower mask, and its sign for a byte of the upper one. */
const COMMON_BITS = new Int32Array(256);

/** Numbers the classes; how many bits each mask has. */
function assignBits(): { readonly low: number; readonly high: number } {
  const sharing = SHARED.map(() => -1);
  const next = { low: 0, high: 0 };
  for (let byte = 0; byte < 256; byte++) {
    const side = RARE.has(byte) ? 'high' : 'low';
    const group = SHARED.findIndex((set) => set.has(byte));
    const bit = group >= 0 && sharing[group] >= 0 ? sharing[group] : next[side]++;
    if (group >= 0) sharing[group] = bit;
    (side === 'low' ? LOW_BITS : HIGH_BITS)[byte] = 1 << bit;
    COMMON_BITS[byte] = side === 'low' ? 1 << bit : RARE_SEEN;
  }
  return next;
}

/** Presence bits in use; a test holds either mask to 31, which leaves `RARE_SEEN` and `ALWAYS_HIGH`. */
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

/** For texts that are looked at as bytes. */
const copied = Buffer.allocUnsafeSlow(PRESENCE_COPIED_BYTES_MAX);

/** Copies a text for which that pays; how many bytes it has, 0 for one that is looked at as it is. */
function copy(text: string): number {
  const pays = text.length >= PRESENCE_COPIED_BYTES_MIN && text.length <= PRESENCE_COPIED_BYTES_MAX;
  return pays ? copied.write(text, 0, 'latin1') : 0;
}

/** The lower mask of a text; negative when it has bytes of the upper one as well. Linear: one load a byte. */
export function commonPresence(text: string): number {
  let seen = 0;
  const length = copy(text);
  if (length === 0) for (let i = 0; i < text.length; i++) seen |= COMMON_BITS[text.charCodeAt(i) & 255];
  else for (let i = 0; i < length; i++) seen |= COMMON_BITS[copied[i]];
  return seen;
}

/** The upper mask of a text. Linear. */
export function rarePresence(text: string): number {
  let high = ALWAYS_HIGH;
  const length = copy(text);
  if (length === 0) for (let i = 0; i < text.length; i++) high |= HIGH_BITS[text.charCodeAt(i) & 255];
  else for (let i = 0; i < length; i++) high |= HIGH_BITS[copied[i]];
  return high;
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
