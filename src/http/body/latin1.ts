/** Conversions between bytes and latin1 strings, one char per byte. */

/** The bytes of `chunk` from `start` to `end` as a string of its own; one copy. */
export function latin1Of(chunk: Uint8Array, start = 0, end = chunk.length): string {
  const bytes = Buffer.isBuffer(chunk)
    ? chunk
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return bytes.toString('latin1', start, end);
}

/** The UTF-8 bytes of one code point as a latin1 string; a surrogate gives its three-byte form. */
export function utf8OfCodePoint(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  const last = 0x80 | (code & 0x3f);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), last);
  const third = 0x80 | ((code >> 6) & 0x3f);
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12), third, last);
  return String.fromCharCode(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), third, last);
}

/** Value of a hexadecimal digit given as char code, -1 for any other char. */
export function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * The text in memory of its own. V8 makes a slice of 13 chars or more a view that keeps its whole source alive, so
 * text that outlives the chunk it came from (names, above all) is copied.
 */
export function ownCopy(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'latin1').toString('latin1');
}
