/** The gates of one worker thread: limits, floods and bans over the memory all threads share, and over Redis if there is one. */
import { processClock } from '../core/clock.ts';
import type { BanBook } from '../limiter/ban-book.ts';
import type { ClusterFigures } from '../limiter/cluster/cluster-figures.ts';
import { ClusterStore } from '../limiter/cluster/cluster-store.ts';
import { ReplicaCount } from '../limiter/cluster/replica-count.ts';
import type { FloodEvent } from '../limiter/flood/flood-event.ts';
import { FloodMeter } from '../limiter/flood/flood-meter.ts';
import type { FloodTables } from '../limiter/flood/flood-tables.ts';
import type { Gates } from '../limiter/gates.ts';
import type { MemoryTables } from '../limiter/memory/memory-tables.ts';
import { MemoryStore } from '../limiter/memory/memory-store.ts';
import { RedisConnection } from '../limiter/redis/redis-connection.ts';
import type { RedisOptions } from '../limiter/redis/redis-options.ts';
import { RedisStore } from '../limiter/redis/redis-store.ts';

/** What the main thread made for all workers. Plain data. */
export interface GateStart {
  readonly memory: MemoryTables;
  readonly floods: FloodTables;
  /** Number of live replicas, kept by the main thread. */
  readonly replicas: SharedArrayBuffer;
  /** Undefined: limits are those of this process alone. */
  readonly redis: RedisOptions | undefined;
}

export interface WorkerGatesOptions {
  readonly start: GateStart;
  readonly workerIndex: number;
  readonly bans: BanBook;
  onFlood(event: FloodEvent): void;
}

export class WorkerGates {
  readonly gates: Gates;
  readonly #cluster: ClusterStore | undefined;
  readonly #connection: RedisConnection | undefined;

  constructor(options: WorkerGatesOptions) {
    const { start, workerIndex, bans } = options;
    const clock = processClock;
    const memory = new MemoryStore(start.memory, clock);
    if (start.redis !== undefined) {
      const connection = new RedisConnection(start.redis);
      const cluster = new ClusterStore({
        remote: new RedisStore(connection),
        memory,
        clock,
        replicas: new ReplicaCount(start.replicas),
        deadlineMs: start.redis.commandMs,
      });
      // Else an outage would last until the next probe, up to a second after the connection is there again.
      connection.onState((state) => {
        if (state === 'ready') cluster.reconnected();
      });
      this.#connection = connection;
      this.#cluster = cluster;
    }
    this.gates = {
      limits: this.#cluster ?? memory,
      floods: new FloodMeter(start.floods, clock, {
        workerIndex,
        onEvent: (event) => {
          options.onFlood(event);
        },
      }),
      bans,
    };
  }

  /** Figures of the shared store; undefined without one. */
  get figures(): ClusterFigures | undefined {
    return this.#cluster?.figures;
  }

  /** The worker listens only when its first requests need not take Redis for dead: waits for the connection, a while. */
  async ready(): Promise<void> {
    await this.#connection?.probe();
  }

  close(): void {
    this.#cluster?.close();
    this.#connection?.close();
  }
}
