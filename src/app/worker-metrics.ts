/** What one worker counts: exchanges as they end, and the figures of its proxy and its store when they are asked for. */
import type { ClusterFigures } from '../limiter/cluster/cluster-figures.ts';
import type { ExchangeRecord } from '../proxy/events.ts';
import type { AuthorizerFigures } from '../proxy/authorizer/authorizer.ts';
import type { ProxyFigures } from '../proxy/figures.ts';
import type { TokenFigures } from '../identity/tokens/token-verifier.ts';
import { MetricSet } from '../telemetry/metrics.ts';
import type { MetricSamples } from '../telemetry/metrics.ts';

const MS_PER_S = 1_000;

export class WorkerMetrics {
  readonly #set = new MetricSet();

  /** Counts an exchange that has ended. */
  count({ outcome, durationMs, report, refusal, denial, fault }: ExchangeRecord): void {
    const set = this.#set;
    set.add('ward_exchanges_total', 1, outcome);
    set.add('ward_exchange_seconds_total', durationMs / MS_PER_S);
    if (refusal !== undefined) set.add('ward_refusals_total', 1, `guard.${refusal}`);
    if (denial !== undefined) set.add('ward_refusals_total', 1, denial);
    if (fault !== undefined && fault.delayMs > 0) set.add('ward_faults_total', 1, 'delay');
    if (fault?.isSkipped === true) set.add('ward_faults_total', 1, 'skipped');
    if (outcome === 'fault') set.add('ward_faults_total', 1, 'abort');
    if (report === undefined) return;
    const { by } = report.verdict;
    if (by !== null) set.add('ward_refusals_total', 1, by);
    for (const { name, granted, source } of report.limits) {
      set.add('ward_limit_decisions_total', 1, name, granted ? 'granted' : 'refused', source);
    }
  }

  /** A flood changed its state in this thread's hands. */
  countFlood(flood: string, event: string): void {
    this.#set.add('ward_flood_events_total', 1, flood, event);
  }

  /** All counts as they stand. */
  samples(
    proxy: ProxyFigures | undefined,
    store: ClusterFigures | undefined,
    tokens: TokenFigures | undefined,
  ): MetricSamples {
    const set = this.#set;
    if (proxy !== undefined) {
      const { upstream, overload, clients, authorizer } = proxy;
      if (authorizer !== undefined) countAuthorizer(set, authorizer);
      set.set('ward_in_flight', proxy.active);
      set.set('ward_upstream_circuit_open', upstream.breaker === 'open' ? 1 : 0);
      set.set('ward_upstream_circuit_openings_total', upstream.breakerOpenings);
      set.set('ward_event_loop_delay_seconds', overload.loopDelayMs / MS_PER_S);
      set.set('ward_overload_pressure', overload.pressure);
      set.set('ward_connections', clients.connections);
      set.set('ward_connections_refused_total', clients.refusedConnections, 'worker');
      set.set('ward_connections_refused_total', clients.refusedPerClient, 'client');
      set.set('ward_slow_clients_total', clients.slowBodies, 'body');
      set.set('ward_slow_clients_total', clients.slowReads, 'answer');
      for (const [why, count] of Object.entries(clients.http2Ends))
        set.set('ward_http2_cut_total', count, why);
      set.set('ward_shed_total', overload.shed, 'overload');
      set.set('ward_shed_total', overload.refusedInFlight, 'in_flight');
      set.set('ward_shed_total', overload.refusedResets, 'resets');
      set.set('ward_shed_total', upstream.overfull, 'upstream_full');
      set.set('ward_shed_total', upstream.breakerRejected, 'circuit_open');
    }
    if (tokens !== undefined) {
      set.set('ward_tokens_total', tokens.verified, 'verified');
      set.set('ward_tokens_total', tokens.cached, 'cached');
      set.set('ward_tokens_total', tokens.unjudged, 'unjudged');
      for (const [fault, count] of Object.entries(tokens.refused)) set.set('ward_tokens_total', count, fault);
    }
    if (store !== undefined) {
      set.set('ward_limit_store_up', store.away ? 0 : 1);
      set.set('ward_limit_store_calls_total', store.calls, 'sent');
      set.set('ward_limit_store_calls_total', store.failures, 'failed');
      set.set('ward_limit_store_calls_total', store.timeouts, 'timed_out');
      set.set('ward_limit_store_calls_total', store.overflows, 'not_sent');
    }
    return set.samples();
  }
}

function countAuthorizer(set: MetricSet, figures: AuthorizerFigures): void {
  const { admitted, refused, cancelled, failed, waitedMs, isOpen } = figures;
  set.set('ward_authorizer_questions_total', admitted, 'admitted');
  set.set('ward_authorizer_questions_total', refused, 'refused');
  set.set('ward_authorizer_questions_total', cancelled, 'cancelled');
  for (const [why, count] of Object.entries(failed)) {
    set.set('ward_authorizer_questions_total', count, why);
  }
  set.set('ward_authorizer_seconds_total', waitedMs / MS_PER_S);
  set.set('ward_authorizer_circuit_open', isOpen ? 1 : 0);
}
