/**
 * Sets of bytes: 256 bits in eight words. The matcher's regexes, alphabets and masks are all built from them.
 *
 * A set is filled by `add` and `addRange` while it is being built and treated as immutable once it is shared;
 * the algebra (`union`, `intersect`, …) returns new sets.
 */

export class ByteSet {
  readonly #words = new Uint32Array(8);

  /** The bytes of a latin1 text. */
  static of(bytes: string): ByteSet {
    const set = new ByteSet();
    for (let i = 0; i < bytes.length; i++) set.add(bytes.charCodeAt(i));
    return set;
  }

  /** Both ends inclusive. */
  static range(low: number, high: number): ByteSet {
    return new ByteSet().addRange(low, high);
  }

  static all(): ByteSet {
    return ByteSet.range(0, 255);
  }

  has(byte: number): boolean {
    return ((this.#words[byte >>> 5] >>> (byte & 31)) & 1) === 1;
  }

  add(byte: number): this {
    this.#words[byte >>> 5] |= 1 << (byte & 31);
    return this;
  }

  addRange(low: number, high: number): this {
    for (let byte = low; byte <= high; byte++) this.add(byte);
    return this;
  }

  addAll(other: ByteSet): this {
    for (let i = 0; i < 8; i++) this.#words[i] |= other.#words[i];
    return this;
  }

  union(other: ByteSet): ByteSet {
    return new ByteSet().addAll(this).addAll(other);
  }

  intersect(other: ByteSet): ByteSet {
    const out = new ByteSet();
    for (let i = 0; i < 8; i++) out.#words[i] = this.#words[i] & other.#words[i];
    return out;
  }

  complement(): ByteSet {
    const out = new ByteSet();
    for (let i = 0; i < 8; i++) out.#words[i] = ~this.#words[i];
    return out;
  }

  without(other: ByteSet): ByteSet {
    return this.intersect(other.complement());
  }

  /** With the other case of each ASCII letter. Bytes from 0x80 on have no case: they are parts of characters. */
  foldCase(): ByteSet {
    const out = this.union(new ByteSet());
    for (let upper = 0x41; upper <= 0x5a; upper++) {
      if (this.has(upper)) out.add(upper + 32);
      if (this.has(upper + 32)) out.add(upper);
    }
    return out;
  }

  intersects(other: ByteSet): boolean {
    for (let i = 0; i < 8; i++) if ((this.#words[i] & other.#words[i]) !== 0) return true;
    return false;
  }

  isSubsetOf(other: ByteSet): boolean {
    for (let i = 0; i < 8; i++) if ((this.#words[i] & ~other.#words[i]) !== 0) return false;
    return true;
  }

  equals(other: ByteSet): boolean {
    return this.isSubsetOf(other) && other.isSubsetOf(this);
  }

  get isEmpty(): boolean {
    return this.#words.every((word) => word === 0);
  }

  get size(): number {
    return this.bytes().length;
  }

  /** The members in ascending order. */
  bytes(): number[] {
    const out: number[] = [];
    for (let byte = 0; byte < 256; byte++) if (this.has(byte)) out.push(byte);
    return out;
  }

  /** Maximal runs [low, high] in ascending order. */
  ranges(): [number, number][] {
    const out: [number, number][] = [];
    for (const byte of this.bytes()) {
      const last = out.at(-1);
      if (last !== undefined && last[1] === byte - 1) last[1] = byte;
      else out.push([byte, byte]);
    }
    return out;
  }
}

/** ASCII lower case of one byte. */
export function lowerByte(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}

/** ASCII lower case of a latin1 text; unlike `toLowerCase` it leaves bytes from 0x80 on alone. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}
