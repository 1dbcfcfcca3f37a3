/**
 * The built program as a child process on free ports of the loopback interface, with its events as data. Tests end
 * what they started by its process id.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const MAIN = `${ROOT}dist/main.js`;

const EVENT_MS_MAX = 90_000;
const POLL_MS = 50;

export interface WardEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables of the machine must not be settings of the program under test. */
function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const plain = Object.entries(process.env).filter(
    ([name]) => !/^(?:WARD_|VITEST|NODE_OPTIONS|NODE_ENV)/.test(name),
  );
  return { ...Object.fromEntries(plain), NO_COLOR: '1', ...extra };
}

/** Those that a test ended by its time limit left behind would slow down all tests after it. */
const alive = new Set<ChildProcess>();
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

function spawnWard(args: readonly string[], options: RunOptions): ChildProcess {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\` first`);
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: environment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  alive.add(child);
  child.once('close', () => alive.delete(child));
  return child;
}

/** Runs a command to its end. */
export async function ward(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawnWard(args, options);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  child.stdin?.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...output };
}

/** `ward run`, listening. */
export class RunningWard {
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  readonly events: WardEvent[] = [];
  readonly exited: Promise<number | null>;
  stderr = '';

  /** Does not wait until it listens: for a log that goes to a file. */
  constructor(args: readonly string[], options: RunOptions) {
    const flags = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--log-format', 'json'];
    this.#child = spawnWard(['run', ...flags, ...args], options);
    this.exited = new Promise((resolve) => this.#child.once('close', resolve));
    let rest = '';
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.events.push(JSON.parse(line) as WardEvent);
      for (const wake of this.#waiting) wake();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    void this.exited.then(() => this.#waiting.forEach((wake) => wake()));
  }

  /** Resolves when it listens. */
  static async start(args: readonly string[], options: RunOptions = {}): Promise<RunningWard> {
    const running = new RunningWard(args, options);
    try {
      await running.event('ward.started');
    } catch (error) {
      running.signal('SIGKILL');
      throw error;
    }
    return running;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get port(): number {
    return Number(
      String(this.events.find(({ event }) => event === 'ward.started')?.listen)
        .split(':')
        .at(-1),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get adminUrl(): string {
    const port = Number(this.events.find(({ event }) => event === 'ward.started')?.admin_port);
    return `http://127.0.0.1:${port}`;
  }

  /** The next event of that name, from `after` on; rejects when the process ends or is silent too long. */
  async event(name: string, after = 0): Promise<WardEvent> {
    const deadline = Date.now() + EVENT_MS_MAX;
    for (;;) {
      const found = this.events.slice(after).find(({ event }) => event === name);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0 || this.#child.exitCode !== null) {
        throw new Error(
          `no event ${name}; stderr: ${this.stderr}; events: ${JSON.stringify(this.events.slice(-5))}`,
        );
      }
      await this.#wait(left);
    }
  }

  /**
   * The page of metrics once it matches all of `wanted`; rejects, naming those it lacks, when it never does. Workers
   * report once a second and each for itself, so that one figure being there says nothing about the next.
   */
  async metrics(wanted: readonly RegExp[]): Promise<string> {
    const deadline = Date.now() + EVENT_MS_MAX;
    for (;;) {
      const page = await (await fetch(`${this.adminUrl}/metrics`)).text();
      const lacking = wanted.filter((pattern) => !pattern.test(page));
      if (lacking.length === 0) return page;
      if (Date.now() > deadline) throw new Error(`no ${lacking.join(', ')} in the metrics:\n${page}`);
      await this.#wait(POLL_MS);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM; the exit code. Safe to call when it has ended. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.exited;
  }

  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }
}

/** A service to stand behind Ward. */
export async function startService(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Ends a service with all its connections. */
export async function stopService(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
