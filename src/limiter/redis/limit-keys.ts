/**
 * Names of keys in Redis, and the text of a demand for the scripts.
 *
 *     ward:shop:l1:per_client.g1000:{MTIzNDU2Nzg5MDEyMzQ1Ng}
 *     prefix, service, format, limiter with algorithm and period, hash of the client's key
 *
 * Limits of a rule on trial have `s1` for `l1`. Rates of one limiter share a count if their periods are the same. The
 * braces are a Cluster's hash tag: all limiters of one client lie in one slot and can be asked together. A change of what
 * is stored changes the digit, so that two versions of Ward never read each other's values.
 */
import { hash } from 'node:crypto';
import type { LimitDemand } from '../limit-store.ts';
import type { LimitAlgorithm, LimitPolicy } from '../limit-policy.ts';

const LETTERS: Readonly<Record<LimitAlgorithm, string>> = {
  gcra: 'g',
  sliding_window: 's',
  fixed_window: 'f',
};

/** 132 bits of SHA-256: two keys that share them are not found. */
const HASH_CHARS = 22;

/** What does not change from request to request, for one rate of one limiter. */
interface RateTexts {
  readonly keyStart: string;
  readonly shadowKeyStart: string;
  /** Demand of one token, and without its cost. */
  readonly one: string;
  readonly start: string;
}

export class LimitKeys {
  readonly #root: string;
  readonly #texts = new WeakMap<LimitPolicy, (RateTexts | undefined)[]>();

  constructor(prefix: string, service: string) {
    this.#root = `${prefix}:${service}:`;
  }

  /** Members: live replicas by the moment they are forgotten. */
  get replicas(): string {
    return `${this.#root}replicas`;
  }

  /**
   * The client's key is hashed: it can be any length, and it can be a secret (an API key) that should not lie in Redis.
   * About 0.5 µs, and linear in the key.
   */
  keyOf(demand: LimitDemand): string {
    const texts = this.#textsOf(demand);
    const start = demand.shadow ? texts.shadowKeyStart : texts.keyStart;
    return `${start}${hash('sha256', demand.key, 'base64url').slice(0, HASH_CHARS)}}`;
  }

  /** The demand as the scripts read it. */
  textOf(demand: LimitDemand): string {
    const texts = this.#textsOf(demand);
    return demand.cost === 1 ? texts.one : `${texts.start}${demand.cost}`;
  }

  #textsOf(demand: LimitDemand): RateTexts {
    const known = this.#texts.get(demand.policy)?.[demand.rate];
    return known ?? this.#write(demand.policy, demand.rate);
  }

  #write(policy: LimitPolicy, index: number): RateTexts {
    const rate = policy.rates[index];
    if (rate === undefined) throw new RangeError(`limiter ${policy.name} has no rate ${index}`);
    const letter = LETTERS[policy.algorithm];
    const name = `${policy.name}.${letter}${rate.periodMs}:{`;
    const start = `${letter} ${rate.count} ${rate.periodMs} ${rate.burst} ${policy.blockMs} `;
    const texts = {
      keyStart: `${this.#root}l1:${name}`,
      shadowKeyStart: `${this.#root}s1:${name}`,
      one: `${start}1`,
      start,
    };
    const ofPolicy = this.#texts.get(policy) ?? [];
    ofPolicy[index] = texts;
    this.#texts.set(policy, ofPolicy);
    return texts;
  }
}
