/**
 * The one decoder of Base64 (RFC 4648 §4). Its three transformations differ in what bytes outside of the alphabet do, so
 * each has a table that says so for every byte.
 */
import { reserve, unload } from './bytes.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** What a byte outside of the alphabet does. */
export const BASE64_BYTE = {
  /** Nothing. */
  SKIPPED: -1,
  /** The text ends before it. */
  ENDS_TEXT: -2,
  /** Bits of an unfinished group are dropped, and the next byte begins a group. */
  ENDS_GROUP: -3,
  /** Nothing, but alone behind the first character of a group it makes the whole text undecodable. */
  PADDING: -4,
} as const;

/** Values of characters by byte; `others` says what all other bytes do. The caller may change its table. */
export function base64Table(others: number): Int8Array {
  const table = new Int8Array(256).fill(others);
  for (let value = 0; value < 64; value++) table[ALPHABET.charCodeAt(value)] = value;
  return table;
}

/** The bytes that the text encodes, as latin1; the same string if they say the same. Linear. */
export function decodeSextets(text: string, table: Int8Array): string {
  const buffer = reserve(text.length);
  return unload(buffer, decodeSextetsInto(text, table, buffer), text);
}

/** Writes the same bytes into a buffer that is as long as the text, and returns how many. */
export function decodeSextetsInto(text: string, table: Int8Array, buffer: Uint8Array): number {
  let out = 0;
  let bits = 0;
  let pending = 0;
  for (let at = 0; at < text.length; at++) {
    const sextet = table[text.charCodeAt(at)]!;
    if (sextet >= 0) {
      pending = ((pending << 6) | sextet) & 0xffff;
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      buffer[out++] = (pending >> bits) & 0xff;
    } else if (sextet === BASE64_BYTE.ENDS_TEXT) break;
    else if (sextet === BASE64_BYTE.ENDS_GROUP) bits = 0;
    else if (sextet === BASE64_BYTE.PADDING && bits === 6) {
      // Six bits wait after the first character of a group.
      if (table[text.charCodeAt(at + 1)] !== BASE64_BYTE.PADDING) return 0;
    }
  }
  return out;
}
