/**
 * A worker's copy of the bans: looked into by every request while there are any, changed at once by its own rules, told of
 * the changes of others.
 */
import type { Clock } from '../../core/clock.ts';
import { BAN_BATCH_MAX } from '../../core/limits.ts';
import type { Ban, BanBook } from '../ban-book.ts';
import type { BanChange } from './ban-change.ts';
import { BanOutbox } from './ban-outbox.ts';
import { changeOf } from './ban-register.ts';
import { BanTable, storedKey } from './ban-table.ts';
import type { IsExempt } from './ban-table.ts';

export interface WorkerBanBookOptions {
  readonly clock: Clock;
  readonly isExempt?: IsExempt | undefined;
}

export class WorkerBanBook implements BanBook {
  readonly #clock: Clock;
  readonly #table: BanTable;
  /** What the main thread must be told. */
  readonly outbox: BanOutbox;

  constructor(options: WorkerBanBookOptions) {
    const { clock, isExempt } = options;
    this.#clock = clock;
    this.outbox = new BanOutbox(this);
    this.#table = new BanTable({
      clock,
      isExempt,
      onEvict: ({ kind, key }) => this.outbox.forget(kind, key),
    });
  }

  get empty(): boolean {
    return this.#table.size === 0;
  }

  find(kind: string, key: string): Ban | undefined {
    const entry = this.#table.find(kind, key);
    if (entry === undefined) return undefined;
    const untilMs = Math.round(entry.expiresAtMs - this.#clock.monotonic() + this.#clock.now());
    return { kind, key, untilMs, by: entry.by, reason: entry.reason };
  }

  exempts(kind: string, key: string): boolean {
    return this.#table.exempts(kind, key);
  }

  add(kind: string, key: string, forMs: number, by: string): void {
    const nowMs = this.#clock.monotonic();
    const outcome = this.#table.put({ kind, key, by, setAtMs: nowMs, expiresAtMs: nowMs + forMs });
    if (outcome === 'added' || outcome === 'lengthened') this.outbox.mark(kind, storedKey(key));
  }

  /** Takes in what the main thread tells. */
  apply(changes: readonly BanChange[]): void {
    const nowMs = this.#clock.monotonic();
    for (const change of changes) {
      if (change.op === 'ban') {
        const { kind, key, by, reason, agoMs, forMs } = change;
        this.#table.put({ kind, key, by, reason, setAtMs: nowMs - agoMs, expiresAtMs: nowMs + forMs });
      } else if (change.op === 'lift') {
        this.#table.lift(change.kind, change.key, nowMs - change.agoMs);
      } else {
        this.#table.liftAll(nowMs - change.agoMs);
      }
    }
  }

  changesOf(kind: string, key: string): readonly BanChange[] {
    const entry = this.#table.find(kind, key);
    return entry === undefined ? [] : [changeOf(entry, this.#clock.monotonic())];
  }

  /** Only operators lift. */
  lastLiftOfAll(): readonly BanChange[] {
    return [];
  }

  /** Forgets what has ended, so that `empty` becomes true again; to be called every second. */
  sweep(): void {
    this.#table.expire(BAN_BATCH_MAX);
  }
}
