/** `sample(p%, key?)`: the same key always falls on the same side, so a client does not flicker in and out of a trial. */

/** FNV-1a over the bytes, finished with the murmur3 mixer, as a share in [0, 1). Not a defence: keys may be guessed. */
export function shareOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
