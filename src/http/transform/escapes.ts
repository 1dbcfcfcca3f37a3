/** The single-letter escapes of C and JavaScript, by the byte after the backslash. */
export const LETTER_ESCAPES: Readonly<Record<number, number>> = Object.freeze({
  0x61: 0x07, // \a
  0x62: 0x08, // \b
  0x66: 0x0c, // \f
  0x6e: 0x0a, // \n
  0x72: 0x0d, // \r
  0x74: 0x09, // \t
  0x76: 0x0b, // \v
});

/** How many octal digits, three at the most, stand in `buffer` from `at` on and before `end`. */
export function octalDigits(buffer: Buffer, at: number, end: number): number {
  let count = 0;
  while (count < 3 && at + count < end && buffer[at + count]! >= 0x30 && buffer[at + count]! <= 0x37) count++;
  return count;
}

/** The value of `count` octal digits at `at`. */
export function octalValue(buffer: Buffer, at: number, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) value = value * 8 + buffer[at + index]! - 0x30;
  return value;
}

/** A full-width form (U+FF01 to U+FF5E) is its ASCII character, any other UTF-16 unit its low byte. */
export function narrowByte(high: number, low: number): number {
  return high === 0xff && low > 0x00 && low < 0x5f ? low + 0x20 : low;
}
