/**
 * What the decoders of HTML character references have in common: the walk over the text, and the digits of numeric ones.
 * They differ in the names they know and in what a number stands for.
 */
import { hexValue, load, unload, writeUtf8 } from './bytes.ts';

/** A number beyond this is this: far above every character, and where `strtol` of the C library stops. */
export const NUMBER_MAX = 2 ** 63;

/** Results beside the offset that the readers give; kept here so that they cost no object. */
export const reference = {
  /** What the reference found last stands for: up to 255 a byte, above a character that becomes UTF-8. */
  codePoint: 0,
  /** The number read last, exact up to 2^53 and no larger than `NUMBER_MAX`. */
  magnitude: 0,
  /** Its low byte, exact whatever its size. */
  lowByte: 0,
};

/**
 * Sets `reference.codePoint` and gives the offset behind a reference whose `&` is at `at`, without its semicolon; 0 if
 * none is there. A zero byte follows the text in the buffer.
 */
export type ReadReference = (text: string, buffer: Buffer, at: number) => number;

/** The text with its references replaced; the same string without any. Linear as long as `read` is bounded. */
export function replaceReferences(text: string, read: ReadReference): string {
  const first = text.indexOf('&');
  if (first < 0) return text;
  const buffer = load(text);
  const length = text.length;
  let out = first;
  for (let at = first; at < length; ) {
    const end = buffer[at] === 0x26 ? read(text, buffer, at) : 0;
    if (end === 0) {
      buffer[out++] = buffer[at++]!;
      continue;
    }
    // A reference is longer than what it stands for, so the text not yet read is never overwritten.
    if (reference.codePoint <= 0xff) buffer[out++] = reference.codePoint;
    else out = writeUtf8(buffer, out, reference.codePoint);
    at = buffer[end] === 0x3b && end < length ? end + 1 : end;
  }
  return unload(buffer, out, text);
}

/** Offset behind the digits of a number that starts at `at`, behind `&#`; 0 without digits. */
export function readNumber(buffer: Buffer, at: number): number {
  const isHexadecimal = (buffer[at]! | 0x20) === 0x78;
  const radix = isHexadecimal ? 16 : 10;
  const start = isHexadecimal ? at + 1 : at;
  let magnitude = 0;
  let lowByte = 0;
  let end = start;
  for (; ; end++) {
    const digit = hexValue(buffer[end]);
    if (digit < 0 || digit >= radix) break;
    magnitude = Math.min(magnitude * radix + digit, NUMBER_MAX);
    lowByte = (lowByte * radix + digit) & 0xff;
  }
  reference.magnitude = magnitude;
  reference.lowByte = lowByte;
  return end === start ? 0 : end;
}
