/**
 * Limits counted in the memory of this process, exact across its worker threads: all take the locks of the sets that hold
 * their keys, in one order, test, and commit before they let go.
 *
 * Only monotonic time counts here, so a wall clock that jumps changes nothing; fixed windows keep the epoch that held when the
 * tables were made.
 */
import type { Clock } from '../../core/clock.ts';
import type { LimitDemand, LimitReading, LimitReadings, LimitSource, LimitStore } from '../limit-store.ts';
import { Tickets } from '../spin-lock.ts';
import { TOKEN_TOLERANCE } from '../algorithms/gcra.ts';
import { Claim } from './claim.ts';
import { RateBook } from './rate-book.ts';
import { EvictionSketch } from './eviction-sketch.ts';
import type { MemoryTables } from './memory-tables.ts';
import { SLIDING_RECORD, SMALL_RECORD } from './meters.ts';
import { BLOCKED_UNTIL, RecordTable } from './record-table.ts';

export interface MemoryStoreOptions {
  /** What readings of `take` name as their source; `memory` unless given. */
  readonly source?: LimitSource;
}

/** A reading of another store, and the block it imposed on the key if it did. */
export interface MirroredReading extends LimitReading {
  /** Milliseconds the other store's block still lasts; absent or 0: none. */
  readonly blockedMs?: number;
}

/** A reading of this store knows when its tokens were spent, so that a late refund gives back no others. */
class MemoryReading implements LimitReading {
  readonly demand: LimitDemand;
  readonly granted: boolean;
  readonly used: number;
  readonly remaining: number;
  readonly retryAfterMs: number;
  readonly resetMs: number;
  readonly source: LimitSource;
  /** Monotonic time of the decision. */
  readonly takenAtMs: number;
  /** Tokens spent then, with those not yet drained in full. */
  readonly level: number;

  constructor(claim: Claim, demand: LimitDemand, source: LimitSource, nowMs: number) {
    this.demand = demand;
    this.granted = claim.granted;
    this.used = Math.max(0, Math.ceil(claim.used - TOKEN_TOLERANCE));
    this.remaining = Math.max(0, claim.rate.limit - this.used);
    this.retryAfterMs = claim.retryAfterMs;
    this.resetMs = claim.resetMs;
    this.source = source;
    this.takenAtMs = nowMs;
    this.level = claim.used;
  }
}

export class MemoryStore implements LimitStore {
  readonly #clock: Clock;
  readonly #source: LimitSource;
  readonly #rates: RateBook;
  readonly #sketch: EvictionSketch;
  readonly #small: RecordTable;
  readonly #sliding: RecordTable;
  readonly #tickets: Tickets;
  readonly #claims: Claim[] = [];
  readonly #lockOrder: Claim[] = [];

  /** Each thread makes a store of its own over the same tables, with a clock that all threads share (`processClock`). */
  constructor(tables: MemoryTables, clock: Clock, options: MemoryStoreOptions = {}) {
    this.#clock = clock;
    this.#source = options.source ?? 'memory';
    this.#rates = new RateBook(tables);
    this.#sketch = new EvictionSketch(tables.sketch);
    this.#small = new RecordTable(SMALL_RECORD, tables.small, this.#sketch);
    this.#sliding = new RecordTable(SLIDING_RECORD, tables.sliding, this.#sketch);
    this.#tickets = new Tickets(this.#sketch.join());
  }

  /** Decides at once. Waits for no longer than other threads hold the records it needs: microseconds. */
  take(demands: readonly LimitDemand[]): LimitReadings {
    return this.#take(demands, 1, this.#source);
  }

  /** As `take`, with each count and burst divided by the number of live replicas (at least 1); readings say `local`. */
  takeShare(demands: readonly LimitDemand[], replicas: number): LimitReadings {
    return this.#take(demands, Math.max(1, Math.floor(replicas)), 'local');
  }

  /**
   * Gives back what granted readings took; nothing for a group of demands of which one was refused. A reading of another
   * store, which `mirror` counted, does not know its time here and gives back the latest tokens of its key. An evicted key
   * gets nothing back. A block stays.
   */
  refund(readings: LimitReadings): void {
    for (const reading of readings) {
      const { demand } = reading;
      if (!reading.granted || demand.cost === 0 || !isGroupGranted(readings, demand.shadow)) continue;
      if (reading.source === 'open' || reading.source === 'closed') continue;
      this.#refund(reading);
    }
  }

  /**
   * Counts the tokens another store granted, whatever the limit here, and takes over its blocks, so that this store can
   * stand in for it at any moment.
   */
  mirror(readings: readonly MirroredReading[]): void {
    for (const reading of readings) {
      const { demand } = reading;
      const blockedMs = reading.blockedMs ?? 0;
      const cost = reading.granted && isGroupGranted(readings, demand.shadow) ? demand.cost : 0;
      if (cost === 0 && !(blockedMs > 0)) continue;
      const claim = this.#claim(0, demand, 1);
      const ticket = this.#tickets.next();
      claim.table.lock(claim.set, ticket);
      try {
        const now = this.#clock.monotonic();
        this.#place(claim, now, ticket);
        if (claim.at < 0) continue;
        const { rate, table, at } = claim;
        rate.meter.used(table, at, rate, now);
        if (cost > 0) rate.meter.spend(table, at, rate, now, cost);
        if (blockedMs > 0) extendBlock(claim, now + blockedMs);
      } finally {
        claim.table.unpin();
        claim.table.unlock(claim.set, ticket);
      }
    }
  }

  /** Milliseconds a block of this demand's key still lasts, rounded up; 0 if there is none. Counts nothing. */
  blockOf(demand: LimitDemand): number {
    const claim = this.#claim(0, demand, 1);
    const { table, set, key } = claim;
    const ticket = this.#tickets.next();
    table.lock(set, ticket);
    try {
      const now = this.#clock.monotonic();
      const at = table.find(set, key);
      if (at >= 0) return Math.max(0, Math.ceil(table.numbers[at + BLOCKED_UNTIL]! - now));
      if (!this.#sketch.recall(key, now, ticket)) return 0;
      return Math.max(0, Math.ceil(this.#sketch.recalled.blockedUntilMs - now));
    } finally {
      table.unlock(set, ticket);
    }
  }

  #take(demands: readonly LimitDemand[], replicas: number, source: LimitSource): LimitReadings {
    const count = demands.length;
    for (let i = 0; i < count; i++) this.#claim(i, demands[i]!, replicas);
    const ticket = this.#tickets.next();
    this.#lock(count, ticket);
    let now = 0;
    try {
      now = this.#clock.monotonic();
      for (let i = 0; i < count; i++) this.#place(this.#claims[i]!, now, ticket);
      this.#settle(count, false, now);
      this.#settle(count, true, now);
    } finally {
      this.#small.unpin();
      this.#sliding.unpin();
      this.#unlock(count, ticket);
    }
    const readings: LimitReading[] = [];
    for (let i = 0; i < count; i++) {
      readings.push(new MemoryReading(this.#claims[i]!, demands[i]!, source, now));
    }
    return readings;
  }

  /** Prepares the claim of a demand: its rate, its hash, its set. */
  #claim(index: number, demand: LimitDemand, replicas: number): Claim {
    const rate = this.#rates.find(demand.policy, demand.rate, replicas);
    const table = rate.isSliding ? this.#sliding : this.#small;
    const claim = (this.#claims[index] ??= new Claim(rate, table));
    claim.rate = rate;
    claim.table = table;
    claim.aim(demand);
    claim.key.update(demand.key, demand.shadow ? rate.shadowSecret : rate.enforcedSecret);
    claim.set = table.setOf(claim.key);
    claim.lockOrder = rate.isSliding ? this.#small.sets + claim.set : claim.set;
    return claim;
  }

  /** Locks the sets of all claims, each once, in ascending order: no two threads ever wait for each other. */
  #lock(count: number, ticket: number): void {
    const order = this.#lockOrder;
    for (let i = 0; i < count; i++) {
      const claim = this.#claims[i]!;
      let place = i;
      for (; place > 0 && order[place - 1]!.lockOrder > claim.lockOrder; place--) {
        order[place] = order[place - 1]!;
      }
      order[place] = claim;
    }
    for (let i = 0; i < count; i++) {
      const claim = order[i]!;
      if (i === 0 || order[i - 1]!.lockOrder !== claim.lockOrder) claim.table.lock(claim.set, ticket);
    }
  }

  #unlock(count: number, ticket: number): void {
    for (let i = count - 1; i >= 0; i--) {
      const claim = this.#lockOrder[i]!;
      if (i === 0 || this.#lockOrder[i - 1]!.lockOrder !== claim.lockOrder) {
        claim.table.unlock(claim.set, ticket);
      }
    }
  }

  /** Finds the record of a claim or makes one, with what the key had spent if it was evicted. */
  #place(claim: Claim, now: number, ticket: number): void {
    const { table, key, rate, set } = claim;
    let at = table.find(set, key);
    if (at < 0) {
      // What the sketch knows comes first: making room pours other keys into it.
      const isKnown = this.#sketch.recall(key, now, ticket);
      const { recalled } = this.#sketch;
      at = table.insert(set, key, now, ticket);
      if (isKnown && at >= 0) {
        if (recalled.freeAtMs > now) rate.meter.restore(table, at, rate, now, recalled);
        table.numbers[at + BLOCKED_UNTIL] = recalled.blockedUntilMs;
      }
    }
    claim.at = at;
    if (at >= 0) table.pin(at);
  }

  /** Decides the demands with this `shadow` together. */
  #settle(count: number, shadow: boolean, now: number): void {
    let granted = true;
    let size = 0;
    for (let i = 0; i < count; i++) {
      const claim = this.#claims[i]!;
      if (claim.shadow !== shadow) continue;
      this.#test(claim, i, now);
      granted &&= claim.granted;
      size++;
    }
    if (size === 0) return;
    for (let i = 0; i < count; i++) {
      const claim = this.#claims[i]!;
      if (claim.shadow === shadow && claim.at >= 0) commit(claim, granted, now);
    }
    for (let i = 0; i < count; i++) {
      const claim = this.#claims[i]!;
      if (claim.shadow === shadow) read(claim, granted, now);
    }
  }

  #test(claim: Claim, index: number, now: number): void {
    const { rate, table, at } = claim;
    claim.granted = false;
    if (at < 0) return;
    claim.used = rate.meter.used(table, at, rate, now);
    let wanted = claim.cost;
    for (let i = 0; i < index; i++) {
      const earlier = this.#claims[i]!;
      if (!earlier.isSameRecord(claim)) continue;
      wanted += earlier.cost;
      earlier.isRepeated = true;
      claim.isRepeated = true;
    }
    claim.granted =
      table.numbers[at + BLOCKED_UNTIL]! <= now && claim.used + wanted <= rate.limit + TOKEN_TOLERANCE;
  }

  #refund(reading: LimitReading): void {
    const claim = this.#claim(0, reading.demand, 1);
    const { table, set, rate, cost } = claim;
    const ticket = this.#tickets.next();
    table.lock(set, ticket);
    try {
      const at = table.find(set, claim.key);
      if (at < 0) return;
      const now = this.#clock.monotonic();
      const used = rate.meter.used(table, at, rate, now);
      if (reading instanceof MemoryReading) {
        rate.meter.refund(table, at, rate, now, cost, reading.takenAtMs, reading.level);
      } else {
        rate.meter.refund(table, at, rate, now, cost, rate.meter.lastSpentAt(table, at, rate, now), used);
      }
    } finally {
      table.unlock(set, ticket);
    }
  }
}

function isGroupGranted(readings: LimitReadings, shadow: boolean): boolean {
  return readings.every((reading) => reading.demand.shadow !== shadow || reading.granted);
}

function extendBlock(claim: Claim, untilMs: number): void {
  const place = claim.at + BLOCKED_UNTIL;
  claim.table.numbers[place] = Math.max(claim.table.numbers[place]!, untilMs);
}

/** Spends the tokens of a granted group; in a refused one blocks the keys that lack tokens and are not blocked yet. */
function commit(claim: Claim, granted: boolean, now: number): void {
  const { rate, table, at, cost } = claim;
  if (cost === 0) return;
  if (granted) {
    rate.meter.spend(table, at, rate, now, cost);
  } else if (!claim.granted && rate.blockMs > 0 && table.numbers[at + BLOCKED_UNTIL]! <= now) {
    extendBlock(claim, now + rate.blockMs);
  }
}

/** Reads how a claim stands after the decision. One that found no room in its set is told to come again in a period. */
function read(claim: Claim, granted: boolean, now: number): void {
  const { rate, table, at } = claim;
  if (at < 0) {
    claim.used = rate.limit;
    claim.retryAfterMs = rate.periodMs;
    claim.resetMs = rate.periodMs;
    return;
  }
  if (claim.isRepeated) claim.used = rate.meter.used(table, at, rate, now);
  else if (granted) claim.used += claim.cost;
  claim.resetMs = rate.meter.resetMs(table, at, rate, now, claim.used);
  claim.retryAfterMs = 0;
  if (claim.granted) return;
  const blockedMs = Math.max(0, Math.ceil(table.numbers[at + BLOCKED_UNTIL]! - now));
  claim.retryAfterMs = Math.max(blockedMs, rate.meter.waitMs(table, at, rate, now, claim.used, claim.cost));
}
