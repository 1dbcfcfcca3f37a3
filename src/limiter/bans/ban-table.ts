/**
 * Bans in memory, as every copy keeps them: the main thread's, each worker's. All copies obey the same two laws, so that
 * they agree whatever order news arrives in:
 *
 * 1. of two bans of one key the longer stands;
 * 2. a lift ends the bans that were set before it, and none that were set after.
 *
 * Time is monotonic here. A ban counts its duration down in each process, so that a wall clock that jumps back makes no
 * ban eternal and one that jumps forward frees nobody.
 *
 * A ban that is longer by less than `BAN_SLACK_MS` counts as the same: a client that a flood bans with each request, or a
 * copy that came back over the network some milliseconds longer, is no news.
 *
 * Bounded. When it is full the ban that would end first makes room, for it loses the least protection; refusing the
 * new one instead would let a client who brings many addresses buy the last one immunity. What operators set is never
 * evicted for what rules set.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { BANS_MAX, BAN_KEY_BYTES_MAX, BAN_MS_MAX, BAN_SLACK_MS } from '../../core/limits.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import type { Expiring } from './expiry-queue.ts';

/** Who sets bans by hand. A rule of this name would merely be evicted last, as operators' bans are. */
export const OPERATOR = 'operator';

/** True for keys that must never be banned, whoever asks. */
export type IsExempt = (kind: string, key: string) => boolean;

export interface BanEntry extends Expiring {
  readonly kind: string;
  /** Latin1; of a key longer than `BAN_KEY_BYTES_MAX` a digest. */
  readonly key: string;
  by: string;
  reason: string | undefined;
  /** Monotonic; negative if it was set elsewhere before this process began. */
  setAtMs: number;
  /** Number of the entry in its table, ascending; a place to go on listing from. */
  readonly sequence: number;
}

/** A ban that is asked for. */
export interface BanClaim {
  readonly kind: string;
  readonly key: string;
  readonly by: string;
  readonly reason?: string | undefined;
  /** Monotonic. */
  readonly setAtMs: number;
  readonly expiresAtMs: number;
}

/** `kept`: one at least as long stands, or it is over already. `full`: nothing that stands may make room for it. */
export type BanOutcome = 'added' | 'lengthened' | 'kept' | 'exempt' | 'full';

export interface BanTableOptions {
  readonly clock: Clock;
  readonly isExempt?: IsExempt | undefined;
  /** Called before an entry leaves to make room. */
  readonly onEvict?: (entry: BanEntry) => void;
}

export class BanTable {
  readonly #clock: Clock;
  readonly #isExempt: IsExempt;
  readonly #onEvict: (entry: BanEntry) => void;
  /** By kind, then by key: a look-up joins no strings. */
  readonly #kinds = new Map<string, Map<string, BanEntry>>();
  /** In order of their sequence. */
  readonly #entries = new Set<BanEntry>();
  readonly #ofRules = new ExpiryQueue<BanEntry>();
  readonly #ofOperators = new ExpiryQueue<BanEntry>();
  #sequence = 0;
  #displaced = 0;

  constructor(options: BanTableOptions) {
    this.#clock = options.clock;
    this.#isExempt = options.isExempt ?? (() => false);
    this.#onEvict = options.onEvict ?? (() => undefined);
  }

  /** Bans in force, and those that ended since the last `expire`. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many bans had to leave, or could not be taken in, for want of room. */
  get displaced(): number {
    return this.#displaced;
  }

  /** The ban in force. Two look-ups in maps; a key longer than `BAN_KEY_BYTES_MAX` is hashed first. */
  find(kind: string, key: string): BanEntry | undefined {
    const entry = this.#kinds.get(kind)?.get(storedKey(key));
    return entry !== undefined && entry.expiresAtMs > this.#clock.monotonic() ? entry : undefined;
  }

  /** Whether no ban may touch this key. Linear in the list of exemptions. */
  exempts(kind: string, key: string): boolean {
    return this.#isExempt(kind, key);
  }

  put(claim: BanClaim): BanOutcome {
    if (this.#isExempt(claim.kind, claim.key)) return 'exempt';
    const key = storedKey(claim.key);
    const nowMs = this.#clock.monotonic();
    const expiresAtMs = Math.min(claim.expiresAtMs, nowMs + BAN_MS_MAX);
    if (expiresAtMs <= nowMs) return 'kept';
    const known = this.#kinds.get(claim.kind)?.get(key);
    if (known !== undefined) {
      if (known.expiresAtMs > nowMs) return this.#lengthen(known, claim, expiresAtMs);
      this.remove(known);
    }
    if (this.#entries.size >= BANS_MAX && !this.#makeRoom(claim.by, expiresAtMs)) return 'full';
    this.#insert({
      kind: claim.kind,
      key,
      by: claim.by,
      reason: claim.reason,
      setAtMs: claim.setAtMs,
      expiresAtMs,
      sequence: ++this.#sequence,
      place: -1,
    });
    return 'added';
  }

  /** Ends the ban of a key if it was set by `liftedAtMs`. Returns it. */
  lift(kind: string, key: string, liftedAtMs: number): BanEntry | undefined {
    const entry = this.#kinds.get(kind)?.get(storedKey(key));
    if (entry === undefined || entry.setAtMs > liftedAtMs) return undefined;
    this.remove(entry);
    return entry;
  }

  /** Ends all bans set by `liftedAtMs`. Returns how many. */
  liftAll(liftedAtMs: number): number {
    const before = this.#entries.size;
    for (const entry of this.#entries) {
      if (entry.setAtMs <= liftedAtMs) this.remove(entry);
    }
    return before - this.#entries.size;
  }

  /** Takes out at most `max` bans that have ended. */
  expire(max: number): BanEntry[] {
    const nowMs = this.#clock.monotonic();
    const ended: BanEntry[] = [];
    for (const queue of [this.#ofRules, this.#ofOperators]) {
      for (let entry = queue.first; entry !== undefined && ended.length < max; entry = queue.first) {
        if (entry.expiresAtMs > nowMs) break;
        this.remove(entry);
        ended.push(entry);
      }
    }
    return ended;
  }

  /** All entries in order of their sequence; those that have ended may be among them. */
  entries(): IterableIterator<BanEntry> {
    return this.#entries.values();
  }

  remove(entry: BanEntry): void {
    const keys = this.#kinds.get(entry.kind);
    keys?.delete(entry.key);
    if (keys?.size === 0) this.#kinds.delete(entry.kind);
    this.#entries.delete(entry);
    this.#queueOf(entry.by).remove(entry);
  }

  #insert(entry: BanEntry): void {
    const keys = this.#kinds.get(entry.kind);
    if (keys === undefined) this.#kinds.set(entry.kind, new Map([[entry.key, entry]]));
    else keys.set(entry.key, entry);
    this.#entries.add(entry);
    this.#queueOf(entry.by).add(entry);
  }

  /** A later claim also protects the entry from lifts between the two. */
  #lengthen(entry: BanEntry, claim: BanClaim, expiresAtMs: number): BanOutcome {
    if (expiresAtMs <= entry.expiresAtMs + BAN_SLACK_MS) return 'kept';
    this.#queueOf(entry.by).remove(entry);
    entry.by = claim.by;
    entry.reason = claim.reason;
    entry.setAtMs = Math.max(entry.setAtMs, claim.setAtMs);
    entry.expiresAtMs = expiresAtMs;
    this.#queueOf(entry.by).add(entry);
    return 'lengthened';
  }

  #makeRoom(by: string, expiresAtMs: number): boolean {
    this.#displaced++;
    const first = this.#ofRules.first;
    // The new one itself may be the one that would end first.
    if (first === undefined || (by !== OPERATOR && first.expiresAtMs >= expiresAtMs)) return false;
    this.#onEvict(first);
    this.remove(first);
    return true;
  }

  #queueOf(by: string): ExpiryQueue<BanEntry> {
    return by === OPERATOR ? this.#ofOperators : this.#ofRules;
  }
}

/** Keys are client text of any length (a cookie, a token): what is kept of one is bounded. */
export function storedKey(key: string): string {
  if (key.length <= BAN_KEY_BYTES_MAX) return key;
  return `sha256:${createHash('sha256').update(key, 'latin1').digest('hex')}`;
}
