/**
 * Byte work shared by the transformations: one scratch buffer, and the character classes they agree on.
 *
 * A decoder loads the text into the scratch buffer, rewrites it in place (nearly all of them shrink) and reads the
 * result back. The buffer is shared because transformations are synchronous and never call one another between
 * `load` and `unload`.
 */
import { TRANSFORM_SCRATCH_BYTES, TRANSFORM_SCRATCH_BYTES_MAX } from '../../core/limits.ts';

let scratch = Buffer.allocUnsafeSlow(TRANSFORM_SCRATCH_BYTES);

/** A buffer of at least `bytes` bytes with undefined content, valid until the next call. */
export function reserve(bytes: number): Buffer {
  if (bytes <= scratch.length) return scratch;
  const grown = Buffer.allocUnsafeSlow(
    Math.max(bytes, Math.min(scratch.length * 2, TRANSFORM_SCRATCH_BYTES_MAX)),
  );
  // A longer value gets memory of its own, or one giant would pin its size for the life of the process.
  if (grown.length <= TRANSFORM_SCRATCH_BYTES_MAX) scratch = grown;
  return grown;
}

/** The scratch buffer holding `text`, followed by at least one byte that is zero. */
export function load(text: string): Buffer {
  const buffer = reserve(text.length + 1);
  buffer.write(text, 0, 'latin1');
  buffer[text.length] = 0;
  return buffer;
}

/** The first `length` bytes as latin1; `text` itself if that is what they say. */
export function unload(buffer: Buffer, length: number, text: string): string {
  const result = buffer.toString('latin1', 0, length);
  return result === text ? text : result;
}

/** `isspace` of the C locale: tab, line feed, vertical tab, form feed, carriage return, space. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

export const SPACES = '\t\n\v\f\r ';

/** `text` with the case bit of the 26 letters from `first` on flipped; the same string if none occurs. */
export function flipCase(text: string, first: 0x41 | 0x61): string {
  let at = 0;
  for (; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte >= first && byte < first + 26) break;
  }
  if (at === text.length) return text;
  const buffer = load(text);
  for (; at < text.length; at++) {
    const byte = buffer[at]!;
    if (byte >= first && byte < first + 26) buffer[at] = byte ^ 0x20;
  }
  return unload(buffer, text.length, text);
}

/** Bytes `first` to `last` as a string, for trigger sets. */
export function byteRange(first: number, last: number): string {
  return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

export const HIGH_BYTES = byteRange(0x80, 0xff);

const HEX_VALUES = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  HEX_VALUES[text.charCodeAt(0)] = digit;
  HEX_VALUES[text.toUpperCase().charCodeAt(0)] = digit;
}

/** The value of a hexadecimal digit; -1 for another byte, and for `undefined` beyond the end of a buffer. */
export function hexValue(byte: number | undefined): number {
  return byte === undefined ? -1 : (HEX_VALUES[byte] ?? -1);
}

/** The byte two hexadecimal digits name, -1 if one of them is none. */
export function hexPair(high: number | undefined, low: number | undefined): number {
  const upper = hexValue(high);
  const lower = hexValue(low);
  return (upper | lower) < 0 ? -1 : (upper << 4) | lower;
}

/** Writes a code point as UTF-8 and returns the offset behind it. */
export function writeUtf8(buffer: Buffer, at: number, codePoint: number): number {
  if (codePoint < 0x80) {
    buffer[at++] = codePoint;
  } else if (codePoint < 0x800) {
    buffer[at++] = 0xc0 | (codePoint >> 6);
    buffer[at++] = 0x80 | (codePoint & 0x3f);
  } else if (codePoint < 0x10000) {
    buffer[at++] = 0xe0 | (codePoint >> 12);
    buffer[at++] = 0x80 | ((codePoint >> 6) & 0x3f);
    buffer[at++] = 0x80 | (codePoint & 0x3f);
  } else {
    buffer[at++] = 0xf0 | (codePoint >> 18);
    buffer[at++] = 0x80 | ((codePoint >> 12) & 0x3f);
    buffer[at++] = 0x80 | ((codePoint >> 6) & 0x3f);
    buffer[at++] = 0x80 | (codePoint & 0x3f);
  }
  return at;
}
