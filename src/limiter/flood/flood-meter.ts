/**
 * Counts requests per key against what is usual for the key, in memory that the worker threads of a process share.
 *
 * A request finds its key's record under the lock of one set, moves the record's window and baseline on to the present,
 * is counted, and the key trips, escalates or is released as the policy says. What changed is told once in the process,
 * by the thread whose compare-and-swap changed it, after the lock is let go. See docs/adr/0015-floods.md for the choice
 * of estimator, its error and its bounds.
 */
import type { Clock } from '../../core/clock.ts';
import { FLOOD_NAMES_MAX, FLOOD_SWEEP_KEYS_MAX } from '../../core/limits.ts';
import type { FloodGauge, FloodPolicy, FloodReading } from '../flood-gauge.ts';
import { KeyHash } from '../key-hash.ts';
import { acquire, release, Tickets } from '../spin-lock.ts';
import { type ActiveName, ActiveNames } from './active-names.ts';
import type { ActiveFlood, FloodEvent, HeavyHitter } from './flood-event.ts';
import { FloodPlaces } from './flood-places.ts';
import { FloodRecords, WAYS } from './flood-record.ts';
import type { FloodTables } from './flood-tables.ts';
import { type FloodTerms, stageAt, termsOf } from './flood-terms.ts';
import { HeavyHitters } from './heavy-hitters.ts';

export interface FloodMeterOptions {
  /** From 0, one for each thread that uses the tables; the numbers from `workers` on are for threads that only sweep and read. */
  readonly workerIndex: number;
  /** Called after the lock is let go, from `count` and `sweep`. Must not throw, and should not take long. */
  readonly onEvent?: (event: FloodEvent) => void;
}

/** What was seen under a lock, to be told after it. */
type Change = Omit<FloodEvent, 'top'>;

const NO_ROOM: FloodReading = { active: false, ratio: 0, stage: -1 };

export class FloodMeter implements FloodGauge {
  readonly #clock: Clock;
  readonly #secret: FloodTables['secret'];
  readonly #onEvent: (event: FloodEvent) => void;
  readonly #records: FloodRecords;
  readonly #places: FloodPlaces;
  /** One word for each set, held for some 100 ns by code that neither calls out nor allocates. */
  readonly #locks: Int32Array;
  readonly #tickets: Tickets;
  /** Active records of each set. */
  readonly #activeCounts: Int32Array;
  readonly #names: ActiveNames;
  readonly #hitters: HeavyHitters;
  readonly #hash = new KeyHash();
  /** By policy and not by name, since a reload may change a flood while requests of the old rules still run. */
  readonly #terms = new WeakMap<FloodPolicy, FloodTerms>();
  #lastTerms: FloodTerms | undefined;
  #changes: Change[] = [];
  #sweepFrom = 0;

  constructor(tables: FloodTables, clock: Clock, options: FloodMeterOptions) {
    this.#clock = clock;
    this.#secret = tables.secret;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#records = new FloodRecords(tables.records);
    this.#places = new FloodPlaces(this.#records);
    const sets = this.#records.sets;
    this.#locks = new Int32Array(tables.sets, 0, sets);
    this.#tickets = new Tickets(options.workerIndex);
    this.#activeCounts = new Int32Array(tables.sets, sets * 4, sets);
    this.#names = new ActiveNames(tables.names);
    this.#hitters = new HeavyHitters(tables.hitters, options.workerIndex);
  }

  /** About 0.3 µs for a key of 40 characters, 2.5 µs when it pushes another out; never throws, never waits longer than for the lock of one set. */
  count(policy: FloodPolicy, key: string): FloodReading {
    const terms = this.#lastTerms?.policy === policy ? this.#lastTerms : this.#termsFor(policy);
    const nowMs = this.#clock.monotonic();
    const hash = this.#hash;
    hash.update(key, terms.secret);
    const low = hash.low | 1; // 0 marks an empty record
    const high = hash.high;
    const reading = this.#countIn(terms, low, high, key, false, nowMs);
    const found = this.#places.victim < 0 && reading !== NO_ROOM;
    this.#hitters.add(terms, low, high, key, Math.floor(nowMs / terms.slotMs));
    if (!found) {
      hash.update('', terms.restSecret);
      this.#countIn(terms, hash.low | 1, hash.high, '', true, nowMs);
    }
    if (this.#changes.length > 0) this.#tell(nowMs);
    return reading;
  }

  /**
   * Releases keys that fell silent. One thread calls it about once a second; a call looks at up to
   * `FLOOD_SWEEP_KEYS_MAX` active keys and goes on where the last one ended.
   */
  sweep(): void {
    const nowMs = this.#clock.monotonic();
    const sets = this.#activeCounts.length;
    let keys = 0;
    for (let turn = 0; turn < sets && keys < FLOOD_SWEEP_KEYS_MAX; turn++) {
      const set = this.#sweepFrom;
      this.#sweepFrom = (set + 1) % sets;
      if (this.#activeCounts[set] === 0) continue;
      const ticket = this.#tickets.next();
      acquire(this.#locks, set, ticket);
      for (let record = set * WAYS; record < (set + 1) * WAYS; record++) {
        if (!this.#records.isActive(record)) continue;
        keys++;
        if (this.#records.isOver(record, nowMs)) this.#release(set, record, nowMs, false);
      }
      release(this.#locks, set, ticket);
    }
    if (this.#changes.length > 0) this.#tell(nowMs);
  }

  /** Active keys that have a name, of one flood or of all. Some 100 µs; for status pages. */
  snapshot(flood?: string): readonly ActiveFlood[] {
    const nowMs = this.#clock.monotonic();
    const active: ActiveFlood[] = [];
    for (let place = 0; place < FLOOD_NAMES_MAX; place++) {
      const record = this.#names.recordOf(place);
      if (record < 0) continue;
      const set = Math.floor(record / WAYS);
      const ticket = this.#tickets.next();
      acquire(this.#locks, set, ticket);
      if (this.#records.isActive(record) && this.#records.name(record) === place) {
        this.#records.isOver(record, nowMs); // brings its rate up to now
        active.push(this.#standing(record, place, nowMs));
      }
      release(this.#locks, set, ticket);
    }
    return flood === undefined ? active : active.filter((one) => one.flood === flood);
  }

  /** The heaviest keys of a flood over all threads, active or not. */
  top(flood: string): readonly HeavyHitter[] {
    return this.#hitters.top(flood, this.#clock.monotonic());
  }

  /** Counts one request of a key, or of the rest, in its record. */
  #countIn(
    terms: FloodTerms,
    low: number,
    high: number,
    key: string,
    isRest: boolean,
    nowMs: number,
  ): FloodReading {
    const set = this.#places.setOf(high);
    const ticket = this.#tickets.next();
    acquire(this.#locks, set, ticket);
    const slot = Math.floor(nowMs / terms.slotMs);
    const record = this.#places.find(set, low, high, nowMs);
    if (record < 0) {
      release(this.#locks, set, ticket);
      return NO_ROOM;
    }
    if (this.#places.isNew) {
      if (this.#records.isActive(record)) this.#release(set, record, nowMs, true);
      this.#records.begin(record, low, high, slot, terms);
    }
    this.#records.advance(record, slot, terms);
    if (this.#records.isActive(record) && this.#records.isOver(record, nowMs)) {
      this.#release(set, record, nowMs, false);
    }
    this.#records.add(record);
    const reading = this.#judge(terms, set, record, key, isRest, nowMs);
    release(this.#locks, set, ticket);
    return reading;
  }

  /** Trips the key, takes it to its stage, or leaves it as it is. */
  #judge(
    terms: FloodTerms,
    set: number,
    record: number,
    key: string,
    isRest: boolean,
    nowMs: number,
  ): FloodReading {
    const records = this.#records;
    const { policy } = terms;
    const count = records.windowCount(record);
    const baseline = records.baseline(record);
    const ratio = count / Math.max(baseline, policy.floor.count);
    if (!records.isActive(record)) {
      if (!(count > Math.max(policy.tripTimes * baseline, policy.floor.count)))
        return { active: false, ratio, stage: -1 };
      this.#trip(set, record, { flood: policy.name, key, isRest }, nowMs);
    }
    records.holdHigh(record, terms);
    const told = records.stage(record);
    const stage = records.isHeld(record)
      ? Math.min(told, policy.stages.length - 1)
      : stageAt(policy, nowMs - records.trippedMs(record));
    records.setHold(record, terms.holdSlots[stage]);
    if (stage > told && records.changeStage(record, told, stage))
      this.#note('escalated', record, nowMs, false);
    return { active: true, ratio, stage };
  }

  #trip(set: number, record: number, name: ActiveName, nowMs: number): void {
    if (!this.#records.changeStage(record, -1, 0)) return;
    this.#records.setTripped(record, nowMs);
    Atomics.add(this.#activeCounts, set, 1);
    this.#records.setName(record, this.#names.claim(record, name));
    this.#note('tripped', record, nowMs, false);
  }

  #release(set: number, record: number, nowMs: number, isEvicted: boolean): void {
    const stage = this.#records.stage(record);
    const place = this.#records.name(record);
    if (!this.#records.changeStage(record, stage, -1)) return;
    Atomics.sub(this.#activeCounts, set, 1);
    if (place < 0) return;
    this.#changes.push({ kind: 'released', isEvicted, ...this.#standing(record, place, nowMs), stage });
    this.#records.setName(record, -1);
    this.#names.free(place);
  }

  /** Keeps a change to be told; keys without a name are held down in silence. */
  #note(kind: 'tripped' | 'escalated', record: number, nowMs: number, isEvicted: boolean): void {
    const place = this.#records.name(record);
    if (place < 0) return;
    this.#changes.push({ kind, isEvicted, ...this.#standing(record, place, nowMs) });
  }

  #standing(record: number, place: number, nowMs: number): ActiveFlood {
    const records = this.#records;
    const count = records.windowCount(record);
    const baseline = records.baseline(record);
    const perSecond = 1_000 / records.periodMs(record);
    return {
      ...this.#names.read(place),
      rate: count * perSecond,
      baseline: baseline * perSecond,
      ratio: count / Math.max(baseline, records.floor(record)),
      stage: records.stage(record),
      activeMs: Math.max(0, nowMs - records.trippedMs(record)),
    };
  }

  #tell(nowMs: number): void {
    const changes = this.#changes;
    this.#changes = [];
    for (const change of changes) {
      this.#onEvent({ ...change, top: this.#hitters.top(change.flood, nowMs) });
    }
  }

  #termsFor(policy: FloodPolicy): FloodTerms {
    let terms = this.#terms.get(policy);
    if (terms === undefined) {
      terms = termsOf(policy, this.#secret, this.#hash);
      this.#terms.set(policy, terms);
    }
    this.#lastTerms = terms;
    return terms;
  }
}
