/** What the thread of egress counts: calls by the entry of the list they went to. */
import type { DestinationTable } from '../proxy/egress/destination.ts';
import type { EgressFigures } from '../proxy/egress/egress-upstream.ts';
import type { ExchangeRecord } from '../proxy/events.ts';
import type { ProxyFigures } from '../proxy/figures.ts';
import { MetricSet } from '../telemetry/metrics.ts';
import type { MetricSamples } from '../telemetry/metrics.ts';

const MS_PER_S = 1_000;
/** Stands for every host that is on no list: names come from the service, and metrics must not grow by them. */
const UNLISTED = 'unlisted';

export class EgressMetrics {
  readonly #set = new MetricSet();
  readonly #table: DestinationTable;

  constructor(table: DestinationTable) {
    this.#table = table;
  }

  /** Counts a call that has ended. */
  count({ head, outcome, durationMs, report, refusal, denial }: ExchangeRecord): void {
    const set = this.#set;
    const host = (head === undefined ? undefined : this.#table.find(head.host)?.entry.host) ?? UNLISTED;
    set.add('ward_egress_exchanges_total', 1, host, outcome);
    set.add('ward_egress_exchange_seconds_total', durationMs / MS_PER_S, host);
    const by = refusal === undefined ? (denial ?? report?.verdict.by) : `guard.${refusal}`;
    if (by !== undefined && by !== null) set.add('ward_egress_refusals_total', 1, by);
    for (const { name, granted, source } of report?.limits ?? []) {
      set.add('ward_limit_decisions_total', 1, name, granted ? 'granted' : 'refused', source);
    }
  }

  /** A flood changed its state. */
  countFlood(flood: string, event: string): void {
    this.#set.add('ward_flood_events_total', 1, flood, event);
  }

  /** All counts as they stand. */
  samples(
    proxy: ProxyFigures,
    { refusedAddresses, circuitsOpen }: EgressFigures,
    tunnels: number,
  ): MetricSamples {
    const set = this.#set;
    set.set('ward_egress_in_flight', proxy.active);
    set.set('ward_egress_connections', proxy.clients.connections);
    set.set('ward_egress_tunnels', tunnels);
    set.set('ward_egress_addresses_refused_total', refusedAddresses);
    for (const { host, count } of circuitsOpen) set.set('ward_egress_circuits_open', count, host);
    return set.samples();
  }
}
