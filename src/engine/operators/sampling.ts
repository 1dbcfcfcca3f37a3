/** `sample(p%, key?)`: the same key always falls on the same side, so a client does not flicker in and out of a trial. */
import { mix32 } from '../../core/mix32.ts';

/** FNV-1a over the bytes, mixed, as a share in [0, 1). Not a defence: keys may be guessed. */
export function shareOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return mix32(hash) / 0x1_0000_0000;
}
