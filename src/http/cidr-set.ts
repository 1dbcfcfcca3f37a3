/**
 * A frozen set of networks: logarithmic lookup without allocation, sized for ban lists of a million entries.
 *
 * Networks either nest or are apart. Sorted by first address with nested ones dropped they are disjoint intervals, so one
 * binary search finds the only candidate. IPv4 needs 8 bytes an entry, IPv6 32.
 */
import type { Cidr, IpAddress } from './address.ts';

export class CidrSet {
  readonly #v4First: Uint32Array;
  readonly #v4Last: Uint32Array;
  /** Four words an entry. */
  readonly #v6First: Uint32Array;
  readonly #v6Last: Uint32Array;

  /** Cost: a sort of the networks. Duplicates and nested networks are merged. */
  constructor(networks: Iterable<Cidr>) {
    const v4: number[] = [];
    const v6: Cidr[] = [];
    for (const network of networks) {
      // First address and host bits in one number below 2^38, so that a numeric sort puts wider networks first.
      if (network.address.family === 4) v4.push(network.address.words[3] * 64 + network.bits);
      else v6.push(network);
    }
    [this.#v4First, this.#v4Last] = ipv4Intervals(v4);
    [this.#v6First, this.#v6Last] = ipv6Intervals(v6);
  }

  /** How many disjoint networks are left after merging. */
  get size(): number {
    return this.#v4First.length + this.#v6First.length / 4;
  }

  contains(address: IpAddress): boolean {
    return address.family === 4 ? this.#containsIpv4(address.words[3]) : this.#containsIpv6(address.words);
  }

  #containsIpv4(word: number): boolean {
    let low = 0;
    let high = this.#v4First.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#v4First[middle]! <= word) low = middle + 1;
      else high = middle;
    }
    return low > 0 && word <= this.#v4Last[low - 1]!;
  }

  #containsIpv6(words: IpAddress['words']): boolean {
    let low = 0;
    let high = this.#v6First.length / 4;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareWords(this.#v6First, middle * 4, words, 0) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compareWords(this.#v6Last, (low - 1) * 4, words, 0) >= 0;
  }
}

function ipv4Intervals(keys: readonly number[]): [Uint32Array, Uint32Array] {
  const sorted = Float64Array.from(keys).sort();
  const first = new Uint32Array(sorted.length);
  const last = new Uint32Array(sorted.length);
  let count = 0;
  for (const key of sorted) {
    const start = Math.floor(key / 64);
    if (count > 0 && start <= last[count - 1]!) continue;
    first[count] = start;
    last[count++] = start + 2 ** (32 - (key % 64)) - 1;
  }
  return [first.slice(0, count), last.slice(0, count)];
}

function ipv6Intervals(networks: readonly Cidr[]): [Uint32Array, Uint32Array] {
  const sorted = [...networks].sort(
    (left, right) => compareWords(left.address.words, 0, right.address.words, 0) || left.bits - right.bits,
  );
  const first = new Uint32Array(sorted.length * 4);
  const last = new Uint32Array(sorted.length * 4);
  let count = 0;
  for (const { address, bits } of sorted) {
    if (count > 0 && compareWords(address.words, 0, last, (count - 1) * 4) <= 0) continue;
    for (let index = 0; index < 4; index++) {
      const hostBits = Math.max(0, Math.min(32, 32 * (index + 1) - bits));
      const word = address.words[index]!;
      first[count * 4 + index] = word;
      last[count * 4 + index] = word + 2 ** hostBits - 1; // host bits of a network are zero
    }
    count++;
  }
  return [first.slice(0, count * 4), last.slice(0, count * 4)];
}

type Words = ArrayLike<number>;

/** Order of two addresses held as four words at an offset. */
function compareWords(left: Words, leftAt: number, right: Words, rightAt: number): number {
  for (let index = 0; index < 4; index++) {
    const difference = left[leftAt + index]! - right[rightAt + index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
