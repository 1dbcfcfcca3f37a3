/** Keys and certificates of one Ward: those towards clients and those towards its service, followed and renewed alike. */
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../telemetry/log.ts';
import {
  filesOfTlsClients,
  passphraseOf,
  readTlsClients,
  type TlsClientMaterial,
  type TlsClientPlace,
} from './tls-client-material.ts';
import { type CertificateState, filesOfTls, readTls, type TlsMaterial } from './tls-material.ts';
import { TlsService } from './tls-service.ts';

export interface TlsServicesOptions {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly clock: Clock;
  /** Hand new material to all workers; reject when one of them cannot use it. */
  renew(material: TlsMaterial): Promise<void>;
  renewClient(material: TlsClientMaterial): Promise<void>;
}

export class TlsServices {
  readonly #listener: TlsService<TlsMaterial> | undefined;
  readonly #upstream: TlsService<TlsClientMaterial> | undefined;

  /** @throws SidecarError W_TLS_INVALID, ConfigError for a passphrase that is missing */
  constructor(options: TlsServicesOptions) {
    const { config, environment, log, clock } = options;
    const { tls, upstream, expiryWarningMs } = config;
    const common = { log, clock, expiryWarningMs };
    if (tls !== undefined) {
      const passphrase = passphraseOf(tls.passphrase, 'tls.passphrase', environment);
      this.#listener = new TlsService({
        ...common,
        of: 'listener',
        files: filesOfTls(tls),
        read: (nowMs) => readTls(tls, passphrase, nowMs),
        renew: (material) => options.renew(material),
      });
    }
    if (upstream.address.scheme === 'https') {
      const setting = 'upstream.tls';
      const passphrase = passphraseOf(upstream.tls.passphrase, `${setting}.passphrase`, environment);
      const place: TlsClientPlace = { setting, name: 'upstream', config: upstream.tls, passphrase };
      this.#upstream = new TlsService({
        ...common,
        of: 'upstream',
        files: filesOfTlsClients([place]),
        read: (nowMs) => readTlsClients([place], nowMs),
        renew: (material) => options.renewClient(material),
      });
    }
  }

  /** In force towards clients; undefined without TLS. */
  get material(): TlsMaterial | undefined {
    return this.#listener?.material;
  }

  /** In force towards the service; empty without TLS. */
  get clientMaterial(): TlsClientMaterial {
    return this.#upstream?.material ?? [];
  }

  /** Ward's own, for metrics. */
  get certificates(): readonly CertificateState[] {
    return this.#services().flatMap((service) => service.certificates);
  }

  /** See `TlsService.follow`. */
  async follow(watchFiles: boolean): Promise<void> {
    await Promise.all(this.#services().map((service) => service.follow(watchFiles)));
  }

  /** Never rejects. */
  async renew(): Promise<void> {
    await Promise.all(this.#services().map((service) => service.renew()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#services().map((service) => service.close()));
  }

  #services(): (TlsService<TlsMaterial> | TlsService<TlsClientMaterial>)[] {
    return [this.#listener, this.#upstream].filter((service) => service !== undefined);
  }
}
