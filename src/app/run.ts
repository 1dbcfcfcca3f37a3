/**
 * The composition root: log, rules, workers, watcher, admin server and signals of one running Ward, put together here
 * and taken apart here.
 */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { resolveSecrets } from '../config/secrets.ts';
import { systemClock } from '../core/clock.ts';
import type { AdminServer } from '../control/admin-server.ts';
import { checkRuleSet, demandProviders, demandSecrets } from '../control/rule-set.ts';
import { loadRuleSources, SHIPPED_RULES_DIRECTORY } from '../control/rule-sources.ts';
import type { RuleSources } from '../control/rule-sources.ts';
import type { CheckedPolicy } from '../dsl/checked.ts';
import type { FieldProvider } from '../http/schema.ts';
import { todayUtc } from '../control/today.ts';
import { RuleWatcher } from '../control/rule-watcher.ts';
import { formatListenAddress } from '../config/formats.ts';
import { prepareUws } from '../proxy/uws/load-uws.ts';
import { createLog, createPrettyPrinter } from '../telemetry/log.ts';
import { logCloseDates } from './date-log.ts';
import type { Log } from '../telemetry/log.ts';
import { MetricBoard } from '../telemetry/metrics.ts';
import { LogQueue } from '../telemetry/log-queue.ts';
import { probeListenAddress } from './listen-probe.ts';
import { startAdmin } from './admin-pages.ts';
import { connectWorker } from './ban-exchange.ts';
import { BanService } from './ban-service.ts';
import { EgressService } from './egress-service.ts';
import { Ending } from './ending.ts';
import { openLogDestination } from './log-destination.ts';
import type { LogDestination } from './log-destination.ts';
import { logFaultRules } from './fault-log.ts';
import { floodLogger } from './flood-log.ts';
import { GateService } from './gate-service.ts';
import { beginObjectsYoung, collectWhenSettled, leavingNoGarbage } from './heap.ts';
import { keyName } from './key-name.ts';
import { KeyService } from './key-service.ts';
import { toRedisOptions } from './redis-settings.ts';
import { logNotices, Reloader } from './reloader.ts';
import { Supervisor } from './supervisor.ts';
import { TlsServices } from './tls-services.ts';
import { loadIssuers } from './token-keys.ts';

export interface RunContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

const EXIT_OK = 0;
const EXIT_HOPELESS = 1;
const EXIT_INTERRUPTED = 130; // 128 + SIGINT, as shells count
const REDACTION_KEY_BYTES = 32;

/**
 * Runs until a signal ends it; resolves to the exit code.
 * @throws SidecarError when it cannot start: rules, address, platform
 */
export async function runWard(config: Config, context: RunContext): Promise<number> {
  beginObjectsYoung();
  prepareUws(config.limits.headBytesMax);
  const destination = openLogDestination(config.logs.destination);
  const { log, lines } = createLogOf(config, destination);
  const ending = new Ending();
  let code: number | undefined;
  try {
    code = await runUntilTold(config, context, { destination, log, lines, ending });
  } finally {
    await ending.all();
    if (code !== undefined) log.info({ event: 'ward.stopped', code }, 'stopped');
    await lines.flush();
    destination.close();
  }
  if (code !== EXIT_OK) process.exit(code); // a worker that does not answer would keep the process
  return code;
}

interface Frame {
  readonly destination: LogDestination;
  readonly log: Log;
  readonly lines: LogQueue;
  /** Given all that is started. */
  readonly ending: Ending;
}

/** Resolves to the exit code. What it leaves open is among the ends. */
async function runUntilTold(
  config: Config,
  context: RunContext,
  { destination, log, lines, ending }: Frame,
): Promise<number> {
  const secrets = resolveSecrets(config.secrets, context.environment);
  const paths = config.rules.length > 0 ? config.rules : [SHIPPED_RULES_DIRECTORY];
  const load = (previous: RuleSources | undefined): Promise<RuleSources> =>
    loadRuleSources({
      paths,
      workingDirectory: context.workingDirectory,
      ...(previous === undefined ? {} : { previous }),
    });
  const sources = await load(undefined);
  logNotices(log, sources);
  const check = { profile: config.profile };
  const provided = providersOf(config);
  const policy = leavingNoGarbage(() => {
    const checked = checkRuleSet(sources, { ...check, today: todayUtc() });
    logCloseDates(log, checked);
    const demanded = checked.demand();
    logFaultRules(log, demanded, config.faultsEnabled);
    demandSecrets(demanded, secrets);
    demandProviders(demanded, provided);
    return namesIn(demanded);
  });
  const keys = await startKeys(config, context, log);
  ending.add(() => keys.stop());
  const listen = { ...config.listen, port: await probeListenAddress(config.listen) };
  const https = await probePlainListen(config);

  const key = redactionKey(config, context);
  const nameOfKey = (text: string): string => keyName(text, key, (part) => policy.routes.has(part));
  const logFlood = floodLogger(log, nameOfKey);
  const gates = new GateService({
    workers: config.workers,
    limitKeys: config.limitKeys,
    redis:
      config.redis === undefined ? undefined : toRedisOptions(config.redis, policy.name, context.environment),
    redisRequired: config.redis?.required ?? false,
    log,
    nameOfKey,
    onFlood: logFlood,
  });
  ending.add(() => gates.end());
  await gates.begin();
  const { connection } = gates;
  const bans = new BanService({ exempt: config.bansExempt, connection, log, nameOfKey });
  ending.add(() => bans.stop());
  await bans.start();
  const metrics = new MetricBoard();

  let hopeless = (): void => undefined;
  const tls = new TlsServices({
    config,
    environment: context.environment,
    log,
    clock: systemClock,
    renew: (material) => supervisor.renewTls(material),
    renewClient: (material) => supervisor.renewTlsClient(material),
  });
  ending.add(() => tls.close());
  const supervisor: Supervisor = new Supervisor({
    workers: config.workers,
    start: {
      direction: 'inbound',
      config: { ...config, listen, https },
      tls: tls.material,
      tlsClient: tls.clientMaterial,
      sources,
      secrets,
      redactionKey: key,
      today: todayUtc(),
      gates: gates.start,
      issuers: keys.issuers,
    },
    log,
    clock: systemClock,
    connectBans: () => connectWorker(bans.register),
    connectKeys: () => keys.connect(),
    metrics,
    onWorkerLog: (text) => lines.write(text),
    onFlood: logFlood,
    onHopeless: () => hopeless(),
  });
  const reloader = new Reloader({
    supervisor,
    log,
    load,
    check,
    secrets,
    provided,
    faultsEnabled: config.faultsEnabled,
    sources,
    today: todayUtc,
    clock: systemClock,
  });
  const egress = await EgressService.start({
    config,
    ...context,
    log: createLog(lines, config.logs.level, { direction: 'egress' }),
    metrics,
    secrets,
    redactionKey: key,
    keys,
    onWorkerLog: (text) => lines.write(text),
    onHopeless: () => hopeless(),
  });
  ending.add(() => egress?.close());
  // A live uWebSockets.js listener would abort the process at exit: what is left is cut.
  ending.add(() => Promise.all([supervisor.drain(0), egress?.drain(0)]));
  // The service may call as soon as clients can: its way out is there first.
  await supervisor.start();
  const watcher = new RuleWatcher((why) => void reloader.reload(why));
  ending.add(() => watcher.close());
  await watcher.follow(sources, config.watch);
  await tls.follow(config.watch);
  await keys.follow(config.watch);
  reloader.onSwapped = (swapped) => {
    collectWhenSettled();
    return watcher.follow(swapped, config.watch);
  };

  const life = new Life();
  const admin = await startAdmin(config, {
    supervisor,
    reloader,
    gates,
    bans,
    metrics,
    life,
    tls,
    keys,
    egress,
  });
  ending.add(() => admin?.close());
  announce(log, { ...config, listen, https }, admin, sources);
  collectWhenSettled();
  return await new Promise<number>((resolve) => {
    hopeless = () => resolve(EXIT_HOPELESS);
    onSignals({
      reload: () => {
        destination.reopen();
        void reloader.reload('signal');
        void tls.renew();
        void keys.renew();
        void egress?.reload('signal');
      },
      stop: () => {
        life.state = 'draining';
        log.info({ event: 'ward.draining', timeout_ms: config.drainMs }, 'finishing what is in flight');
        void drainAll(supervisor, egress, config.drainMs).then((ended) =>
          resolve(ended ? EXIT_OK : EXIT_HOPELESS),
        );
      },
      interrupt: () => resolve(EXIT_INTERRUPTED),
    });
  });
}

interface PolicyNames {
  readonly name: string;
  readonly routes: ReadonlySet<string>;
}

/** What this thread keeps of a policy: workers compile it, and its tree takes as much memory as all else here. */
function namesIn(policy: CheckedPolicy): PolicyNames {
  return { name: policy.name, routes: new Set(policy.routes.map((route) => route.name)) };
}

/** Requests in flight may need calls to be answered: the way out closes after the last of them. */
async function drainAll(
  supervisor: Supervisor,
  egress: EgressService | undefined,
  deadlineMs: number,
): Promise<boolean> {
  const began = systemClock.monotonic();
  const ended = await supervisor.drain(deadlineMs);
  const leftMs = Math.max(0, deadlineMs - (systemClock.monotonic() - began));
  return (await egress?.drain(leftMs)) !== false && ended;
}

/** What rules may read because something provides it. */
function providersOf(config: Config): ReadonlySet<FieldProvider> {
  const provided = new Set<FieldProvider>();
  if (config.jwt !== undefined) provided.add('jwt');
  if (config.tls?.clients !== undefined) provided.add('client_certificates');
  return provided;
}

/** Which part of its life the process is in. */
class Life {
  state: 'running' | 'draining' = 'running';
}

function createLogOf(config: Config, destination: LogDestination): { log: Log; lines: LogQueue } {
  const pretty = config.logs.format === 'pretty' || (config.logs.format === 'auto' && destination.terminal);
  const format = pretty ? createPrettyPrinter(destination.terminal) : (text: string): string => text;
  const lines = new LogQueue((text) => destination.deliver(format(text)));
  return { log: createLog(lines, config.logs.level), lines };
}

function redactionKey(config: Config, context: RunContext): Uint8Array {
  if (config.redactionKey === undefined) return randomBytes(REDACTION_KEY_BYTES);
  const key = resolveSecrets({ redaction_key: config.redactionKey }, context.environment).get(
    'redaction_key',
  );
  return Buffer.from(key as string);
}

async function probePlainListen({ https }: Config): Promise<Config['https']> {
  if (https.plainListen === undefined) return https;
  const port = await probeListenAddress(https.plainListen);
  return { ...https, plainListen: { ...https.plainListen, port } };
}

/** Before anything listens: what is wrong with keys is to be told at once. */
async function startKeys(config: Config, context: RunContext, log: Log): Promise<KeyService> {
  const { jwt } = config;
  const issuers = jwt === undefined ? [] : await loadIssuers(jwt, context.environment);
  const { environment } = context;
  const keys = new KeyService({ jwt, issuers, environment, log, clock: systemClock });
  await keys.start();
  return keys;
}

function announce(log: Log, config: Config, admin: AdminServer | undefined, sources: RuleSources): void {
  const listen = formatListenAddress(config.listen);
  log.info(
    {
      event: 'ward.started',
      listen,
      upstream: config.upstream.url,
      listener: config.listener,
      tls: config.tls !== undefined,
      plain_listen:
        config.https.plainListen === undefined ? undefined : formatListenAddress(config.https.plainListen),
      workers: config.workers,
      rule_files: sources.files.length,
      admin_port: admin?.port,
      pid: process.pid,
    },
    `listening on ${listen}, in front of ${config.upstream.url}`,
  );
  if (config.debugRulesHeader) {
    const message =
      'answers name the rules that matched (x-ward-rules): never do this where attackers can read them';
    log.warn({ event: 'ward.debug_rules_header' }, message);
  }
  if (config.mode !== undefined && config.mode !== 'enforce') {
    log.warn({ event: 'ward.mode', mode: config.mode }, `mode ${config.mode}: nothing is refused by a rule`);
  }
}

interface SignalHandlers {
  reload(): void;
  stop(): void;
  /** A second SIGINT. */
  interrupt(): void;
}

function onSignals(handlers: SignalHandlers): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      if (signal === 'SIGINT') handlers.interrupt();
      return;
    }
    stopping = true;
    handlers.stop();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    if (!stopping) handlers.reload();
  });
}
