/**
 * Remembers roughly which texts were seen before, so that a cache need not take in what never comes again: copying a
 * text in and another out costs more than the search it would save. One fingerprint per place; a newer text takes the
 * place of an older one, and a collision of fingerprints only lets a text in early. After TinyLFU's doorkeeper
 * (Einziger, Friedman and Manes, 2017).
 */
import { SIGHTING_PLACES } from '../core/limits.ts';

const PRIME = 0x0100_0193; // FNV-1a

export class SightingFilter {
  readonly #fingerprints = new Int32Array(SIGHTING_PLACES);

  /** Whether the text was seen for this target since its place was taken by another; notes it. O(length). */
  again(target: number, text: string): boolean {
    let hash = target + 1;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
    hash |= 1; // 0 is an empty place
    const place = (hash >>> 1) & (SIGHTING_PLACES - 1);
    if (this.#fingerprints[place] === hash) return true;
    this.#fingerprints[place] = hash;
    return false;
  }
}
