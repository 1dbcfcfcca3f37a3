/**
 * The main thread's part in limits and floods: the memory its workers share, the heartbeat by which replicas know of one
 * another, the second hand of floods, and the one connection to Redis that is not a worker's.
 */
import { randomUUID } from 'node:crypto';
import { processClock } from '../core/clock.ts';
import { SidecarError } from '../core/errors.ts';
import { ReplicaCount, ReplicaHeartbeat } from '../limiter/cluster/replica-count.ts';
import { systemTimers } from '../limiter/cluster/timers.ts';
import type { ActiveFlood, FloodEvent } from '../limiter/flood/flood-event.ts';
import { FloodMeter } from '../limiter/flood/flood-meter.ts';
import { createFloodTables } from '../limiter/flood/flood-tables.ts';
import { createMemoryTables } from '../limiter/memory/memory-tables.ts';
import { RedisConnection } from '../limiter/redis/redis-connection.ts';
import type { RedisOptions } from '../limiter/redis/redis-options.ts';
import { RedisStore } from '../limiter/redis/redis-store.ts';
import type { Log } from '../telemetry/log.ts';
import type { GateStart } from './worker-gates.ts';

const FLOOD_SWEEP_MS = 1_000;

export interface GateServiceOptions {
  readonly workers: number;
  /** Keys the memory holds exactly. */
  readonly limitKeys: number;
  readonly redis: RedisOptions | undefined;
  /** Refuse to start without Redis. */
  readonly redisRequired: boolean;
  readonly log: Log;
  /** What keys may be called. */
  nameOfKey(key: string): string;
  onFlood(event: FloodEvent): void;
}

export class GateService {
  readonly start: GateStart;
  /** For the bans; undefined without Redis. */
  readonly connection: RedisConnection | undefined;
  readonly #options: GateServiceOptions;
  readonly #replicas: ReplicaCount;
  readonly #floods: FloodMeter;
  readonly #heartbeat: ReplicaHeartbeat | undefined;
  #sweeping: NodeJS.Timeout | undefined;
  #unfollow: () => void = () => undefined;

  constructor(options: GateServiceOptions) {
    this.#options = options;
    const { workers, limitKeys, redis } = options;
    const clock = processClock;
    this.start = {
      memory: createMemoryTables({ smallRecords: limitKeys, slidingRecords: limitKeys }),
      floods: createFloodTables({ workers }),
      replicas: ReplicaCount.allocate(),
      redis,
    };
    this.#replicas = new ReplicaCount(this.start.replicas);
    // Numbers from `workers` on are for threads that count nothing.
    this.#floods = new FloodMeter(this.start.floods, clock, {
      workerIndex: workers,
      onEvent: (event) => {
        options.onFlood(event);
      },
    });
    if (redis === undefined) return;
    this.connection = new RedisConnection(redis);
    this.#heartbeat = new ReplicaHeartbeat({
      remote: new RedisStore(this.connection),
      replica: randomUUID(),
      count: this.#replicas,
      clock,
      timers: systemTimers,
    });
  }

  /**
   * Looks whether Redis can be used, and begins.
   * @throws SidecarError W_STORE_UNREACHABLE when it cannot and `redis.required` says that it must
   */
  async begin(): Promise<void> {
    this.#sweeping = setInterval(() => {
      this.#floods.sweep();
    }, FLOOD_SWEEP_MS).unref();
    const { connection } = this;
    if (connection === undefined) return;
    const probe = await connection.probe();
    if (!probe.ok) this.#missing(probe.text);
    const { log } = this.#options;
    let up = probe.ok;
    this.#unfollow = connection.onState((state) => {
      if (state === 'ready') {
        this.#heartbeat?.beat();
        if (!up) log.info({ event: 'redis.up' }, 'Redis is back: limits and bans are shared again');
        up = true;
      } else if (up) {
        up = false;
        const cause = connection.lastFault?.text;
        log.warn({ event: 'redis.down', cause }, 'Redis is away: each limiter does what its `down ->` says');
      }
    });
    this.#heartbeat?.start();
  }

  /** Replicas that share the store, as last seen. */
  get replicas(): number {
    return this.#replicas.value;
  }

  /** Keys above their baseline now. */
  activeFloods(): readonly ActiveFlood[] {
    return this.#floods.snapshot();
  }

  /** For /status. */
  status(): Record<string, unknown> {
    const { connection } = this;
    return {
      redis:
        connection === undefined
          ? undefined
          : {
              state: connection.state,
              replicas: this.#replicas.value,
              cause: connection.state === 'ready' ? undefined : connection.lastFault?.text,
            },
      floods: this.activeFloods().map((flood) => ({ ...flood, key: this.#options.nameOfKey(flood.key) })),
    };
  }

  async end(): Promise<void> {
    clearInterval(this.#sweeping);
    await this.#heartbeat?.close();
    this.#unfollow(); // a connection that we end is no outage
    this.connection?.close();
  }

  #missing(cause: string): void {
    const { redisRequired, log } = this.#options;
    const hint = 'check redis.url, user and password; `redis.required: false` starts without it';
    if (redisRequired) {
      this.connection?.close();
      const message = `Redis cannot be used: ${cause}`;
      throw new SidecarError('W_STORE_UNREACHABLE', message, { source: 'configuration', hint });
    }
    log.warn(
      { event: 'redis.down', cause },
      'Redis cannot be used yet: each limiter does what its `down ->` says, bans hold in this process alone',
    );
  }
}
