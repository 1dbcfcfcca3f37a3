/**
 * What Ward counts about itself, and the page on which Prometheus reads it.
 *
 * Each worker keeps a `MetricSet` and sends its samples to the main thread, where a `MetricBoard` adds them up: counters
 * of workers that have ended stay in the sum, gauges of theirs go. Names and labels are fixed in `METRICS`; label values
 * come from rules and configuration, never from clients, so that the number of samples is bounded.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import { METRIC_SAMPLES_MAX } from '../core/limits.ts';

interface MetricSchema {
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
}

function counter(help: string, ...labels: string[]): MetricSchema {
  return { kind: 'counter', help, labels };
}

function gauge(help: string, ...labels: string[]): MetricSchema {
  return { kind: 'gauge', help, labels };
}

/** Every metric of Ward. */
export const METRICS = {
  ward_exchanges_total: counter('Requests, by how they ended.', 'outcome'),
  ward_exchange_seconds_total: counter('Time from the first byte of a request to the end of its answer.'),
  ward_refusals_total: counter('Requests refused by rules or the policy, by what refused them.', 'by'),
  ward_limit_decisions_total: counter(
    'Limiters asked, by answer and by who gave it.',
    'limiter',
    'result',
    'source',
  ),
  ward_limit_store_calls_total: counter('Calls to the shared limit store, by how they went.', 'result'),
  ward_limit_store_up: gauge('Workers whose calls to the shared limit store are answered.'),
  ward_limit_replicas: gauge('Replicas that share the limit store, as last seen.'),
  ward_floods_active: gauge('Keys that are above their baseline now.', 'flood'),
  ward_flood_events_total: counter('Floods that tripped, escalated or were released.', 'flood', 'event'),
  ward_bans: gauge('Bans in force.'),
  ward_tls_certificate_expiry_seconds: gauge(
    'When a certificate ends, in seconds since the epoch.',
    'certificate',
  ),
  ward_in_flight: gauge('Exchanges under way.'),
  ward_event_loop_delay_seconds: gauge('Event-loop delay as last sampled, the worst of the workers.'),
  ward_overload_pressure: gauge('Pressure between 0 (nothing is shed) and 1, the worst of the workers.'),
  ward_shed_total: counter('Requests refused before any rule saw them, by why.', 'why'),
  ward_faults_total: counter(
    'Requests that went wrong on purpose: delay, abort, skipped (no room for one more delay).',
    'kind',
  ),
  ward_connections: gauge('Connections of clients.'),
  ward_connections_refused_total: counter('Connections cut because there were too many, by whose.', 'of'),
  ward_slow_clients_total: counter('Clients cut because they sent or took too little, by what.', 'what'),
  ward_http2_cut_total: counter('Connections of HTTP/2 cut for what they cost or sent, by why.', 'why'),
  ward_tokens_total: counter(
    'Tokens judged: verified, cached (answered from memory), unjudged, or what is wrong with them.',
    'result',
  ),
  ward_jwks_fetches_total: counter('Fetches of the keys of issuers, by how they went.', 'issuer', 'result'),
  ward_jwks_age_seconds: gauge('Time since an issuer last said what its keys are.', 'issuer'),
  ward_authorizer_questions_total: counter(
    'Questions to the external authoriser: admitted, refused, cancelled (the client left), or why there was no answer.',
    'result',
  ),
  ward_authorizer_seconds_total: counter('Time waited for the external authoriser, over all questions.'),
  ward_authorizer_circuit_open: gauge('Workers that do not ask the external authoriser because it failed.'),
  ward_egress_exchanges_total: counter(
    'Calls of the service, by entry of the list and by how they ended.',
    'host',
    'outcome',
  ),
  ward_egress_exchange_seconds_total: counter('Time of calls of the service, by entry of the list.', 'host'),
  ward_egress_refusals_total: counter('Calls of the service that were refused, by what refused them.', 'by'),
  ward_egress_addresses_refused_total: counter('Answers of DNS and addresses that may not be called.'),
  ward_egress_in_flight: gauge('Calls of the service under way.'),
  ward_egress_connections: gauge('Connections of the service to the listener of egress.'),
  ward_egress_tunnels: gauge('Tunnels of the service that stand or are being made.'),
  ward_egress_circuits_open: gauge(
    'Hosts that are left alone because they failed, by entry of the list.',
    'host',
  ),
  ward_upstream_circuit_open: gauge('Workers that send the service nothing because it failed.'),
  ward_upstream_circuit_openings_total: counter('Times a worker stopped asking the failing service.'),
} as const satisfies Record<string, MetricSchema>;

export type MetricName = keyof typeof METRICS;

/** Samples as they travel between threads: name, label values joined by a line feed, value. */
export type MetricSamples = readonly (readonly [name: MetricName, labels: string, value: number])[];

/** Gauges of which the largest of the workers counts, not the sum. */
const WORST: ReadonlySet<MetricName> = new Set([
  'ward_event_loop_delay_seconds',
  'ward_overload_pressure',
  'ward_limit_replicas',
]);

const LABEL_SEPARATOR = '\n';

/** The counts of one thread. */
export class MetricSet {
  readonly #values = new Map<MetricName, Map<string, number>>();
  #samples = 0;

  /** Adds to a counter. */
  add(name: MetricName, by: number, ...labels: readonly string[]): void {
    this.#put(name, labels, by, true);
  }

  /** Sets a gauge, or a counter that is kept elsewhere. */
  set(name: MetricName, value: number, ...labels: readonly string[]): void {
    this.#put(name, labels, value, false);
  }

  samples(): MetricSamples {
    return [...this.#values].flatMap(([name, byLabels]) =>
      [...byLabels].map(([labels, value]) => [name, labels, value] as const),
    );
  }

  #put(name: MetricName, labels: readonly string[], value: number, adds: boolean): void {
    let byLabels = this.#values.get(name);
    if (byLabels === undefined) this.#values.set(name, (byLabels = new Map<string, number>()));
    const key = labels.length === 1 ? labels[0] : labels.join(LABEL_SEPARATOR);
    const before = byLabels.get(key);
    if (before === undefined) {
      // Reloads may bring ever new names of rules: what comes beyond the limit is not counted by name.
      if (this.#samples >= METRIC_SAMPLES_MAX) return;
      this.#samples++;
    }
    byLabels.set(key, adds ? (before ?? 0) + value : value);
  }
}

/** The sum over all threads. */
export class MetricBoard {
  readonly #bySource = new Map<string, MetricSamples>();
  readonly #ended = new MetricSet();
  /** Replaces what a thread said before. */
  report(source: string, samples: MetricSamples): void {
    this.#bySource.set(source, samples);
  }

  /** A thread has ended: its counters stay, its gauges do not. */
  end(source: string): void {
    for (const [name, labels, value] of this.#bySource.get(source) ?? []) {
      if (METRICS[name].kind === 'counter') this.#ended.add(name, value, labels);
    }
    this.#bySource.delete(source);
  }

  /** All samples added up. */
  total(): MetricSamples {
    const sum = new Map<string, [MetricName, string, number]>();
    for (const samples of [this.#ended.samples(), ...this.#bySource.values()]) {
      for (const [name, labels, value] of samples) {
        const key = `${name}${LABEL_SEPARATOR}${labels}`;
        const before = sum.get(key);
        if (before === undefined) sum.set(key, [name, labels, value]);
        else before[2] = WORST.has(name) ? Math.max(before[2], value) : before[2] + value;
      }
    }
    return [...sum.values()];
  }

  /** One metric added up over its labels. */
  value(name: MetricName): number {
    return this.total().reduce((sum, sample) => (sample[0] === name ? sum + sample[2] : sum), 0);
  }

  /**
   * The page in the Prometheus text format. What no thread speaks of is not on it: a store that is not configured is neither
   * up nor down.
   */
  async page(): Promise<{ readonly contentType: string; readonly text: string }> {
    const registry = new Registry();
    const metrics = new Map<MetricName, Counter | Gauge>();
    for (const [name, labels, value] of this.total()) {
      let metric = metrics.get(name);
      if (metric === undefined) metrics.set(name, (metric = makeMetric(name, registry)));
      const values = labels.split(LABEL_SEPARATOR);
      const named = Object.fromEntries(METRICS[name].labels.map((label, index) => [label, values[index]]));
      metric.inc(named, value);
    }
    return { contentType: registry.contentType, text: await registry.metrics() };
  }
}

function makeMetric(name: MetricName, registry: Registry): Counter | Gauge {
  const { kind, help, labels } = METRICS[name];
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  return kind === 'counter' ? new Counter(options) : new Gauge(options);
}
