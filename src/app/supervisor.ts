/**
 * Keeps the worker threads: starts them, replaces those that die, swaps rules in all of them or in none, and drains
 * them. Starts and reloads follow one another, so that a new worker can never run other rules than the rest.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import { WORKER_END_MS } from '../core/limits.ts';
import type { RuleSources } from '../control/rule-sources.ts';
import type { FloodEvent } from '../limiter/flood/flood-event.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricBoard } from '../telemetry/metrics.ts';
import type { WorkerStart } from './messages.ts';
import { RestartBudget } from './restart-budget.ts';
import type { TlsClientMaterial } from './tls-client-material.ts';
import type { TlsMaterial } from './tls-material.ts';
import { type Renewal, WorkerHandle } from './worker-handle.ts';

type CommonStart = Omit<WorkerStart, 'index' | 'banPort' | 'keyPort'>;

export interface SupervisorOptions {
  readonly workers: number;
  /** What all have in common; `sources` and `today` are those of the start. */
  readonly start: CommonStart;
  readonly log: Log;
  readonly clock: Clock;
  /** A worker's end of a new line to the register of bans. */
  connectBans(): MessagePort;
  /** A worker's end of a new line to the keys of tokens. */
  connectKeys(): MessagePort;
  /** Where the counts of workers are added up. */
  readonly metrics: MetricBoard;
  onWorkerLog(text: string): void;
  onFlood(event: FloodEvent): void;
  /** Workers die faster than they may be replaced: the process must end. */
  onHopeless(): void;
}

export type ReloadResult =
  | { readonly kind: 'swapped'; readonly version: string }
  | { readonly kind: 'kept'; readonly message: string };

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #handles = new Set<WorkerHandle>();
  #start: CommonStart;
  #serial: Promise<unknown> = Promise.resolve();
  #generation = 0;
  readonly #restarts = new RestartBudget();
  #restartsTotal = 0;
  #draining = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#start = options.start;
  }

  /** Workers that accept connections. */
  get listening(): number {
    return [...this.#handles].filter((handle) => handle.isListening).length;
  }

  /** Version of the program in force; '' before the first worker listens. */
  get version(): string {
    return [...this.#handles].find((handle) => handle.isListening)?.version ?? '';
  }

  get restarts(): number {
    return this.#restartsTotal;
  }

  /**
   * Starts all workers. When one cannot start, the others are ended.
   * @throws SidecarError of the first that cannot start
   */
  async start(): Promise<void> {
    const { workers, start } = this.#options;
    const handles = Array.from({ length: workers }, (_, index) => this.#spawn(index));
    try {
      await Promise.all(handles.map((handle) => handle.started));
    } catch (error) {
      await this.drain(start.config.drainMs);
      throw error;
    }
  }

  /** Compiles the sources in every worker, then swaps all of them or none. */
  reload(sources: RuleSources, today: string): Promise<ReloadResult> {
    return this.#inTurn(async () => {
      const generation = ++this.#generation;
      const handles = [...this.#handles].filter((handle) => handle.isListening);
      const results = await Promise.all(
        handles.map((handle) => handle.prepare({ kind: 'prepare', generation, sources, today })),
      );
      const failed = results.find((result) => result.kind === 'failed');
      const prepared = results.find((result) => result.kind === 'prepared');
      if (failed !== undefined || prepared === undefined) {
        for (const handle of handles) handle.abandon(generation);
        return { kind: 'kept', message: failed?.message ?? 'no worker is running' };
      }
      for (const handle of handles) handle.commit(generation, prepared.version);
      this.#start = { ...this.#start, sources, today };
      return { kind: 'swapped', version: prepared.version };
    });
  }

  /**
   * Gives all workers other keys and certificates, and those that come.
   * @throws Error when a worker cannot use them; it keeps those it has
   */
  renewTls(material: TlsMaterial): Promise<void> {
    return this.#renew((generation) => ({ kind: 'renew_tls', generation, material }), { tls: material });
  }

  /** As `renewTls`, for what Ward shows and trusts as a client. */
  renewTlsClient(material: TlsClientMaterial): Promise<void> {
    const message = (generation: number): Renewal => ({ kind: 'renew_tls_client', generation, material });
    return this.#renew(message, { tlsClient: material });
  }

  #renew(message: (generation: number) => Renewal, start: Partial<CommonStart>): Promise<void> {
    return this.#inTurn(async () => {
      const renewal = message(++this.#generation);
      const handles = [...this.#handles].filter((handle) => handle.isListening);
      const problems = await Promise.all(handles.map((handle) => handle.renewTls(renewal)));
      const problem = problems.find((text) => text !== undefined);
      if (problem !== undefined) throw new Error(problem);
      this.#start = { ...this.#start, ...start };
    });
  }

  /**
   * No new connections. Resolves to true when every worker has ended, to false when one does not answer any more. A
   * second call with a shorter deadline cuts the first short.
   */
  async drain(deadlineMs: number): Promise<boolean> {
    this.#draining = true;
    const ended = Promise.all([...this.#handles].map((handle) => handle.drain(deadlineMs))).then(() => true);
    const tooLate = new AbortController();
    const given = sleep(deadlineMs + WORKER_END_MS, false, { signal: tooLate.signal }).catch(() => false);
    return Promise.race([ended, given]).finally(() => tooLate.abort());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#serial.then(work, work);
    this.#serial = turn.catch(() => undefined);
    return turn;
  }

  #spawn(index: number): WorkerHandle {
    const handle = new WorkerHandle(
      {
        ...this.#start,
        index,
        banPort: this.#options.connectBans(),
        keyPort: this.#options.connectKeys(),
      },
      {
        onLog: (text) => this.#options.onWorkerLog(text),
        onMetrics: (worker, samples) => this.#options.metrics.report(worker.name, samples),
        onFlood: (event) => this.#options.onFlood(event),
        onCrash: (crashed, reason) => this.#crashed(crashed, reason),
        onExit: (ended) => {
          this.#options.metrics.end(ended.name);
          this.#handles.delete(ended);
        },
      },
    );
    this.#handles.add(handle);
    return handle;
  }

  #crashed(handle: WorkerHandle, reason: string): void {
    if (this.#draining) return;
    const { log, clock } = this.#options;
    const backoffMs = this.#restarts.spend(clock.monotonic());
    this.#restartsTotal++;
    log.error(
      { event: 'worker.failed', worker: handle.index, error: reason },
      `worker ${handle.index} failed`,
    );
    if (backoffMs === null) {
      this.#options.onHopeless();
      return;
    }
    void this.#inTurn(() => this.#replace(handle.index, backoffMs));
  }

  async #replace(index: number, backoffMs: number): Promise<void> {
    await sleep(backoffMs);
    if (this.#draining) return;
    const handle = this.#spawn(index);
    try {
      await handle.started;
      this.#options.log.info({ event: 'worker.started', worker: index }, `worker ${index} was replaced`);
    } catch (error) {
      handle.fail(error instanceof Error ? error.message : String(error));
    }
  }
}
