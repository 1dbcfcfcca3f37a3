/**
 * The hash under which keys are kept in shared tables: HalfSipHash-1-3 with 64 bits of output (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012), made of 32-bit words, which is what JavaScript computes fast. One round a
 * word and three at the end are what the Linux kernel takes for hash tables, whose hashes nobody gets to see.
 *
 * Clients choose most of a key. A hash that anybody can compute would let them pile thousands of keys into one set of a
 * table, or make a key that counts as somebody else's; this one takes a random secret of the process. Two different
 * keys share all 64 bits with probability 2⁻⁶⁴ a pair: among a million keys once in 37 million processes.
 */

/** Two 32-bit words. */
export interface HashSecret {
  readonly low: number;
  readonly high: number;
}

/** Keeps the last hash in two fields, so that hashing makes no garbage. About 20 ns and 2 ns a character. */
export class KeyHash {
  /** Signed 32-bit halves of the last hash. */
  low = 0;
  high = 0;

  /** Hashes a latin1 string of any length; of characters beyond latin1 only the low byte counts. Linear in the length. */
  update(text: string, secret: HashSecret): void {
    let v0 = secret.low;
    let v1 = secret.high ^ 0xee;
    let v2 = secret.low ^ 0x6c796765;
    let v3 = secret.high ^ 0x74656462;
    const length = text.length;
    const whole = length & ~3;
    // The rounds are written out twice because their state would have to live in an array to be shared by a function.
    for (let at = 0; at <= whole; at += 4) {
      const word = at < whole ? wordAt(text, at) : tailOf(text, whole);
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    v2 ^= 0xee;
    for (let round = 0; round < 6; round++) {
      if (round === 3) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.high = v1 ^ v3;
  }
}

/** Four characters, the first lowest. */
function wordAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << 8) |
    ((text.charCodeAt(at + 2) & 0xff) << 16) |
    ((text.charCodeAt(at + 3) & 0xff) << 24)
  );
}

/** The last word: up to three characters below the length modulo 256. */
function tailOf(text: string, whole: number): number {
  let word = text.length << 24;
  for (let at = text.length - 1; at >= whole; at--)
    word |= (text.charCodeAt(at) & 0xff) << ((at - whole) * 8);
  return word;
}
