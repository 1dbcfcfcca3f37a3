/** Spreads the bits of a number that already depends on all of its input; no hash of its own and no defence. */

/** The finaliser of MurmurHash3 (A. Appleby, fmix32): each bit of the result, 0 to 2^32 - 1, depends on all bits. */
export function mix32(bits: number): number {
  let x = bits ^ (bits >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
