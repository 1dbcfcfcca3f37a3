/** How the 64 bits of a key's hash are spread over sets and cells. They are secret, so a plain mixer will do. */

/** The halves of a hash, signed. */
export interface KeyBits {
  readonly low: number;
  readonly high: number;
}

/** Maps 32 bits evenly onto 0 to `buckets - 1`, by the upper ones. */
export function bucketOf(bits: number, buckets: number): number {
  return Math.floor(((bits >>> 0) * buckets) / 2 ** 32);
}
