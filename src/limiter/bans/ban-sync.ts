/**
 * Keeps the register in step with the list that all replicas share, by one exchange a second, sooner when something
 * changed here. There are no notifications that could be missed: every exchange asks for whatever changed since the last
 * one, so a replica that was away is level again after its first.
 *
 * While the shared list is away, bans hold in this process alone. When it is back, or turns out to be another than
 * before, everything is told and read once more, and so it is every few minutes, in case a failover of Redis lost some; the laws of `BanTable` make repetition harmless.
 */
import type { Clock } from '../../core/clock.ts';
import {
  BAN_BATCH_MAX,
  BAN_LOAD_MS_MAX,
  BAN_PUSH_MS,
  BAN_RESYNC_MS,
  BAN_SYNC_BACKOFF_MS_MAX,
  BAN_SYNC_MS,
} from '../../core/limits.ts';
import type { BanOutbox } from './ban-outbox.ts';
import type { BanRegister } from './ban-register.ts';
import type { BanCursor, BanExchangeReply, BanRemote } from './ban-remote.ts';

export interface BanSyncOptions {
  readonly register: BanRegister;
  readonly remote: BanRemote;
  readonly clock: Clock;
  /** Called when it is found away, and when it is back; not called for a first exchange that succeeds. */
  readonly onState?: (state: 'shared' | 'alone', reason: unknown) => void;
}

const BEGINNING: BanCursor = { life: '', version: 0 };

export class BanSync {
  readonly #options: BanSyncOptions;
  readonly #outbox: BanOutbox;
  #cursor = BEGINNING;
  #state: 'starting' | 'shared' | 'alone' = 'starting';
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = Infinity;
  #failures = 0;
  #isRunning = false;
  #isStopped = false;
  #displaced = 0;
  #resyncAtMs = 0;

  constructor(options: BanSyncOptions) {
    this.#options = options;
    this.#outbox = options.register.open('replica');
    this.#outbox.onPending = () => {
      if (this.#state === 'shared') this.#schedule(BAN_PUSH_MS);
    };
  }

  get state(): 'starting' | 'shared' | 'alone' {
    return this.#state;
  }

  /** Bans that found no room in the shared list. */
  get displaced(): number {
    return this.#displaced;
  }

  /** Resolves when all shared bans are here, or it is clear that they cannot be had now. Never rejects. */
  async start(): Promise<void> {
    const deadlineMs = this.#options.clock.monotonic() + BAN_LOAD_MS_MAX;
    this.#isRunning = true;
    let isLevel = false;
    while (!isLevel && this.#options.clock.monotonic() < deadlineMs) isLevel = await this.exchange();
    this.#isRunning = false;
    this.#schedule(isLevel ? BAN_SYNC_MS : 0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#options.register.close(this.#outbox);
  }

  /** Resolves to true when nothing is left to tell or to read, or when it failed. Never rejects. */
  async exchange(): Promise<boolean> {
    const { register, remote, clock } = this.#options;
    if (clock.monotonic() >= this.#resyncAtMs) this.#cursor = BEGINNING;
    const changes = this.#outbox.take(BAN_BATCH_MAX);
    let reply: BanExchangeReply;
    try {
      reply = await remote.exchange(changes, this.#cursor);
    } catch (error) {
      this.#fail(error);
      return true;
    }
    const isSame = reply.cursor.life === this.#cursor.life && reply.cursor.version >= this.#cursor.version;
    this.#cursor = reply.cursor;
    // Before merging: what came from there need not go back.
    if (!isSame) {
      register.markAll(this.#outbox);
      this.#resyncAtMs = clock.monotonic() + BAN_RESYNC_MS;
    }
    register.merge(reply.changes, this.#outbox);
    this.#displaced += reply.displaced;
    this.#failures = 0;
    if (this.#state === 'alone') this.#options.onState?.('shared', undefined);
    this.#state = 'shared';
    return !reply.more && this.#outbox.pending === 0;
  }

  #fail(reason: unknown): void {
    this.#failures++;
    this.#cursor = BEGINNING;
    if (this.#state !== 'alone') this.#options.onState?.('alone', reason);
    this.#state = 'alone';
  }

  /** Runs the next exchange in so many milliseconds, unless one is due sooner. */
  #schedule(inMs: number): void {
    const dueAtMs = this.#options.clock.monotonic() + inMs;
    if (this.#isStopped || this.#isRunning || dueAtMs >= this.#dueAtMs) return;
    clearTimeout(this.#timer);
    this.#dueAtMs = dueAtMs;
    this.#timer = setTimeout(() => void this.#run(), inMs);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    this.#dueAtMs = Infinity;
    this.#isRunning = true;
    const isLevel = await this.exchange();
    this.#isRunning = false;
    const backoffMs = Math.min(BAN_SYNC_MS * 2 ** (this.#failures - 1), BAN_SYNC_BACKOFF_MS_MAX);
    this.#schedule(this.#state === 'alone' ? backoffMs : isLevel ? BAN_SYNC_MS : 0);
  }
}
