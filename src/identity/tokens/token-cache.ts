/**
 * A bounded map that forgets what was not asked for lately: two generations, of which the older is dropped when the
 * younger is full. What is found in the older moves up. Each step costs a lookup or two, and nothing is ever searched.
 */
export class TokenCache<T> {
  readonly #generationMax: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  /** @param entriesMax held at the most; at least half of it of what was asked for last */
  constructor(entriesMax: number) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): T | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, old);
    return old;
  }

  set(key: string, value: T): void {
    if (this.#young.size >= this.#generationMax && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
