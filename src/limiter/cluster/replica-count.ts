/**
 * How many replicas share the limits: one number for the worker threads of a process, kept by one heartbeat.
 *
 * The number is needed exactly when it cannot be asked for, so the last one is kept through an outage. It rises at once
 * and falls only after a replica's time to live: a Redis that lost its memory sees the first replica to speak alone, and
 * believing it would hand out whole limits.
 */
import type { Clock } from '../../core/clock.ts';
import { REPLICA_HEARTBEAT_MS, REPLICA_TTL_MS, REPLICAS_MAX } from '../../core/limits.ts';
import type { RemoteStore } from '../remote-store.ts';
import type { TimerHandle, Timers } from './timers.ts';

export class ReplicaCount {
  readonly #cell: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cell = new Int32Array(memory);
  }

  /** Memory for one count, to be sent to all workers. `expected` holds until the store was first asked. */
  static allocate(expected = 1): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    new ReplicaCount(memory).value = expected;
    return memory;
  }

  /** At least 1. */
  get value(): number {
    return Math.max(1, Atomics.load(this.#cell, 0));
  }

  set value(replicas: number) {
    Atomics.store(this.#cell, 0, Math.max(1, Math.min(REPLICAS_MAX, Math.trunc(replicas))));
  }
}

export interface HeartbeatParts {
  readonly remote: Pick<RemoteStore, 'announce' | 'withdraw'>;
  /** Name of this replica: unique among all, the same for the life of the process. */
  readonly replica: string;
  readonly count: ReplicaCount;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Announces this replica and keeps the count. One per process: in the main thread or in the first worker. */
export class ReplicaHeartbeat {
  readonly #parts: HeartbeatParts;
  /** Time at which the number in force was last confirmed. */
  #confirmedMs: number;
  #timer: TimerHandle | undefined;
  #announcing = false;
  #closed = false;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#confirmedMs = parts.clock.monotonic();
  }

  /** Announces now and from then on regularly. */
  start(): void {
    this.beat();
    this.#timer = this.#parts.timers.after(REPLICA_HEARTBEAT_MS, () => {
      if (!this.#closed) this.start();
    });
  }

  /** Announces now, unless an announcement is under way: at the store's return too, so that the others count this replica. */
  beat(): void {
    if (this.#announcing || this.#closed) return;
    this.#announcing = true;
    void this.#announce();
  }

  /** Takes this replica off the list; resolves when that is done or cannot be done. Never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    try {
      await this.#parts.remote.withdraw(this.#parts.replica);
    } catch {
      // The time to live will take it off.
    }
  }

  async #announce(): Promise<void> {
    try {
      const seen = await this.#parts.remote.announce(this.#parts.replica, REPLICA_TTL_MS);
      const now = this.#parts.clock.monotonic();
      const { count } = this.#parts;
      if (seen >= count.value) this.#confirmedMs = now;
      if (seen > count.value || now - this.#confirmedMs > REPLICA_TTL_MS) {
        count.value = seen;
        this.#confirmedMs = now;
      }
    } catch {
      // The last count stays.
    } finally {
      this.#announcing = false;
    }
  }
}
