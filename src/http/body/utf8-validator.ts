/**
 * Incremental validation of UTF-8 (RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF).
 *
 * A chunk that is valid by itself is accepted by the native check; only a chunk that cuts a character, or is wrong, is
 * walked here. A byte is refused where it stands, so the verdict does not depend on the cuts.
 */
import { isUtf8 } from 'node:buffer';

export class Utf8Validator {
  /** Continuation bytes still due, and the range of the next one. */
  #due = 0;
  #low = 0x80;
  #high = 0xbf;

  /** True between characters. */
  get complete(): boolean {
    return this.#due === 0;
  }

  /** Returns the index of the first byte that cannot stand there, or the length of the chunk. */
  accept(chunk: Uint8Array): number {
    if (this.#due === 0 && isUtf8(chunk)) return chunk.length;
    for (let i = 0; i < chunk.length; i++) {
      if (!this.#byte(chunk[i])) return i;
    }
    return chunk.length;
  }

  #byte(byte: number): boolean {
    if (this.#due > 0) {
      if (byte < this.#low || byte > this.#high) return false;
      this.#due--;
      this.#low = 0x80;
      this.#high = 0xbf;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#due = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) this.#low = 0xa0;
    if (byte === 0xed) this.#high = 0x9f;
    if (byte === 0xf0) this.#low = 0x90;
    if (byte === 0xf4) this.#high = 0x8f;
    return true;
  }
}
