/** How the 64 bits of a key's hash are spread over sets and cells. They are secret, so a plain mixer will do. */

/** The halves of a hash, signed. */
export interface KeyBits {
  readonly low: number;
  readonly high: number;
}

/** The finaliser of MurmurHash3: each bit of the result depends on all bits. */
export function mix32(bits: number): number {
  let x = bits ^ (bits >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** Maps 32 bits evenly onto 0 to `buckets - 1`, by the upper ones. */
export function bucketOf(bits: number, buckets: number): number {
  return Math.floor(((bits >>> 0) * buckets) / 2 ** 32);
}
