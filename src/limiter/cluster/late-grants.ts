/**
 * What the remote store granted to requests that were admitted without it, because its answer came too late. Such tokens
 * stay spent, for the request is served; but when `count` gives back what stood in for them, they must go back too, or
 * each hiccup of the store would cost its clients a token for the whole period.
 */
import type { LimitReading } from '../limit-store.ts';

export class LateGrants {
  readonly #grants = new WeakMap<LimitReading, LimitReading>();
  /** Stand-ins given back before their grant was heard of. */
  readonly #returned = new WeakSet<LimitReading>();

  /** The store's answer to what `standIn` answered. True: that was given back already, so the grant must go back now. */
  heard(standIn: LimitReading, grant: LimitReading): boolean {
    if (this.#returned.delete(standIn)) return true;
    this.#grants.set(standIn, grant);
    return false;
  }

  /** A stand-in is given back: the grant that goes back with it, once; undefined while none was heard of. */
  returned(standIn: LimitReading): LimitReading | undefined {
    const grant = this.#grants.get(standIn);
    if (grant === undefined) this.#returned.add(standIn);
    else this.#grants.delete(standIn);
    return grant;
  }
}
