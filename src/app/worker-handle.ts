/** The main thread's end of one worker thread: its state and the questions it can be asked. */
import { Worker } from 'node:worker_threads';
import type { ErrorCode } from '../core/errors.ts';
import { SidecarError } from '../core/errors.ts';
import { WORKER_START_MS } from '../core/limits.ts';
import type { FloodEvent } from '../limiter/flood/flood-event.ts';
import type { MetricSamples } from '../telemetry/metrics.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** `gone`: the worker ended before it answered; a new one will have the sources it is started with. */
export type PrepareResult =
  | { readonly kind: 'prepared'; readonly version: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'gone' };

export type Renewal = Extract<ToWorker, { kind: 'renew_tls' | 'renew_tls_client' }>;

export interface WorkerEvents {
  onLog(text: string): void;
  onMetrics(handle: WorkerHandle, samples: MetricSamples): void;
  onFlood(event: FloodEvent): void;
  /** Called once, when it takes no more requests without having been asked: it may still finish those it has. */
  onCrash(handle: WorkerHandle, reason: string): void;
  /** The thread has ended. */
  onExit(handle: WorkerHandle): void;
}

let workersMade = 0;

export class WorkerHandle {
  readonly index: number;
  /** Tells it from a worker of the same index that it replaced. */
  readonly name: string;
  readonly #thread: Worker;
  readonly #events: WorkerEvents;
  readonly #started: Promise<number>;
  #prepare: { generation: number; settle: (result: PrepareResult) => void } | undefined;
  #renewal: { generation: number; settle: (problem: string | undefined) => void } | undefined;
  #crash: string | undefined;
  #isCrashTold = false;
  #asked = false;
  #isListening = false;
  #version = '';
  readonly exited: Promise<void>;

  constructor(start: WorkerStart, events: WorkerEvents) {
    this.index = start.index;
    this.name = `${start.index}.${++workersMade}`;
    this.#events = events;
    this.#thread = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: start,
      transferList: [start.banPort, start.keyPort],
      name: `ward-${start.index}`,
    });
    this.exited = new Promise((resolve) => {
      this.#thread.once('exit', (code) => {
        this.#prepare?.settle({ kind: 'gone' });
        this.#renewal?.settle(undefined);
        this.#isListening = false;
        if (!this.#asked) this.#tellCrash(`worker thread ended with code ${code}`);
        events.onExit(this);
        resolve();
      });
    });
    this.#started = this.#waitForStart();
    this.#started.catch(() => undefined); // told to whoever awaits `started`
  }

  /** The port it listens on. Rejects with a SidecarError if it cannot start. */
  get started(): Promise<number> {
    return this.#started;
  }

  /** Accepts connections: neither starting, crashed nor draining. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Version of the program in force. */
  get version(): string {
    return this.#version;
  }

  /** Compiles and warms beside the running program. Never rejects. */
  prepare(message: Extract<ToWorker, { kind: 'prepare' }>): Promise<PrepareResult> {
    return new Promise((settle) => {
      this.#prepare = { generation: message.generation, settle };
      this.#send(message);
    });
  }

  commit(generation: number, version: string): void {
    this.#version = version;
    this.#send({ kind: 'commit', generation });
  }

  abandon(generation: number): void {
    this.#send({ kind: 'abandon', generation });
  }

  /** Gives it other keys and certificates. Resolves to what is wrong with them; never rejects. */
  renewTls(message: Renewal): Promise<string | undefined> {
    return new Promise((settle) => {
      this.#renewal = { generation: message.generation, settle };
      this.#send(message);
    });
  }

  /** It could not take its place: counts as a crash, once. */
  fail(reason: string): void {
    this.#tellCrash(reason);
  }

  /** Asks it to finish what is in flight and end; settles when the thread has ended. */
  async drain(deadlineMs: number): Promise<void> {
    this.#asked = true;
    this.#isListening = false;
    this.#send({ kind: 'drain', deadlineMs });
    await this.exited;
  }

  #send(message: ToWorker): void {
    this.#thread.postMessage(message);
  }

  #waitForStart(): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (code: ErrorCode, message: string, hint?: string): void => {
        clearTimeout(timer);
        const base = { source: 'configuration' as const };
        reject(new SidecarError(code, message, hint === undefined ? base : { ...base, hint }));
      };
      const timer = setTimeout(() => {
        fail('W_ENGINE_FAILED', `worker ${this.index} was not ready after ${WORKER_START_MS} ms`);
      }, WORKER_START_MS);
      this.#thread.on('message', (message: FromWorker) => {
        this.#receive(message);
        if (message.kind === 'listening') {
          clearTimeout(timer);
          resolve(message.port);
        } else if (message.kind === 'start_failed') {
          this.#asked = true;
          fail(message.code as ErrorCode, message.message, message.hint);
        }
      });
      this.#thread.on('error', (error) => {
        this.#crash = error instanceof Error ? (error.stack ?? error.message) : String(error);
        fail('W_ENGINE_FAILED', `worker ${this.index} ended: ${this.#crash}`);
      });
      this.#thread.once('exit', () =>
        fail('W_ENGINE_FAILED', `worker ${this.index} ended before it was ready`),
      );
    });
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'listening':
        this.#isListening = true;
        this.#version = message.version;
        return;
      case 'log':
        this.#events.onLog(message.text);
        this.#send({ kind: 'log_taken' });
        return;
      case 'metrics':
        this.#events.onMetrics(this, message.samples);
        return;
      case 'flood':
        this.#events.onFlood(message.event);
        return;
      case 'prepared':
        return this.#settle(message.generation, { kind: 'prepared', version: message.version });
      case 'prepare_failed':
        return this.#settle(message.generation, { kind: 'failed', message: message.message });
      case 'tls_renewed':
        if (this.#renewal?.generation === message.generation) this.#renewal.settle(message.problem);
        return;
      case 'crashed':
        return this.#tellCrash(message.message);
      case 'start_failed':
      case 'drained':
        return;
    }
  }

  #tellCrash(reason: string): void {
    this.#isListening = false;
    if (this.#isCrashTold) return;
    this.#isCrashTold = true;
    this.#events.onCrash(this, this.#crash ?? reason);
  }

  #settle(generation: number, result: PrepareResult): void {
    if (this.#prepare?.generation !== generation) return;
    const { settle } = this.#prepare;
    this.#prepare = undefined;
    settle(result);
  }
}
