/**
 * Ward processes with one policy and one Redis before a service that counts what reaches it: what was admitted is what the
 * service saw, whatever Ward says of itself.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { RedisServer } from '../support/redis-server.ts';
import { RunningWard, startService, stopService } from './ward-process.ts';

const HEADER = 'language 1\npolicy "fleet" { mode enforce default allow }\n';

export interface FleetWish {
  /** Declarations; the policy is there already. */
  readonly rules: string;
  /** Processes; one by default. */
  readonly wards?: number;
  readonly workers?: number;
  /** False: none of its own. */
  readonly redis?: boolean;
  /** Settings beside those; the loopback interface is a trusted proxy. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Fleet {
  readonly wards: RunningWard[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'ward-fleet-'));
  readonly #wish: FleetWish;
  readonly #seen = new Map<string, number>();
  #service: Awaited<ReturnType<typeof startService>> | undefined;
  #redis: RedisServer | undefined;

  private constructor(wish: FleetWish) {
    this.#wish = wish;
  }

  static async start(wish: FleetWish): Promise<Fleet> {
    const fleet = new Fleet(wish);
    try {
      await fleet.#start();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  async #start(): Promise<void> {
    writeFileSync(join(this.#directory, 'fleet.ward'), HEADER + this.#wish.rules);
    this.#service = await startService((request, response) => {
      const path = request.url ?? '';
      this.#seen.set(path, this.admitted(path) + 1);
      response.end('ok');
    });
    if (this.#wish.redis !== false) this.#redis = await RedisServer.start();
    const wards = Array.from({ length: this.#wish.wards ?? 1 }, () => this.#ward());
    this.wards.push(...(await Promise.all(wards)));
  }

  get redis(): RedisServer {
    if (this.#redis === undefined) throw new Error('this fleet has no Redis');
    return this.#redis;
  }

  /** Requests for that target which reached the service. */
  admitted(target: string): number {
    return this.#seen.get(target) ?? 0;
  }

  async stop(): Promise<void> {
    await Promise.all(this.wards.map((ward) => ward.stop()));
    await this.#redis?.stop();
    if (this.#service !== undefined) await stopService(this.#service.server);
    rmSync(this.#directory, { recursive: true });
  }

  #ward(): Promise<RunningWard> {
    const args = ['--upstream', this.#service?.url ?? '', '--rules', join(this.#directory, 'fleet.ward')];
    const redis = this.#redis === undefined ? {} : { WARD_REDIS_URL: this.#redis.url };
    const env = { WARD_TRUSTED_PROXIES: '127.0.0.1/32', ...redis, ...this.#wish.env };
    return RunningWard.start([...args, '--workers', String(this.#wish.workers ?? 1)], {
      cwd: this.#directory,
      env,
    });
  }
}

export interface LoadWish {
  /** Clients ask for them in turn. */
  readonly targets: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Clients of each ward; each has one request under way. */
  readonly clients?: number;
}

/** Requests to all wards until told to stop, and what became of them. Each names its ward in `x-ward`. */
export class SteadyLoad {
  readonly statuses = new Map<number, number>();
  /** Requests without an answer. */
  readonly failures: unknown[] = [];
  readonly waitsMs: number[] = [];
  readonly #wish: LoadWish;
  readonly #pools: readonly Pool[];
  readonly #running: Promise<unknown>;
  #isOver = false;
  #ended: Promise<void> | undefined;

  constructor(wards: readonly RunningWard[], wish: LoadWish) {
    const { clients = 8 } = wish;
    this.#wish = wish;
    this.#pools = wards.map((ward) => new Pool(ward.url, { connections: clients, pipelining: 1 }));
    const loops = this.#pools.flatMap((pool, ward) =>
      Array.from({ length: clients }, () => this.#client(pool, String(ward))),
    );
    this.#running = Promise.all(loops);
  }

  /** Requests that ended. */
  get sent(): number {
    return this.waitsMs.length;
  }

  /** Resolves when all requests have their answer. Safe to call again. */
  stop(): Promise<void> {
    this.#isOver = true;
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    await this.#running;
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  async #client(pool: Pool, ward: string): Promise<void> {
    const { targets } = this.#wish;
    const headers = { ...this.#wish.headers, 'x-ward': ward };
    for (let turn = 0; !this.#isOver; turn++) {
      const startMs = performance.now();
      try {
        const path = targets[turn % targets.length] ?? '/';
        const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
        await body.dump();
        this.statuses.set(statusCode, (this.statuses.get(statusCode) ?? 0) + 1);
      } catch (error) {
        this.failures.push(error);
      }
      this.waitsMs.push(performance.now() - startMs);
      await sleep(1);
    }
  }
}
