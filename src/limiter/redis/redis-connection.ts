/**
 * The one connection of a worker to Redis: knows whether it is there, refuses at once when it is not, and bounds how much is
 * under way. Reconnects for ever, with growing pauses.
 */
import { Cluster, Command, type Redis } from 'ioredis';
import { REDIS_CALLS_MAX } from '../../core/limits.ts';
import type { RedisScript } from './limit-scripts.ts';
import { makeRedisClient } from './redis-client.ts';
import { faultOf, RedisError, type RedisFault, silenceOf } from './redis-fault.ts';
import type { RedisOptions } from './redis-options.ts';

export type RedisState = 'connecting' | 'ready' | 'down';

export type RedisProbe = { readonly ok: true } | ({ readonly ok: false } & RedisFault);

/** Touches what limits and bans need, on a key that goes at once. */
const PROBE_LUA = `
redis.call('TIME')
redis.call('SET', KEYS[1], '1', 'PX', 1)
redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return 1`;

/** Replies that hold no text need no walk to decode it. */
const NUMBERS = {};
const TEXTS = { replyEncoding: 'utf8' } as const;

const AWAY: RedisFault = { reason: 'lost', text: 'not connected' };
const FULL: RedisFault = { reason: 'busy', text: 'too many calls without an answer' };

export class RedisConnection {
  readonly options: RedisOptions;
  readonly #client: ReturnType<typeof makeRedisClient>;
  readonly #listeners = new Set<(state: RedisState) => void>();
  #state: RedisState = 'connecting';
  #lastFault: RedisFault | undefined;
  #callsInFlight = 0;

  constructor(options: RedisOptions) {
    this.options = options;
    this.#client = makeRedisClient(options);
    this.#client.on('error', (error: unknown) => {
      this.#fail(error);
    });
    this.#client.on('node error', (error: unknown) => {
      this.#lastFault = faultOf(error, options);
    });
    this.#client.on('ready', () => {
      void this.#ready();
    });
    this.#client.on('+node', connectNode);
    for (const event of ['close', 'end']) {
      this.#client.on(event, () => {
        this.#turn('down');
      });
    }
  }

  get state(): RedisState {
    return this.#state;
  }

  /** Why it was away last, without secrets; undefined if it never was. */
  get lastFault(): RedisFault | undefined {
    return this.#lastFault;
  }

  /** Calls sent and not answered. */
  get callsInFlight(): number {
    return this.#callsInFlight;
  }

  /** Called at each change from now on; returns how to end that. */
  onState(listener: (state: RedisState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Runs a script; Redis gets its text only when it does not know it yet or any more. `calls`: how many calls it serves,
   * for the bound. Rejects with a RedisError; settles when Redis answers or the connection breaks, not sooner.
   */
  async evaluate(
    script: RedisScript,
    keys: readonly string[],
    texts: readonly (string | number)[],
    calls = 1,
  ): Promise<unknown> {
    this.#admit(calls);
    try {
      return await this.#send('evalsha', [script.sha, keys.length, ...keys, ...texts], NUMBERS);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw this.#errorOf(error);
    } finally {
      this.#callsInFlight -= calls;
    }
    return this.send('eval', [script.lua, keys.length, ...keys, ...texts]);
  }

  /** Sends one command; replies that are texts come as strings. Rejects with a RedisError. */
  async send(name: string, parts: (string | number)[]): Promise<unknown> {
    this.#admit(1);
    try {
      return await this.#send(name, parts, TEXTS);
    } catch (error) {
      throw this.#errorOf(error);
    } finally {
      this.#callsInFlight -= 1;
    }
  }

  /** For the start: waits for the connection, at most `connectMs`, then tries what limits need. Tells what is wrong. */
  async probe(): Promise<RedisProbe> {
    const fault = this.#state === 'ready' ? undefined : await this.#settled();
    if (fault !== undefined) return { ok: false, ...fault };
    try {
      const key = `${this.options.prefix}:${this.options.service}:probe`;
      await this.send('eval', [PROBE_LUA, 1, key]);
      return { ok: true };
    } catch (error) {
      return { ok: false, ...faultOf(error, this.options) };
    }
  }

  /** Ends the connection and all attempts; calls under way reject. */
  close(): void {
    this.#client.disconnect();
  }

  #send(name: string, parts: (string | number)[], reply: typeof NUMBERS | typeof TEXTS): Promise<unknown> {
    const command = new Command(name, parts, reply);
    void this.#client.sendCommand(command);
    return command.promise;
  }

  #admit(calls: number): void {
    if (this.#state !== 'ready') throw new RedisError(this.#lastFault ?? AWAY);
    if (this.#callsInFlight + calls > REDIS_CALLS_MAX) throw new RedisError(FULL);
    this.#callsInFlight += calls;
  }

  #errorOf(error: unknown): RedisError {
    // What ioredis says of calls that were under way when the connection broke does not say why it broke.
    const isAborted =
      error instanceof Error && /^Reached the max retries|^Connection is closed/.test(error.message);
    return new RedisError(isAborted && this.#lastFault ? this.#lastFault : faultOf(error, this.options));
  }

  #fail(error: unknown): void {
    this.#lastFault = faultOf(error, this.options);
    // ioredis would go on in database 0, where others may live.
    if (this.#lastFault.reason === 'database') this.#client.disconnect(true);
    if (this.#state === 'connecting') this.#turn('down');
  }

  /** A Cluster is ready for ioredis when it is known; for us when its nodes, as far as they live, are connected. */
  async #ready(): Promise<void> {
    const client = this.#client;
    if (client instanceof Cluster) await Promise.all(client.nodes().map(nodeSettled));
    if (client.status === 'ready') this.#turn('ready');
  }

  #turn(state: RedisState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  /** The fault that keeps us from being connected, or undefined once we are. */
  #settled(): Promise<RedisFault | undefined> {
    if (this.#state === 'down' && this.#lastFault !== undefined) return Promise.resolve(this.#lastFault);
    return new Promise((resolve) => {
      const done = (fault: RedisFault | undefined): void => {
        clearTimeout(timer);
        stop();
        resolve(fault);
      };
      const stop = this.onState((state) => {
        done(state === 'ready' ? undefined : (this.#lastFault ?? AWAY));
      });
      const timer = setTimeout(() => {
        done(this.#lastFault ?? silenceOf(this.options));
      }, this.options.connectMs);
    });
  }
}

/** ioredis would connect a node at its first command, and reject all others until then. */
function connectNode(node: Redis): void {
  // Why it failed comes as a 'node error' too.
  if (node.status === 'wait') node.connect().catch(() => undefined);
}

function nodeSettled(node: Redis): Promise<void> {
  connectNode(node);
  if (node.status === 'ready' || node.status === 'end') return Promise.resolve();
  return new Promise((resolve) => {
    node.once('ready', resolve).once('end', resolve);
  });
}
