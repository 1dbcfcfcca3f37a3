/** The proxy through which the service calls others: the usual one, with a way out that chooses by destination. */
import type { Clock } from '../../core/clock.ts';
import type { EngineSlot } from '../../engine/api.ts';
import type { ProxyEvents } from '../events.ts';
import { Proxy } from '../proxy.ts';
import { type ProxyOptions } from '../proxy-settings.ts';
import type { BreakerChange } from '../upstream/circuit-breaker.ts';
import type { UpstreamTls } from '../upstream/upstream.ts';
import { DestinationTable, type EgressHost } from './destination.ts';
import { EgressStep } from './egress-step.ts';
import { type EgressFigures, EgressUpstream, type EgressUpstreamOptions } from './egress-upstream.ts';
import { Tunnels } from './tunnels.ts';

export interface EgressOptions {
  readonly hosts: readonly EgressHost[];
  readonly upstream: EgressUpstreamOptions;
  readonly proxy: ProxyOptions;
}

export class EgressProxy {
  readonly proxy: Proxy;
  readonly table: DestinationTable;
  readonly tunnels: Tunnels;
  readonly #upstream: EgressUpstream;

  /**
   * @param tls what Ward trusts and shows, for each of the hosts
   * @param changed told when a host is left alone, or asked again
   */
  constructor(
    options: EgressOptions,
    tls: readonly (UpstreamTls | undefined)[],
    slot: EngineSlot,
    events: ProxyEvents,
    clock: Clock,
    changed: (host: string, change: BreakerChange) => void = () => undefined,
  ) {
    this.table = new DestinationTable(options.hosts);
    this.#upstream = new EgressUpstream(options.upstream, this.table, tls, clock, changed);
    const step = new EgressStep(this.table, clock);
    this.tunnels = new Tunnels({
      ...this.#upstream.ways,
      table: this.table,
      step,
      clock,
      newRequestId: options.proxy.guard.newRequestId,
      finished: (record) => events.onExchangeEnd(record),
    });
    const ports = { service: this.#upstream, steps: [step], tunnels: this.tunnels };
    this.proxy = new Proxy(options.proxy, slot, events, clock, ports);
  }

  get figures(): EgressFigures {
    return this.#upstream.figures;
  }

  renewTls(tls: readonly (UpstreamTls | undefined)[]): void {
    this.#upstream.renewTls(tls);
  }
}
