/**
 * The main thread's part in tokens: it fetches the keys of issuers with an address, once for all workers, reads those in files
 * again when they change, and tells them.
 *
 * One fetch for the process, not one per worker: an issuer is asked as often as if there were one worker, all of them
 * learn of a key that was taken back at the same moment, and a mistake in the address is found before any of them starts.
 */
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { JwtConfig } from '../config/jwt-config.ts';
import type { Clock } from '../core/clock.ts';
import { SidecarError } from '../core/errors.ts';
import { fetchJwks } from '../identity/tokens/jwks-fetch.ts';
import { JwksKeeper } from '../identity/tokens/jwks-keeper.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricSamples } from '../telemetry/metrics.ts';
import { MetricSet } from '../telemetry/metrics.ts';
import { printable } from '../telemetry/printable.ts';
import { LocalKeys } from './local-keys.ts';
import type { IssuerStart, KeyText } from './token-keys.ts';

/** To a worker; `issuer` is the place in the list. */
export type KeyMessage =
  | {
      readonly kind: 'keys';
      readonly issuer: number;
      readonly text: string;
      readonly confirmedAtMs: number;
    }
  /** Keys of a file that has changed. */
  | { readonly kind: 'local_keys'; readonly issuer: number; readonly keys: KeyText }
  /** Keys were asked for, and there are none newer than those told of before this. */
  | { readonly kind: 'answered'; readonly issuer: number }
  /** All that is known at the start was told. */
  | { readonly kind: 'level' };

/** From a worker: a token names a key that is not there. */
export interface KeyWanted {
  readonly issuer: number;
}

export interface KeyServiceOptions {
  /** Undefined: there are no issuers. */
  readonly jwt: JwtConfig | undefined;
  readonly issuers: readonly IssuerStart[];
  /** Where secrets are that are not in files. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly clock: Clock;
}

const TICK_MS = 1_000;

export class KeyService {
  readonly #options: KeyServiceOptions;
  /** By the issuer's place in the list. */
  readonly #keepers = new Map<number, JwksKeeper>();
  readonly #ports = new Set<MessagePort>();
  readonly #local: LocalKeys;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeyServiceOptions) {
    this.#options = options;
    const { jwt, issuers, clock, environment, log } = options;
    this.#local = new LocalKeys({
      issuers,
      environment,
      log,
      onRenewed: (issuer, keys) => this.#tellAll({ kind: 'local_keys', issuer, keys }),
    });
    if (jwt === undefined) return;
    for (const [index, { config }] of issuers.entries()) {
      if (config.keys.kind !== 'jwks_url') continue;
      const { refreshMs, cooldownMs, timeoutMs } = jwt.jwks;
      const keeper: JwksKeeper = new JwksKeeper({
        url: config.keys.url,
        refreshMs,
        cooldownMs,
        clock,
        fetch: (url) => fetchJwks(url, timeoutMs),
        onState: ({ text, confirmedAtMs }, leftOut) => {
          this.#tellAll({ kind: 'keys', issuer: index, text, confirmedAtMs });
          this.#logFetched(config.issuer, leftOut);
        },
        onFailure: (message) => this.#logFailed(config.issuer, keeper.url, message),
      });
      this.#keepers.set(index, keeper);
    }
  }

  get issuers(): readonly IssuerStart[] {
    return this.#options.issuers;
  }

  /**
   * Fetches all keys for the first time. An address that does not answer is warned about: tokens of its issuer get 503
   * until it does.
   * @throws SidecarError W_CONFIG_INVALID if an address answers with something that holds no keys
   */
  async start(): Promise<void> {
    const started = [...this.#keepers].map(async ([index, keeper]) => {
      try {
        await keeper.start();
      } catch (cause) {
        const message = `jwt.issuers[${index}].jwks_url ${printable((cause as Error).message)}: ${keeper.url}`;
        throw new SidecarError('W_CONFIG_INVALID', message, { source: 'configuration' });
      }
    });
    await Promise.all(started);
    this.#timer = setInterval(() => {
      for (const keeper of this.#keepers.values()) keeper.tick();
    }, TICK_MS);
    this.#timer.unref();
  }

  /** Begins to follow the files, if asked. */
  async follow(watchFiles: boolean): Promise<void> {
    if (watchFiles) await this.#local.follow();
  }

  /** Reads the files again. Never rejects. */
  renew(): Promise<void> {
    return this.#local.renew();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#local.close();
    for (const port of this.#ports) port.close();
  }

  /** A worker's end of a new line, to be transferred to it. It is told all keys first. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#ports.add(port1);
    port1.on('message', ({ issuer }: KeyWanted) => {
      const answered: KeyMessage = { kind: 'answered', issuer };
      void this.#keepers
        .get(issuer)
        ?.want()
        .then(() => port1.postMessage(answered));
    });
    port1.on('close', () => this.#ports.delete(port1));
    port1.unref();
    for (const [issuer, { state }] of this.#keepers) {
      if (state !== undefined) port1.postMessage({ kind: 'keys', issuer, ...state });
    }
    for (const [issuer, keys] of this.#local.renewed) {
      port1.postMessage({ kind: 'local_keys', issuer, keys } satisfies KeyMessage);
    }
    port1.postMessage({ kind: 'level' } satisfies KeyMessage);
    return port2;
  }

  /** How fetching went, by issuer. */
  samples(): MetricSamples {
    const set = new MetricSet();
    for (const [index, keeper] of this.#keepers) {
      const { issuer } = this.#options.issuers[index].config;
      const { fetched, failed, ageS } = keeper.figures;
      set.set('ward_jwks_fetches_total', fetched, issuer, 'fetched');
      set.set('ward_jwks_fetches_total', failed, issuer, 'failed');
      if (ageS !== undefined) set.set('ward_jwks_age_seconds', ageS, issuer);
    }
    return set.samples();
  }

  #tellAll(message: KeyMessage): void {
    for (const port of this.#ports) port.postMessage(message);
  }

  #logFetched(issuer: string, leftOut: readonly string[]): void {
    const { log } = this.#options;
    if (leftOut.length === 0) log.debug({ event: 'jwks.fetched', issuer }, `keys of ${issuer} fetched`);
    else {
      const fields = { event: 'jwks.fetched', issuer, left_out: leftOut };
      log.warn(fields, `keys of ${issuer}: ${leftOut.join('; ')}`);
    }
  }

  #logFailed(issuer: string, url: string, message: string): void {
    const error = printable(message);
    this.#options.log.warn(
      { event: 'jwks.failed', issuer, url, error },
      `keys of ${issuer} cannot be fetched: ${error}`,
    );
  }
}
