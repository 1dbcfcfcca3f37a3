/**
 * The bans of this process: the copy that operators see and change, that tells the workers, and that is kept in step with
 * Redis. Lives in the main thread.
 *
 * A lift leaves a mark until no copy of the ban it ended can still be in force anywhere, so that a replica that was
 * away, or a worker whose message is under way, cannot bring the ban back.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import {
  BANS_LISTED_MAX,
  BAN_BATCH_MAX,
  BAN_LIFTS_MAX,
  BAN_LIFT_MEMORY_MS,
  BAN_SLACK_MS,
} from '../../core/limits.ts';
import type { Ban } from '../ban-book.ts';
import { banId } from './ban-change.ts';
import type { BanChange } from './ban-change.ts';
import { BanOutbox } from './ban-outbox.ts';
import { BanTable, OPERATOR, storedKey } from './ban-table.ts';
import type { BanEntry, BanOutcome, IsExempt } from './ban-table.ts';

export interface ListedBan extends Ban {
  /** Wall time in milliseconds since the epoch. */
  readonly sinceMs: number;
}

export interface BanPage {
  readonly bans: readonly ListedBan[];
  /** Where to go on; undefined when this was the last page. */
  readonly next: number | undefined;
}

export interface BanFilter {
  readonly kind?: string | undefined;
  readonly key?: string | undefined;
  /** Cut to `BANS_LISTED_MAX`. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: number | undefined;
}

/** Who did it: a rule in a worker, an operator here, another replica, or nobody, for it was time. */
export type BanOrigin = 'rule' | 'operator' | 'replica' | 'time';

export type BanNews =
  /** `evicted`: it left to make room. */
  | {
      readonly kind: 'added' | 'lifted' | 'expired' | 'evicted';
      readonly ban: Ban;
      readonly origin: BanOrigin;
    }
  | { readonly kind: 'all_lifted'; readonly count: number; readonly origin: BanOrigin };

export interface BanRegisterOptions {
  readonly clock: Clock;
  readonly isExempt?: IsExempt | undefined;
  readonly onNews?: (news: BanNews) => void;
}

interface Lift {
  readonly kind: string;
  readonly key: string;
  readonly liftedAtMs: number;
  readonly forgetAtMs: number;
}

export class BanRegister {
  readonly #clock: Clock;
  readonly #table: BanTable;
  readonly #onNews: (news: BanNews) => void;
  /** In order of their making. */
  readonly #lifts = new Map<string, Lift>();
  /** Of the other copies, and what they stand for. */
  readonly #outboxes = new Map<BanOutbox, BanOrigin>();
  #allLiftedAtMs = -Infinity;
  /** Names the last lift of all. */
  #allLiftedTag = '';

  constructor(options: BanRegisterOptions) {
    const { clock, isExempt, onNews = () => undefined } = options;
    this.#clock = clock;
    this.#onNews = onNews;
    this.#table = new BanTable({
      clock,
      isExempt,
      onEvict: (entry) => onNews({ kind: 'evicted', ban: this.#toBan(entry), origin: 'time' }),
    });
  }

  /** Bans in force, give or take those that ended within the last second. */
  get size(): number {
    return this.#table.size;
  }

  /** How many bans had to leave, or were not taken in, for want of room. */
  get displaced(): number {
    return this.#table.displaced;
  }

  find(kind: string, key: string): ListedBan | undefined {
    const entry = this.#table.find(kind, key);
    return entry === undefined ? undefined : this.#toBan(entry);
  }

  /** An operator's ban. */
  add(kind: string, key: string, forMs: number, reason?: string): BanOutcome {
    const nowMs = this.#clock.monotonic();
    const lifted = this.#lifts.get(banId(kind, storedKey(key)))?.liftedAtMs ?? -Infinity;
    // Later than any lift we know, even one told by a clock that runs ahead.
    const setAtMs = Math.max(nowMs, Math.max(lifted, this.#allLiftedAtMs) + 1);
    return this.#put(
      { op: 'ban', kind, key, by: OPERATOR, reason, agoMs: nowMs - setAtMs, forMs },
      undefined,
    );
  }

  /**
   * Ends a ban here and everywhere. Other copies are told even if there is none here: one may not have been heard of yet.
   * @returns the ban that was in force here
   */
  lift(kind: string, key: string): ListedBan | undefined {
    const aheadMs = (this.#table.find(kind, key)?.setAtMs ?? 0) - this.#clock.monotonic();
    return this.#lift({ op: 'lift', kind, key, agoMs: -Math.max(0, aheadMs), forMs: 0 }, undefined);
  }

  /** Ends all bans, here and everywhere. @returns how many there were here */
  liftAll(): number {
    let liftedAtMs = this.#clock.monotonic();
    for (const entry of this.#table.entries()) liftedAtMs = Math.max(liftedAtMs, entry.setAtMs);
    return this.#liftAll(liftedAtMs, randomUUID(), undefined);
  }

  /** In order of their setting. Cost: linear in all bans. */
  list(filter: BanFilter): BanPage {
    const nowMs = this.#clock.monotonic();
    const limit = Math.min(filter.limit, BANS_LISTED_MAX);
    const key = filter.key === undefined ? undefined : storedKey(filter.key);
    const bans: ListedBan[] = [];
    let last = 0;
    for (const entry of this.#table.entries()) {
      if (entry.sequence <= (filter.after ?? 0) || entry.expiresAtMs <= nowMs) continue;
      if (filter.kind !== undefined && entry.kind !== filter.kind) continue;
      if (key !== undefined && entry.key !== key) continue;
      if (bans.length === limit) return { bans, next: last };
      bans.push(this.#toBan(entry));
      last = entry.sequence;
    }
    return { bans, next: undefined };
  }

  /** Takes in what another copy tells. @param from its outbox, which need not be told what came from there */
  merge(changes: readonly BanChange[], from: BanOutbox | undefined): void {
    for (const change of changes) {
      if (change.op === 'ban') this.#put(change, from);
      else if (change.op === 'lift') this.#lift(change, from);
      else this.#liftAll(this.#clock.monotonic() - change.agoMs, change.tag, from);
    }
  }

  /** Begins to note what changes, for another copy. @param origin what its changes stand for */
  open(origin: 'rule' | 'replica'): BanOutbox {
    const outbox = new BanOutbox(this);
    this.#outboxes.set(outbox, origin);
    return outbox;
  }

  close(outbox: BanOutbox): void {
    this.#outboxes.delete(outbox);
  }

  /** Everything must be told, to a copy that begins or may have lost some. Cost: linear in all bans. */
  markAll(outbox: BanOutbox): void {
    if (this.#allLiftedTag !== '') outbox.markAllLifted();
    for (const { kind, key } of this.#lifts.values()) outbox.mark(kind, key);
    for (const { kind, key } of this.#table.entries()) outbox.mark(kind, key);
  }

  changesOf(kind: string, key: string): readonly BanChange[] {
    const nowMs = this.#clock.monotonic();
    const changes: BanChange[] = [];
    const lift = this.#lifts.get(banId(kind, key));
    if (lift !== undefined) {
      const forMs = Math.max(0, lift.forgetAtMs - nowMs);
      changes.push({ op: 'lift', kind, key, agoMs: nowMs - lift.liftedAtMs, forMs });
    }
    const entry = this.#table.find(kind, key);
    if (entry !== undefined) changes.push(changeOf(entry, nowMs));
    return changes;
  }

  lastLiftOfAll(): readonly BanChange[] {
    if (this.#allLiftedTag === '') return [];
    const agoMs = this.#clock.monotonic() - this.#allLiftedAtMs;
    return [{ op: 'lift_all', tag: this.#allLiftedTag, agoMs }];
  }

  /** Forgets what has ended; to be called every second. Bounded: the rest waits for the next call. */
  sweep(): void {
    const nowMs = this.#clock.monotonic();
    for (const entry of this.#table.expire(BAN_BATCH_MAX)) {
      this.#onNews({ kind: 'expired', ban: this.#toBan(entry), origin: 'time' });
    }
    for (const [id, lift] of this.#lifts) {
      if (lift.forgetAtMs <= nowMs) this.#lifts.delete(id);
    }
  }

  #put(change: Extract<BanChange, { op: 'ban' }>, from: BanOutbox | undefined): BanOutcome {
    const { kind, by, reason, agoMs, forMs } = change;
    const nowMs = this.#clock.monotonic();
    const key = storedKey(change.key);
    const setAtMs = nowMs - agoMs;
    const liftedAtMs = this.#lifts.get(banId(kind, key))?.liftedAtMs ?? -Infinity;
    if (setAtMs <= Math.max(liftedAtMs, this.#allLiftedAtMs)) return 'kept';
    const expiresAtMs = nowMs + forMs;
    // By the key as it came: of a long one only that tells whether it is exempt.
    const outcome = this.#table.put({ kind, key: change.key, by, reason, setAtMs, expiresAtMs });
    if (outcome !== 'added' && outcome !== 'lengthened') return outcome;
    this.#tell(kind, key, from);
    const ban = this.find(kind, key);
    if (outcome === 'added' && ban !== undefined) {
      this.#onNews({ kind: 'added', ban, origin: this.#originOf(from) });
    }
    return outcome;
  }

  #lift(change: Extract<BanChange, { op: 'lift' }>, from: BanOutbox | undefined): ListedBan | undefined {
    const nowMs = this.#clock.monotonic();
    const { kind } = change;
    const key = storedKey(change.key);
    const id = banId(kind, key);
    const known = this.#lifts.get(id);
    const liftedAtMs = nowMs - change.agoMs;
    const ended = this.#table.lift(kind, key, liftedAtMs);
    // Its age, measured twice, is never quite the same: what ends nothing and is hardly later is no news.
    const isKnown = known !== undefined && liftedAtMs <= known.liftedAtMs + BAN_SLACK_MS;
    if (ended === undefined && isKnown) return undefined;
    const memoryMs = Math.max(change.forMs, BAN_LIFT_MEMORY_MS);
    const forgetAtMs = Math.max(nowMs + memoryMs, ended?.expiresAtMs ?? 0, known?.forgetAtMs ?? 0);
    this.#remember(id, { kind, key, liftedAtMs, forgetAtMs });
    this.#tell(kind, key, from);
    if (ended === undefined) return undefined;
    const ban = this.#toBan(ended);
    this.#onNews({ kind: 'lifted', ban, origin: this.#originOf(from) });
    return ban;
  }

  #remember(id: string, lift: Lift): void {
    this.#lifts.delete(id);
    this.#lifts.set(id, lift);
    if (this.#lifts.size <= BAN_LIFTS_MAX) return;
    const [oldest] = this.#lifts.keys();
    this.#lifts.delete(oldest as string);
  }

  #liftAll(liftedAtMs: number, tag: string, from: BanOutbox | undefined): number {
    if (liftedAtMs <= this.#allLiftedAtMs || tag === this.#allLiftedTag) return 0;
    this.#allLiftedAtMs = liftedAtMs;
    this.#allLiftedTag = tag;
    const count = this.#table.liftAll(liftedAtMs);
    for (const outbox of this.#outboxes.keys()) {
      if (outbox !== from) outbox.markAllLifted();
    }
    this.#onNews({ kind: 'all_lifted', count, origin: this.#originOf(from) });
    return count;
  }

  #originOf(from: BanOutbox | undefined): BanOrigin {
    return from === undefined ? 'operator' : (this.#outboxes.get(from) ?? 'replica');
  }

  #tell(kind: string, key: string, from: BanOutbox | undefined): void {
    for (const outbox of this.#outboxes.keys()) {
      if (outbox !== from) outbox.mark(kind, key);
    }
  }

  #toBan(entry: BanEntry): ListedBan {
    const aheadMs = this.#clock.now() - this.#clock.monotonic();
    const { kind, key, by, reason } = entry;
    const untilMs = Math.round(entry.expiresAtMs + aheadMs);
    return { kind, key, by, reason, sinceMs: Math.round(entry.setAtMs + aheadMs), untilMs };
  }
}

/** How a ban stands, for another copy. */
export function changeOf(entry: BanEntry, nowMs: number): BanChange {
  const { kind, key, by, reason } = entry;
  return {
    op: 'ban',
    kind,
    key,
    by,
    reason,
    agoMs: nowMs - entry.setAtMs,
    forMs: entry.expiresAtMs - nowMs,
  };
}
