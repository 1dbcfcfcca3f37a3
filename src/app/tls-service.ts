/**
 * Keys and certificates over the life of the process: read and looked at before the first worker starts, read again when
 * their files change or at SIGHUP, handed to all workers, warned about before they end. What cannot be used is never
 * handed on: the old ones stay in force.
 */
import { dirname } from 'node:path';
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import type { Clock } from '../core/clock.ts';
import { CERTIFICATE_CHECK_MS, RELOAD_DEBOUNCE_MS } from '../core/limits.ts';
import type { Log } from '../telemetry/log.ts';
import type { CertificateState, TlsReading } from './tls-material.ts';

export interface TlsServiceOptions<Material> {
  /** Whose they are, for the log: `listener`, `upstream` or `egress`. */
  readonly of: string;
  /** Files whose changes matter. */
  readonly files: readonly string[];
  readonly expiryWarningMs: number;
  readonly log: Log;
  readonly clock: Clock;
  /** Reads and looks at everything. @throws SidecarError W_TLS_INVALID */
  read(nowMs: number): TlsReading<Material>;
  /** Hands new material to all workers; rejects when one of them cannot use it. */
  renew(material: Material): Promise<void>;
}

const MS_PER_DAY = 86_400_000;

/** @typeParam Material plain data, compared by what it is as JSON */
export class TlsService<Material> {
  readonly #options: TlsServiceOptions<Material>;
  #reading: TlsReading<Material>;
  #watcher: FSWatcher | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #daily: NodeJS.Timeout | undefined;
  /** Renewals follow one another. */
  #serial: Promise<void> = Promise.resolve();

  /** @throws SidecarError W_TLS_INVALID */
  constructor(options: TlsServiceOptions<Material>) {
    this.#options = options;
    this.#reading = this.#read();
    this.#tell(this.#reading);
  }

  /** In force. */
  get material(): Material {
    return this.#reading.material;
  }

  get certificates(): readonly CertificateState[] {
    return this.#reading.certificates;
  }

  /** Begins to follow the files, if asked, and to look at the dates every day. */
  async follow(watchFiles: boolean): Promise<void> {
    this.#daily = setInterval(() => this.#warnOfEnds(), CERTIFICATE_CHECK_MS);
    this.#daily.unref();
    if (!watchFiles) return;
    // Directories: certificates come as links that are swapped, in Kubernetes two levels up.
    const directories = [...new Set(this.#options.files.map((file) => dirname(file)))];
    this.#watcher = watch(directories, { depth: 1, ignoreInitial: true, persistent: true });
    this.#watcher.on('all', () => this.#changed());
    await new Promise<void>((resolve) => this.#watcher?.once('ready', resolve));
  }

  /** Reads everything again; hands on what changed. Never rejects. */
  renew(): Promise<void> {
    this.#serial = this.#serial.then(() => this.#attempt());
    return this.#serial;
  }

  async close(): Promise<void> {
    clearTimeout(this.#quiet);
    clearInterval(this.#daily);
    await this.#watcher?.close();
  }

  #changed(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => void this.renew(), RELOAD_DEBOUNCE_MS);
  }

  async #attempt(): Promise<void> {
    const { of, log, renew } = this.#options;
    try {
      const reading = this.#read();
      if (JSON.stringify(reading.material) === JSON.stringify(this.#reading.material)) return;
      await renew(reading.material);
      this.#reading = reading;
      log.info({ event: 'tls.renewed', of }, 'new keys and certificates in force');
      this.#tell(reading);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log.error(
        { event: 'tls.renewal_failed', of, error: message },
        'keys and certificates were not changed',
      );
    }
  }

  #read(): TlsReading<Material> {
    return this.#options.read(this.#options.clock.now());
  }

  #tell({ certificates, notes = [] }: TlsReading<Material>): void {
    const own = certificates.flatMap(({ file, warnings }) => warnings.map((warning) => ({ file, warning })));
    for (const { file, warning } of [...own, ...notes]) {
      const fields = { event: 'tls.certificate', file, warning };
      this.#options.log.warn(fields, `certificate ${file}: ${warning}`);
    }
    this.#warnOfEnds();
  }

  #warnOfEnds(): void {
    const { expiryWarningMs, log, clock } = this.#options;
    for (const { file, expiresAtMs } of this.#reading.certificates) {
      const leftMs = expiresAtMs - clock.now();
      if (leftMs > expiryWarningMs) continue;
      const expires = new Date(expiresAtMs).toISOString();
      const days = Math.max(0, Math.floor(leftMs / MS_PER_DAY));
      const message =
        leftMs <= 0 ? `certificate ${file} has expired` : `certificate ${file} expires in ${days} days`;
      log.warn({ event: 'tls.expiry', file, expires_at: expires }, message);
    }
  }
}
