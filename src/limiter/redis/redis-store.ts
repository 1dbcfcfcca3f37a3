/**
 * Limits counted in Redis, shared by all replicas: the remote half of the limit store.
 *
 * Demands of one call whose keys lie in one slot are one atomic step in Redis; a single server has one slot. On a Cluster,
 * all limiters keyed by the same client key lie in one slot; a call that spans several is asked slot by slot in parallel,
 * and if one refuses, what the others gave is given back. So nobody ever gets more than a limit allows. But between
 * the two trips those tokens are gone for everybody, and another request may be refused for want of them; and if this
 * process dies between, they are back when the window or the bucket would have brought them back.
 */
import type { LimitDemand, LimitReadings } from '../limit-store.ts';
import type { RemoteStore, TokenLease } from '../remote-store.ts';
import { keySlot } from './key-slot.ts';
import { LimitKeys } from './limit-keys.ts';
import { limitScripts, READING_NUMBERS, type LimitScripts } from './limit-scripts.ts';
import type { RedisConnection } from './redis-connection.ts';
import { readReadings, type RedisReading } from './redis-reading.ts';
import { ScriptBatches, type BatchedCall } from './script-batches.ts';

/** Where there is no Cluster, all keys can share a script. */
const ONE_SLOT = 0;

export class RedisStore implements RemoteStore {
  readonly #connection: RedisConnection;
  readonly #keys: LimitKeys;
  readonly #scripts: LimitScripts;
  readonly #takes: ScriptBatches;
  readonly #refunds: ScriptBatches;
  readonly #isCluster: boolean;

  /** `scripts`: with a time of their own, for tests. */
  constructor(connection: RedisConnection, scripts = limitScripts()) {
    const { prefix, service, kind } = connection.options;
    this.#connection = connection;
    this.#keys = new LimitKeys(prefix, service);
    this.#scripts = scripts;
    this.#takes = new ScriptBatches(connection, scripts.take);
    this.#refunds = new ScriptBatches(connection, scripts.refund);
    this.#isCluster = kind === 'cluster';
  }

  /**
   * Readings are `RedisReading`s. Settles when Redis has answered or the connection broke, however long that takes; then
   * what was taken, if it was, stays spent.
   */
  take(demands: readonly LimitDemand[]): Promise<readonly RedisReading[]> {
    if (demands.length === 0) return Promise.resolve([]);
    return this.#isCluster && demands.length > 1 ? this.#takeBySlot(demands) : this.#takeTogether(demands);
  }

  /** Gives back what is not back by itself. For readings of other stores `resetMs` tells when that is, from now. */
  async refund(readings: LimitReadings): Promise<void> {
    const refunds: Promise<void>[] = [];
    for (const reading of readings) {
      const backUs =
        'backUs' in reading ? Number(reading.backUs) : -1_000 * Math.max(1, Math.ceil(reading.resetMs));
      if (!reading.granted || reading.demand.cost === 0 || backUs === 0) continue;
      const keys = [this.#keys.keyOf(reading.demand)];
      const texts = [this.#keys.textOf(reading.demand), String(backUs)];
      refunds.push(
        new Promise((resolve, reject) => {
          this.#refunds.add(this.#slotOf(keys), {
            keys,
            texts,
            settle: (_, at) => (resolve(), at),
            fail: reject,
          });
        }),
      );
    }
    await Promise.all(refunds);
  }

  async lease(demand: LimitDemand, wanted: number): Promise<TokenLease> {
    const texts = [this.#keys.textOf(demand), Math.max(demand.cost, Math.floor(wanted))];
    const reply = await this.#connection.evaluate(this.#scripts.lease, [this.#keys.keyOf(demand)], texts);
    const [tokens = 0, , used = 0, remaining = 0, retryAfterMs = 0, resetMs = 0] = reply as readonly number[];
    return { tokens, used, remaining, retryAfterMs, resetMs };
  }

  async announce(replica: string, ttlMs: number): Promise<number> {
    const texts = [replica, Math.ceil(ttlMs)];
    return Number(await this.#connection.evaluate(this.#scripts.announce, [this.#keys.replicas], texts));
  }

  async withdraw(replica: string): Promise<void> {
    await this.#connection.send('zrem', [this.#keys.replicas, replica]);
  }

  #slotOf(keys: readonly string[]): number {
    return this.#isCluster && keys[0] !== undefined ? keySlot(keys[0]) : ONE_SLOT;
  }

  /** One step in Redis. */
  #takeTogether(demands: readonly LimitDemand[]): Promise<readonly RedisReading[]> {
    const rows = inRows(demands);
    const keys: string[] = [];
    const texts: string[] = [];
    for (const [index, demand] of rows.entries()) {
      const text = this.#keys.textOf(demand);
      keys.push(this.#keys.keyOf(demand));
      texts.push(index > 0 && rows[index - 1]?.shadow === demand.shadow ? `+${text}` : text);
    }
    return new Promise((resolve, reject) => {
      const settle: BatchedCall['settle'] = (reply, at) => {
        const readings = readReadings(rows, reply, at);
        resolve(rows === demands ? readings : inOrderOf(demands, readings));
        return at + rows.length * READING_NUMBERS;
      };
      this.#takes.add(this.#slotOf(keys), { keys, texts, settle, fail: reject });
    });
  }

  /** One step for each slot and kind; what a kind of which one refused was given elsewhere is cancelled. */
  async #takeBySlot(demands: readonly LimitDemand[]): Promise<readonly RedisReading[]> {
    const parts = new Map<string, LimitDemand[]>();
    for (const demand of demands) {
      const name = `${demand.shadow} ${keySlot(this.#keys.keyOf(demand))}`;
      const part = parts.get(name);
      if (part === undefined) parts.set(name, [demand]);
      else part.push(demand);
    }
    if (parts.size === 1) return this.#takeTogether(demands);
    const answers = await Promise.allSettled([...parts.values()].map((part) => this.#takeTogether(part)));
    const readings = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const failure = answers.find((answer) => answer.status === 'rejected');
    if (failure !== undefined) {
      this.#cancel(readings);
      throw failure.reason;
    }
    return inOrderOf(demands, this.#withoutRefused(readings));
  }

  #withoutRefused(readings: readonly RedisReading[]): readonly RedisReading[] {
    const isRefused = (shadow: boolean): boolean =>
      readings.some(({ demand, granted }) => demand.shadow === shadow && !granted);
    const refused = [isRefused(false), isRefused(true)];
    const cancelled = readings.filter(
      ({ demand, backUs }) => refused[Number(demand.shadow)] === true && backUs > 0,
    );
    this.#cancel(cancelled);
    return readings.map((reading) => (cancelled.includes(reading) ? reading.returned() : reading));
  }

  /** In the background: whoever asked has its answer. Tokens that cannot be given back stay spent. */
  #cancel(readings: readonly RedisReading[]): void {
    this.refund(readings).catch(() => undefined);
  }
}

/** Enforced demands first: each kind is one row of demands that are joined. */
function inRows(demands: readonly LimitDemand[]): readonly LimitDemand[] {
  const first = demands[0]?.shadow;
  if (demands.every(({ shadow }) => shadow === first)) return demands;
  return [...demands.filter(({ shadow }) => !shadow), ...demands.filter(({ shadow }) => shadow)];
}

function inOrderOf(
  demands: readonly LimitDemand[],
  readings: readonly RedisReading[],
): readonly RedisReading[] {
  const found = new Map(readings.map((reading) => [reading.demand, reading]));
  return demands.flatMap((demand) => found.get(demand) ?? []);
}
