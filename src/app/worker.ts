/**
 * One worker thread: its own engine, its own listener on the shared port, its own connections to the service. The thread of
 * egress is one, too: with other rules, and a listener for calls of the service.
 *
 * It never exits while its listener is open (uWebSockets.js would abort the whole process): whatever happens, it
 * drains first and then has nothing left to wait for.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import { systemClock } from '../core/clock.ts';
import { SidecarError } from '../core/errors.ts';
import { METRICS_REPORT_MS, WARMUP_REQUESTS } from '../core/limits.ts';
import type { Engine, EngineSlot } from '../engine/api.ts';
import { warmUp } from '../engine/warm-up.ts';
import { compileRuleSet } from '../control/rule-set.ts';
import type { CompiledRuleSet } from '../control/rule-set.ts';
import type { RuleSources } from '../control/rule-sources.ts';
import { WorkerBanBook } from '../limiter/bans/worker-ban-book.ts';
import { CertificateCheck, type CertificateVerdict } from '../identity/certificates/certificate-check.ts';
import type { TokenVerifier } from '../identity/tokens/token-verifier.ts';
import { EgressProxy } from '../proxy/egress/egress-proxy.ts';
import type { ExchangeRecord, ProxyChange, ProxyEvents } from '../proxy/events.ts';
import { Proxy } from '../proxy/proxy.ts';
import { createLog } from '../telemetry/log.ts';
import { LogQueue } from '../telemetry/log-queue.ts';
import { exemption } from './ban-exemption.ts';
import { linkBans } from './ban-link.ts';
import { logEgressCircuit } from './egress-log.ts';
import { EgressMetrics } from './egress-metrics.ts';
import { toEgressOptions } from './egress-options.ts';
import { logRecord, subjectShower } from './exchange-log.ts';
import { ExclusionNotes } from './exclusion-notes.ts';
import { leavingNoGarbage } from './heap.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { logProxyChange } from './proxy-change-log.ts';
import { toProxyOptions } from './proxy-options.ts';
import { linkTokens } from './token-link.ts';
import type { TlsMaterial } from './tls-material.ts';
import { WorkerGates } from './worker-gates.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const start = workerData as WorkerStart;
const { config } = start;

/** Requests of one slice of warming: a few milliseconds. */
const WARMUP_SLICE = 50;

/** Lines travel to the main thread, one batch at a time, so that a stuck log cannot pile up between the threads. */
let logTaken: (() => void) | undefined;
const lines = new LogQueue(
  (text) =>
    new Promise((resolve) => {
      logTaken = resolve;
      tell({ kind: 'log', text });
    }),
);
const log = createLog(lines, config.logs.level, {
  worker: start.index,
  ...(start.direction === 'egress' ? { direction: 'egress' } : {}),
});
const logOptions = {
  access: config.logs.access,
  showSubject: subjectShower(config.logs.identity, start.redactionKey),
};

const bans = new WorkerBanBook({ clock: systemClock, isExempt: exemption(config.bansExempt) });

const metrics = new WorkerMetrics();
const gates = new WorkerGates({
  start: start.gates,
  workerIndex: start.index,
  bans,
  onFlood: (event) => {
    (egress?.metrics ?? metrics).countFlood(event.flood, event.kind);
    tell({ kind: 'flood', event });
  },
});

const notes = new ExclusionNotes(systemClock);
let prepared: { generation: number; rules: CompiledRuleSet } | undefined;
let slot: { current: Engine } | undefined;
let proxy: Proxy | undefined;
/** Where this thread serves calls of the service. */
let egress: { readonly way: EgressProxy; readonly metrics: EgressMetrics } | undefined;
/** Who decides about certificates of clients; another one after each renewal. */
let certificates: CertificateCheck | undefined;
let tokens: TokenVerifier | undefined;
let isEnding = false;

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function tellMetrics(): void {
  const samples =
    egress === undefined
      ? metrics.samples(proxy?.figures, gates.figures, tokens?.figures)
      : egress.metrics.samples(egress.way.proxy.figures, egress.way.figures, egress.way.tunnels.active);
  tell({ kind: 'metrics', samples });
}

function compile(sources: RuleSources, today: string): CompiledRuleSet {
  return compileRuleSet(sources, {
    profile: start.direction === 'egress' ? undefined : config.profile,
    mode: config.mode,
    today,
    secrets: start.secrets,
    redactionKey: start.redactionKey,
    gates: gates.gates,
  });
}

function receive(message: ToWorker): void {
  switch (message.kind) {
    case 'prepare':
      void prepare(message);
      return;
    case 'commit':
      if (slot !== undefined && prepared?.generation === message.generation) {
        slot.current = prepared.rules.engine;
        notes.use(slot.current.version, prepared.rules.advisor);
      }
      prepared = undefined;
      return;
    case 'abandon':
      prepared = undefined;
      return;
    case 'renew_tls':
      void renewTls(message);
      return;
    case 'renew_tls_client':
      if (egress === undefined) proxy?.renewUpstreamTls(message.material[0]);
      else egress.way.renewTls(message.material);
      tell({ kind: 'tls_renewed', generation: message.generation, problem: undefined });
      return;
    case 'drain':
      void end(message.deadlineMs);
      return;
    case 'log_taken':
      logTaken?.();
      return;
  }
}

async function prepare({
  generation,
  sources,
  today,
}: Extract<ToWorker, { kind: 'prepare' }>): Promise<void> {
  try {
    const rules = leavingNoGarbage(() => compile(sources, today));
    const { engine } = rules;
    // In slices: requests that run on the old program are served between them.
    for (let done = 0; done < WARMUP_REQUESTS; done += WARMUP_SLICE) {
      warmUp(engine, WARMUP_SLICE);
      await new Promise(setImmediate);
    }
    prepared = { generation, rules };
    tell({ kind: 'prepared', generation, version: engine.version });
  } catch (error) {
    tell({
      kind: 'prepare_failed',
      generation,
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

/** The certificates of clients are asked of the new authorities and lists as soon as the listener has them. */
async function renewTls({ generation, material }: Extract<ToWorker, { kind: 'renew_tls' }>): Promise<void> {
  let problem: string | undefined;
  try {
    const check = certificateCheck(material);
    await proxy?.renewTls(material.listener);
    certificates = check;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  tell({ kind: 'tls_renewed', generation, problem });
}

/** Undefined when clients are asked for none. */
function certificateCheck(material: TlsMaterial | undefined): CertificateCheck | undefined {
  const clients = config.tls?.clients;
  if (clients === undefined || material === undefined) return undefined;
  const { mode, staleLists, allow } = clients;
  const { authorities, revocationLists } = material;
  return new CertificateCheck({ mode, authorities, revocationLists, staleLists, allow }, systemClock);
}

/**
 * Finishes what is in flight, hands over the last log lines and leaves nothing that keeps the thread alive. Asked a
 * second time, it cuts what the first is still waiting for.
 */
async function end(deadlineMs: number): Promise<void> {
  const isHurried = isEnding;
  isEnding = true;
  await proxy?.drain(deadlineMs);
  gates.close();
  tellMetrics();
  await lines.flush();
  tell({ kind: 'drained' });
  parentPort?.close();
  if (isHurried) process.exit(); // the listener is closed: nothing is left that would abort the process
}

function crash(error: unknown): void {
  if (isEnding) return;
  process.exitCode = 1;
  tell({ kind: 'crashed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  void end(config.drainMs);
}

/** Resolves to the port. */
async function serveClients(rules: EngineSlot, events: ProxyEvents): Promise<number> {
  certificates = certificateCheck(start.tls);
  if (config.jwt !== undefined) {
    tokens = await linkTokens(config.jwt, start.issuers, start.keyPort, systemClock);
  }
  const ports = {
    certificates:
      certificates === undefined
        ? undefined
        : { check: (pem: string): CertificateVerdict => (certificates as CertificateCheck).check(pem) },
    tokens,
  };
  const options = toProxyOptions(config, start.tls?.listener, start.tlsClient[0]);
  proxy = new Proxy(options, rules, events, systemClock, ports);
  setInterval(tellMetrics, METRICS_REPORT_MS).unref();
  const port = await proxy.listen(config.listen.host, config.listen.port);
  const { plainListen } = config.https;
  if (plainListen !== undefined) await proxy.listenPlain(plainListen.host, plainListen.port);
  return port;
}

/** Resolves to the port. */
async function serveEgress(rules: EngineSlot, events: ProxyEvents): Promise<number> {
  assert(config.egress !== undefined, 'egress is configured');
  const options = toEgressOptions(config, config.egress);
  const way = new EgressProxy(options, start.tlsClient, rules, events, systemClock, (host, change) =>
    logEgressCircuit(log, host, change),
  );
  egress = { way, metrics: new EgressMetrics(way.table) };
  proxy = way.proxy;
  setInterval(tellMetrics, METRICS_REPORT_MS).unref();
  return proxy.listen(config.egress.listen.host, config.egress.listen.port);
}

async function main(): Promise<void> {
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  parentPort?.on('message', receive);
  try {
    // Before the warming, which a collection would undo in part.
    const { engine, advisor } = leavingNoGarbage(() => compile(start.sources, start.today));
    slot = { current: engine };
    notes.use(engine.version, advisor);
    warmUp(engine);
    await Promise.all([linkBans(bans, start.banPort), gates.ready()]);
    const events = {
      onExchangeEnd: (record: ExchangeRecord): void => {
        (egress?.metrics ?? metrics).count(record);
        logRecord(log, logOptions, record, notes);
      },
      onChange: (change: ProxyChange): void => logProxyChange(log, change),
    };
    const serve = start.direction === 'egress' ? serveEgress : serveClients;
    tell({ kind: 'listening', port: await serve(slot, events), version: slot.current.version });
  } catch (error) {
    const known = error instanceof SidecarError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    tell({ kind: 'start_failed', code: known?.code ?? 'W_ENGINE_FAILED', message, hint: known?.hint });
    await end(0);
  }
}

await main();
