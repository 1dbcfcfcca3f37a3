/**
 * Calls of one turn of the event loop that run the same script travel as one command: ioredis, the socket and Redis then
 * work once for all of them, which is most of what a call costs. On a Cluster only calls of one slot can share.
 */
import { REDIS_BATCH_CALLS_MAX } from '../../core/limits.ts';
import type { RedisScript } from './limit-scripts.ts';
import type { RedisConnection } from './redis-connection.ts';

/** A part of a batch: how it takes its share of the reply. */
export interface BatchedCall {
  readonly keys: readonly string[];
  readonly texts: readonly string[];
  /** Called once with the batch's whole reply and where this call's numbers begin; returns where they end. */
  settle(reply: readonly number[], at: number): number;
  fail(error: unknown): void;
}

interface Batch {
  readonly calls: BatchedCall[];
  readonly keys: string[];
  readonly texts: string[];
}

export class ScriptBatches {
  readonly #connection: RedisConnection;
  readonly #script: RedisScript;
  #pending = new Map<number, Batch>();
  #scheduled = false;
  readonly #flush = (): void => {
    this.#scheduled = false;
    const pending = this.#pending;
    this.#pending = new Map();
    for (const batch of pending.values()) void this.#send(batch);
  };

  constructor(connection: RedisConnection, script: RedisScript) {
    this.#connection = connection;
    this.#script = script;
  }

  /** `slot`: 0 where keys of all slots can share a script. */
  add(slot: number, call: BatchedCall): void {
    let batch = this.#pending.get(slot);
    if (batch === undefined) {
      batch = { calls: [], keys: [], texts: [] };
      this.#pending.set(slot, batch);
    }
    batch.calls.push(call);
    for (const key of call.keys) batch.keys.push(key);
    for (const text of call.texts) batch.texts.push(text);
    if (batch.calls.length >= REDIS_BATCH_CALLS_MAX) {
      this.#pending.delete(slot);
      void this.#send(batch);
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#flush);
    }
  }

  async #send(batch: Batch): Promise<void> {
    try {
      const reply = await this.#connection.evaluate(
        this.#script,
        batch.keys,
        batch.texts,
        batch.calls.length,
      );
      let at = 0;
      for (const call of batch.calls) at = call.settle(reply as readonly number[], at);
    } catch (error) {
      for (const call of batch.calls) call.fail(error);
    }
  }
}
