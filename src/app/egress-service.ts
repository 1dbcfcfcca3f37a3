/**
 * The main thread's part in egress: one worker thread for calls of the service, with rules, limits, bans and certificates of
 * its own, so that nothing it does or suffers touches what clients get. It is kept by the same parts as the others.
 */
import type { Config } from '../config/config.ts';
import type { EgressConfig } from '../config/egress-config.ts';
import { formatListenAddress, type ListenAddress } from '../config/formats.ts';
import { systemClock } from '../core/clock.ts';
import { OWN_GATE_KEYS } from '../core/limits.ts';
import { checkRuleSet, demandProviders, demandSecrets } from '../control/rule-set.ts';
import { loadRuleSources, type RuleSources } from '../control/rule-sources.ts';
import { RuleWatcher } from '../control/rule-watcher.ts';
import { todayUtc } from '../control/today.ts';
import { parseIp } from '../http/address.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricBoard } from '../telemetry/metrics.ts';
import { connectWorker } from './ban-exchange.ts';
import { BanService } from './ban-service.ts';
import { toEgressOptions } from './egress-options.ts';
import { floodLogger } from './flood-log.ts';
import { GateService } from './gate-service.ts';
import { keyName } from './key-name.ts';
import type { KeyService } from './key-service.ts';
import { probeListenAddress } from './listen-probe.ts';
import { logNotices, type ReloadCause, Reloader } from './reloader.ts';
import { Supervisor } from './supervisor.ts';
import {
  filesOfTlsClients,
  passphraseOf,
  readTlsClients,
  type TlsClientMaterial,
  type TlsClientPlace,
} from './tls-client-material.ts';
import type { CertificateState } from './tls-material.ts';
import { TlsService } from './tls-service.ts';

export interface EgressServiceOptions {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly log: Log;
  readonly metrics: MetricBoard;
  readonly secrets: ReadonlyMap<string, string>;
  readonly redactionKey: Uint8Array;
  /** Every worker thread is given a line to it; this one asks nothing. */
  readonly keys: KeyService;
  onWorkerLog(text: string): void;
  onHopeless(): void;
}

/** In force where `egress.rules` names none. */
const PASS_ALL: RuleSources = {
  files: [
    { path: '(built in)', absolutePath: '', text: 'language 1\n\npolicy "egress" {\n  mode enforce\n}\n' },
  ],
  lists: new Map(),
  kept: [],
  stale: [],
};

export class EgressService {
  readonly #options: EgressServiceOptions;
  readonly #egress: EgressConfig;
  readonly #listen: ListenAddress;
  readonly #gates: GateService;
  readonly #bans: BanService;
  readonly #tls: TlsService<TlsClientMaterial>;
  readonly #supervisor: Supervisor;
  readonly #reloader: Reloader;
  readonly #watcher: RuleWatcher;
  readonly #sources: RuleSources;

  /** Undefined without hosts. @throws SidecarError when it cannot start: rules, address, certificates, hosts */
  static async start(options: EgressServiceOptions): Promise<EgressService | undefined> {
    const { egress } = options.config;
    if (egress === undefined) return undefined;
    toEgressOptions(options.config, egress); // what is wrong with it is told before anything is begun
    const sources = await load(egress, options.workingDirectory, undefined);
    logNotices(options.log, sources);
    const policy = checkRuleSet(sources, { profile: undefined, today: todayUtc() }).demand();
    demandSecrets(policy, options.secrets);
    demandProviders(policy, new Set());
    const listen = { ...egress.listen, port: await probeListenAddress(egress.listen) };
    const routes = new Set(policy.routes.map((route) => route.name));
    const nameOfKey = (text: string): string =>
      keyName(text, options.redactionKey, (part) => routes.has(part));
    const service = new EgressService(options, { ...egress, listen }, sources, nameOfKey);
    await service.#begin();
    return service;
  }

  private constructor(
    options: EgressServiceOptions,
    egress: EgressConfig,
    sources: RuleSources,
    nameOfKey: (key: string) => string,
  ) {
    const { config, log, secrets, redactionKey, keys } = options;
    const clock = systemClock;
    this.#options = options;
    this.#egress = egress;
    this.#listen = egress.listen;
    this.#sources = sources;
    const onFlood = floodLogger(log, nameOfKey);
    const gates = { workers: 1, limitKeys: OWN_GATE_KEYS, redis: undefined, redisRequired: false };
    this.#gates = new GateService({ ...gates, log, nameOfKey, onFlood });
    this.#bans = new BanService({ exempt: [], connection: undefined, log, nameOfKey });
    const places = placesOf(egress, options.environment);
    this.#tls = new TlsService({
      of: 'egress',
      files: filesOfTlsClients(places),
      expiryWarningMs: config.expiryWarningMs,
      log,
      clock,
      read: (nowMs) => readTlsClients(places, nowMs),
      renew: (material) => this.#supervisor.renewTlsClient(material),
    });
    this.#supervisor = new Supervisor({
      workers: 1,
      start: {
        direction: 'egress',
        config: { ...config, egress },
        tls: undefined,
        tlsClient: this.#tls.material,
        sources,
        secrets,
        redactionKey,
        today: todayUtc(),
        gates: this.#gates.start,
        issuers: [],
      },
      log,
      clock,
      connectBans: () => connectWorker(this.#bans.register),
      connectKeys: () => keys.connect(),
      metrics: options.metrics,
      onWorkerLog: (text) => options.onWorkerLog(text),
      onFlood,
      onHopeless: () => options.onHopeless(),
    });
    this.#reloader = new Reloader({
      supervisor: this.#supervisor,
      log,
      load: (previous) => load(egress, options.workingDirectory, previous),
      check: { profile: undefined },
      secrets,
      provided: new Set(),
      faultsEnabled: false,
      sources,
      today: todayUtc,
      clock,
    });
    this.#watcher = new RuleWatcher((why) => void this.reload(why));
  }

  async #begin(): Promise<void> {
    const { config, log } = this.#options;
    await this.#gates.begin();
    await this.#bans.start();
    await this.#supervisor.start();
    await this.#tls.follow(config.watch);
    if (this.#egress.rules.length > 0) {
      await this.#watcher.follow(this.#sources, config.watch);
      this.#reloader.onSwapped = (sources) => this.#watcher.follow(sources, config.watch);
    }
    const listen = formatListenAddress(this.#listen);
    const hosts = this.#egress.hosts.length;
    log.info(
      { event: 'egress.started', listen, hosts },
      `the service may call ${hosts} hosts through ${listen}`,
    );
    if (isLoopback(this.#listen.host)) return;
    const message =
      'whoever reaches this address calls with what Ward may: keep it on the loopback interface';
    log.warn({ event: 'egress.exposed', listen }, message);
  }

  get isListening(): boolean {
    return this.#supervisor.listening > 0;
  }

  /** Ward's own, for metrics. */
  get certificates(): readonly CertificateState[] {
    return this.#tls.certificates;
  }

  /** For /status. */
  status(): Record<string, unknown> {
    const { listening, restarts } = this.#supervisor;
    const listen = formatListenAddress(this.#listen);
    return { listen, listening: listening > 0, restarts, ...this.#reloader.status() };
  }

  /** Rules, and certificates where a signal asks. Never rejects. */
  async reload(cause: ReloadCause): Promise<void> {
    if (cause === 'signal') void this.#tls.renew();
    if (this.#egress.rules.length > 0) await this.#reloader.reload(cause);
  }

  /** See `Supervisor.drain`. */
  drain(deadlineMs: number): Promise<boolean> {
    return this.#supervisor.drain(deadlineMs);
  }

  async close(): Promise<void> {
    this.#bans.stop();
    await this.#gates.end();
    await this.#watcher.close();
    await this.#tls.close();
  }
}

function load(
  { rules }: EgressConfig,
  workingDirectory: string,
  previous: RuleSources | undefined,
): Promise<RuleSources> {
  if (rules.length === 0) return Promise.resolve(PASS_ALL);
  return loadRuleSources({ paths: rules, workingDirectory, ...(previous === undefined ? {} : { previous }) });
}

function placesOf(
  { hosts }: EgressConfig,
  environment: Readonly<Record<string, string | undefined>>,
): readonly TlsClientPlace[] {
  return hosts.map(({ host, port, tls }, index) => {
    const setting = `egress.hosts[${index}].tls`;
    const passphrase = passphraseOf(tls?.passphrase, `${setting}.passphrase`, environment);
    return { setting, name: `egress ${host}:${port}`, config: tls, passphrase };
  });
}

function isLoopback(host: string): boolean {
  const address = parseIp(host);
  if (address === null) return host === 'localhost';
  return address.family === 4 ? address.text.startsWith('127.') : address.text === '::1';
}
