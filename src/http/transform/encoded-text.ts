/**
 * Base64 and hexadecimal that hold text: what an application decodes and reads as words, told from what it decodes and
 * uses as bytes.
 *
 * Nearly every run of letters could be Base64 (RFC 4648 §4, §5). A run counts only if what it decodes to reads as text:
 * hardly a control byte, and UTF-8 but for a few bytes that an attacker may have put in. Images, archives, keys and
 * digests fail within their first bytes, and so does most prose. UTF-16 (what PowerShell takes) is text with every other
 * byte zero.
 */
import {
  CUT_RUN_CHARS_MIN,
  ENCODED_PIECES_MAX,
  ENCODED_RUN_CHARS_MIN,
  ENCODED_VALUE_CHARS_MIN,
} from '../../core/limits.ts';
import { hexPair, isSpace, reserve } from './bytes.ts';

const EQUALS = 0x3d;
const NONE = -1;
const SKIPPED = -2;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SEXTETS = new Int8Array(256).fill(NONE);
for (let value = 0; value < 64; value++) SEXTETS[ALPHABET.charCodeAt(value)] = value;
SEXTETS[0x2d] = 62; // base64url
SEXTETS[0x5f] = 63;
/** Of a whole value: a form made spaces of its plus signs, and mail breaks its lines. */
const LENIENT_SEXTETS = SEXTETS.slice();
LENIENT_SEXTETS[0x20] = 62;
for (const byte of [0x09, 0x0a, 0x0d]) LENIENT_SEXTETS[byte] = SKIPPED;

/** Bytes of text per byte that is none: shorter texts must be clean, for one word in a hundred decodes to nearly text. */
const SLIP_BYTES = 12;

/** At least one byte in so many is ASCII. */
const ASCII_SHARE = 4;

const TEXT = 0;
const CONTROL = 1;
const ZERO = 2;
const CONTINUATION = 3;
/** From here on the sort is three more than the bytes that follow in UTF-8. */
const LEAD = 3;
const SORTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0) return ZERO;
  if (byte < 0x80) return (byte < 0x20 && !isSpace(byte)) || byte === 0x7f ? CONTROL : TEXT;
  if (byte < 0xc0) return CONTINUATION;
  if (byte < 0xc2 || byte > 0xf4) return CONTROL;
  return LEAD + (byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3);
});

/** Judges decoded bytes one by one: too many that no text has, and it is none. One judge, for decoding never nests. */
const judge = {
  length: 0,
  slips: 0,
  zeros: 0,
  letters: 0,
  /** Bytes that UTF-8 still owes. */
  owed: 0,

  begin(): void {
    this.length = this.slips = this.zeros = this.letters = this.owed = 0;
  },

  /** Whether the bytes so far, with this one, may be text. */
  admits(byte: number): boolean {
    this.length++;
    const sort = SORTS[byte]!;
    if (sort === TEXT) {
      this.letters++;
      if (this.owed === 0) return true;
    }
    if (sort === ZERO) {
      this.zeros++;
      return true;
    }
    if (sort === CONTINUATION && this.owed > 0) {
      this.owed--;
      return true;
    }
    if (sort === CONTROL || sort === CONTINUATION || this.owed > 0) this.slips++;
    this.owed = sort > LEAD ? sort - LEAD : 0;
    // The first may be a slip in a text that goes on; whether it does shows at the end.
    return this.slips <= 1 + (this.length >> 4);
  },

  /** The bytes as text, `null` if they read as none. */
  textOf(buffer: Buffer): string | null {
    const { length, zeros, slips, letters } = this;
    // What attacks is written in ASCII; numbers that decode to a few foreign letters are numbers.
    if (letters * ASCII_SHARE < length || slips * SLIP_BYTES > length) return null;
    if (zeros === 0) return buffer.toString('latin1', 0, length);
    const isUtf16 = zeros * 5 >= length * 2;
    if (!isUtf16 && zeros > 1 + (length >> 4)) return null;
    return buffer.toString('latin1', 0, length).replaceAll('\0', '');
  },
};

/** Whether three characters of Base64 at `at` stand for two bytes that text may begin with; most prose ends here. */
function beginsLikeText(text: string, at: number, sextets: Int8Array): boolean {
  const first = sextets[text.charCodeAt(at)] ?? NONE;
  const second = sextets[text.charCodeAt(at + 1)] ?? NONE;
  const third = sextets[text.charCodeAt(at + 2)] ?? NONE;
  if (first < 0 || second < 0 || third < 0)
    return first === SKIPPED || second === SKIPPED || third === SKIPPED;
  const sort = SORTS[(first << 2) | (second >> 4)]!;
  const next = SORTS[((second & 15) << 4) | (third >> 2)]!;
  if (sort === TEXT) return next !== CONTROL && next !== CONTINUATION;
  return sort > LEAD ? next === CONTINUATION : sort === ZERO && next === TEXT;
}

/** What `from`…`to` holds in Base64, `null` unless that is text. Stops at the first bytes that no text has. */
function base64Text(text: string, from: number, to: number, sextets: Int8Array): string | null {
  const buffer = reserve(to - from);
  let length = 0;
  let bits = 0;
  let pending = 0;
  judge.begin();
  for (let at = from; at < to; at++) {
    const sextet = sextets[text.charCodeAt(at)]!;
    if (sextet === SKIPPED) continue;
    if (sextet === NONE) return null;
    pending = ((pending << 6) | sextet) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    const byte = (pending >> bits) & 0xff;
    if (!judge.admits(byte)) return null;
    buffer[length++] = byte;
  }
  return judge.textOf(buffer);
}

/** What an even run of hexadecimal digits holds, `null` unless that is text. */
function hexText(text: string, from: number, to: number): string | null {
  if ((to - from) % 2 !== 0) return null;
  const buffer = reserve(to - from);
  let length = 0;
  judge.begin();
  for (let at = from; at < to; at += 2) {
    const byte = hexPair(text.charCodeAt(at), text.charCodeAt(at + 1));
    if (byte < 0 || !judge.admits(byte)) return null;
    buffer[length++] = byte;
  }
  return judge.textOf(buffer);
}

/**
 * Offset at or behind `from` where a run of `ENCODED_RUN_CHARS_MIN` characters of the alphabet begins, the length of the
 * text if there is none. Looks at few characters of prose: where a run that long lay, every so manyth were of it.
 */
function nextRun(text: string, from: number): number {
  let start = from;
  for (let at = from + ENCODED_RUN_CHARS_MIN - 1; at < text.length; at = start + ENCODED_RUN_CHARS_MIN - 1) {
    let back = at;
    while (back >= start && SEXTETS[text.charCodeAt(back)]! >= 0) back--;
    if (back < start) return start;
    start = back + 1;
  }
  return text.length;
}

/** What a run of the alphabet holds, `null` if that is no text. */
function runText(text: string, from: number, to: number): string | null {
  // An `x` of `0x` is of the alphabet, too.
  const isPrefixed = text.charCodeAt(from) === 0x30 && (text.charCodeAt(from + 1) | 0x20) === 0x78;
  const hexadecimal = hexText(text, isPrefixed ? from + 2 : from, to);
  if (hexadecimal !== null) return hexadecimal;
  // A long value comes in segments, cut between any two characters.
  const starts = from === 0 && to > CUT_RUN_CHARS_MIN ? 4 : 1;
  for (let start = from; start < from + starts; start++) {
    const decoded = beginsLikeText(text, start, SEXTETS) ? base64Text(text, start, to, SEXTETS) : null;
    if (decoded !== null) return decoded;
  }
  return piecesText(text, from, to);
}

/** A run with Base64 between its slashes decoded, as in the segments of a path; `null` if there is none. */
function piecesText(text: string, from: number, to: number): string | null {
  let result = '';
  let copied = from;
  let start = from;
  for (let piece = 0; piece < ENCODED_PIECES_MAX && start < to; piece++) {
    const slash = text.indexOf('/', start);
    const end = slash < 0 || slash > to ? to : slash;
    if (end === to && start === from) return null;
    if (end - start >= ENCODED_RUN_CHARS_MIN && beginsLikeText(text, start, SEXTETS)) {
      const decoded = base64Text(text, start, end, SEXTETS);
      if (decoded !== null) {
        result += text.slice(copied, start) + decoded;
        copied = end;
      }
    }
    start = end + 1;
  }
  return copied === from ? null : result + text.slice(copied, to);
}

/** The end of the padding at `at`. */
function paddingEnd(text: string, at: number): number {
  let end = at;
  while (end < at + 2 && text.charCodeAt(end) === EQUALS) end++;
  return end;
}

/** Whether a try at decoding the text may find something: a run that is long enough, or a value that begins like one. */
export function mayHoldEncodedText(text: string): boolean {
  if (text.length < ENCODED_VALUE_CHARS_MIN) return false;
  return beginsLikeText(text, 0, LENIENT_SEXTETS) || nextRun(text, 0) < text.length;
}

/**
 * The text with what is Base64 or hexadecimal text in it decoded: the whole value, or runs of `ENCODED_RUN_CHARS_MIN`
 * characters and more. The same string if there is none. Never longer. Linear: each character is decoded at most six
 * times, of values that hold no text hardly ever more than a few.
 */
export function decodeEncodedText(text: string): string {
  if (!mayHoldEncodedText(text)) return text;
  let end = text.length;
  while (end > text.length - 2 && text.charCodeAt(end - 1) === EQUALS) end--;
  if (beginsLikeText(text, 0, LENIENT_SEXTETS)) {
    const whole = base64Text(text, 0, end, LENIENT_SEXTETS);
    if (whole !== null) return whole;
  }
  let result = '';
  let copied = 0;
  for (let from = nextRun(text, 0); from < text.length; from = nextRun(text, from)) {
    let to = from;
    while (to < text.length && SEXTETS[text.charCodeAt(to)]! >= 0) to++;
    const decoded = runText(text, from, to);
    if (decoded !== null) {
      result += text.slice(copied, from) + decoded;
      copied = paddingEnd(text, to);
    }
    from = to;
  }
  return copied === 0 ? text : result + text.slice(copied);
}
