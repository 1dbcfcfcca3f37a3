/** The bans of a running Ward: the register, its second hand, its log, and its share in Redis if there is one. */
import { systemClock } from '../core/clock.ts';
import { BanRegister } from '../limiter/bans/ban-register.ts';
import { BanSync } from '../limiter/bans/ban-sync.ts';
import { RedisBanStore } from '../limiter/bans/redis-ban-store.ts';
import type { RedisConnection } from '../limiter/redis/redis-connection.ts';
import type { Log } from '../telemetry/log.ts';
import { exemption } from './ban-exemption.ts';
import { banLogger } from './ban-log.ts';

const SWEEP_MS = 1_000;

export interface BanServiceOptions {
  /** Networks. */
  readonly exempt: readonly string[];
  /** To the Redis of all replicas; undefined: the bans are those of this process and end with it. */
  readonly connection: RedisConnection | undefined;
  readonly log: Log;
  /** What a log may show of a key. */
  nameOfKey(key: string): string;
}

export class BanService {
  readonly register: BanRegister;
  readonly #sync: BanSync | undefined;
  readonly #sweeping: NodeJS.Timeout;

  constructor(options: BanServiceOptions) {
    const { exempt, connection, log } = options;
    const clock = systemClock;
    this.register = new BanRegister({
      clock,
      isExempt: exemption(exempt),
      onNews: banLogger(
        log,
        (key) => options.nameOfKey(key),
        () => clock.monotonic(),
      ),
    });
    this.#sync =
      connection === undefined
        ? undefined
        : new BanSync({
            register: this.register,
            remote: new RedisBanStore(connection),
            clock,
            onState: (state, reason) => logState(log, state, reason),
          });
    this.#sweeping = setInterval(() => this.register.sweep(), SWEEP_MS);
    this.#sweeping.unref();
  }

  /** Resolves when the bans of other replicas are here, or cannot be had now; to be awaited before Ward listens. */
  async start(): Promise<void> {
    await this.#sync?.start();
  }

  /** For /status. `sharing`: `none` without Redis, `alone` while it is away. */
  status(): Record<string, unknown> {
    return {
      bans: {
        count: this.register.size,
        displaced: this.register.displaced + (this.#sync?.displaced ?? 0),
        sharing: this.#sync?.state ?? 'none',
      },
    };
  }

  stop(): void {
    clearInterval(this.#sweeping);
    this.#sync?.stop();
  }
}

function logState(log: Log, state: 'shared' | 'alone', reason: unknown): void {
  if (state === 'shared') {
    log.info({ event: 'bans.shared' }, 'bans are shared again');
    return;
  }
  const cause = reason instanceof Error ? reason.message : String(reason);
  log.warn(
    { event: 'bans.alone', cause },
    'the shared list of bans is away: bans hold in this process alone',
  );
}
