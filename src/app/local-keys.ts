/**
 * Keys of tokens that lie in files, over the life of the process: read again when a file changes or at SIGHUP, looked at, and
 * handed on if they are other ones. What cannot be used is never handed on: the old keys stay in force.
 */
import { dirname } from 'node:path';
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import { RELOAD_DEBOUNCE_MS } from '../core/limits.ts';
import type { Log } from '../telemetry/log.ts';
import { type IssuerStart, type KeyText, loadIssuer } from './token-keys.ts';

export interface LocalKeysOptions {
  readonly issuers: readonly IssuerStart[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Other keys of an issuer, by its place in the list. */
  onRenewed(issuer: number, keys: KeyText): void;
}

export class LocalKeys {
  readonly #options: LocalKeysOptions;
  /** By the issuer's place in the list. */
  readonly #texts = new Map<number, KeyText>();
  /** Those that are not as they were at the start. */
  readonly #renewed = new Set<number>();
  #watcher: FSWatcher | undefined;
  #quiet: NodeJS.Timeout | undefined;
  /** Renewals follow one another. */
  #serial: Promise<void> = Promise.resolve();

  constructor(options: LocalKeysOptions) {
    this.#options = options;
    for (const [index, { config, keys }] of options.issuers.entries()) {
      if (keys !== undefined && fileOf(config) !== undefined) this.#texts.set(index, keys);
    }
  }

  /** Those that a worker which is told of the start does not know. */
  get renewed(): readonly (readonly [issuer: number, keys: KeyText])[] {
    return [...this.#renewed].map((index) => [index, this.#texts.get(index) as KeyText]);
  }

  async follow(): Promise<void> {
    const files = this.#options.issuers
      .map(({ config }) => fileOf(config))
      .filter((file) => file !== undefined);
    if (files.length === 0) return;
    // Directories: files of Kubernetes are links that are swapped, two levels up.
    const directories = [...new Set(files.map((file) => dirname(file)))];
    this.#watcher = watch(directories, { depth: 1, ignoreInitial: true, persistent: true });
    this.#watcher.on('all', () => {
      clearTimeout(this.#quiet);
      this.#quiet = setTimeout(() => void this.renew(), RELOAD_DEBOUNCE_MS);
    });
    await new Promise<void>((resolve) => this.#watcher?.once('ready', resolve));
  }

  /** Reads all files again. Never rejects. */
  renew(): Promise<void> {
    this.#serial = this.#serial.then(async () => {
      for (const index of this.#texts.keys()) await this.#attempt(index);
    });
    return this.#serial;
  }

  async close(): Promise<void> {
    clearTimeout(this.#quiet);
    await this.#watcher?.close();
  }

  async #attempt(index: number): Promise<void> {
    const { issuers, environment, log, onRenewed } = this.#options;
    const { config } = issuers[index] as IssuerStart;
    const { issuer } = config;
    try {
      const { keys } = await loadIssuer(config, index, environment);
      if (keys === undefined || keys.text === this.#texts.get(index)?.text) return;
      this.#texts.set(index, keys);
      this.#renewed.add(index);
      onRenewed(index, keys);
      log.info({ event: 'jwt.keys_renewed', issuer }, `new keys of ${issuer} in force`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const fields = { event: 'jwt.keys_renewal_failed', issuer, error: message };
      log.error(fields, `keys of ${issuer} were not changed: ${message}`);
    }
  }
}

function fileOf({ keys }: IssuerStart['config']): string | undefined {
  if (keys.kind === 'jwks_file' || keys.kind === 'key_file') return keys.file;
  return keys.kind === 'secret' && 'file' in keys.source ? keys.source.file : undefined;
}
