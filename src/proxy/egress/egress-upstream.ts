/**
 * The `Upstream` for calls of the service: it chooses by destination, and keeps connections, permits and a circuit breaker
 * for each host, so that one that is slow or gone costs the others nothing.
 */
import type { LookupFunction } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { EGRESS_WAYS_MAX, UPSTREAM_HEAD_BYTES_MAX } from '../../core/limits.ts';
import { type Cidr, parseIp } from '../../http/address.ts';
import { type BreakerChange, type BreakerOptions, CircuitBreaker } from '../upstream/circuit-breaker.ts';
import { RefusedCall, ShieldedUpstream } from '../upstream/shielded-upstream.ts';
import { UndiciUpstream } from '../upstream/undici-upstream.ts';
import type {
  Upstream,
  UpstreamCall,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamRequest,
  UpstreamStats,
  UpstreamTls,
} from '../upstream/upstream.ts';
import { UpstreamPermits } from '../upstream/upstream-permits.ts';
import { AddressGuard } from './address-guard.ts';
import { BoundedCall } from './bounded-call.ts';
import { CheckedLookup } from './checked-lookup.ts';
import type { Destination, DestinationTable } from './destination.ts';

export interface EgressUpstreamOptions {
  /** Networks that are not public and may be called. */
  readonly privateNetworks: readonly Cidr[];
  /** Addresses of DNS servers; empty: the resolver of the system. */
  readonly dnsServers: readonly string[];
  readonly breaker: BreakerOptions;
  /** Requests to one host that may wait for a connection, and for how long. */
  readonly queueMax: number;
  readonly queueMsMax: number;
  readonly keepAliveMs: number;
}

export interface EgressFigures {
  /** Answers of DNS and addresses that were refused. */
  readonly refusedAddresses: number;
  /** Hosts that are left alone for a while, by their entry of the list. */
  readonly circuitsOpen: readonly { readonly host: string; readonly count: number }[];
}

/** The connections to one host. */
interface Way {
  readonly index: number;
  readonly pool: UndiciUpstream;
  readonly breaker: CircuitBreaker;
  readonly shielded: ShieldedUpstream;
}

interface Fault {
  readonly failure: UpstreamFailure;
  readonly cause: Error;
}

export class EgressUpstream implements Upstream {
  readonly #options: EgressUpstreamOptions;
  readonly #table: DestinationTable;
  readonly #guard: AddressGuard;
  readonly #lookup: CheckedLookup;
  readonly #clock: Clock;
  readonly #changed: (host: string, change: BreakerChange) => void;
  /** By entry and host; the oldest first. */
  readonly #ways = new Map<string, Way>();
  #tls: readonly (UpstreamTls | undefined)[];
  #refusedLiterals = 0;

  /**
   * @param tls what Ward trusts and shows, for each entry of the table
   * @param changed told when a host is left alone, or asked again
   */
  constructor(
    options: EgressUpstreamOptions,
    table: DestinationTable,
    tls: readonly (UpstreamTls | undefined)[],
    clock: Clock,
    changed: (host: string, change: BreakerChange) => void = () => undefined,
  ) {
    this.#options = options;
    this.#table = table;
    this.#tls = tls;
    this.#clock = clock;
    this.#changed = changed;
    this.#guard = new AddressGuard(options.privateNetworks);
    this.#lookup = new CheckedLookup(this.#guard, options.dnsServers);
  }

  get stats(): UpstreamStats {
    const all = [...this.#ways.values()].map(({ pool }) => pool.stats);
    return {
      running: all.reduce((sum, { running }) => sum + running, 0),
      queued: all.reduce((sum, { queued }) => sum + queued, 0),
    };
  }

  /** The way from names to addresses that may be called, for others than this. */
  get ways(): { readonly guard: AddressGuard; readonly lookup: LookupFunction } {
    return { guard: this.#guard, lookup: this.#lookup.lookup };
  }

  get figures(): EgressFigures {
    const circuitsOpen = this.#table.hosts.map(({ host }, at) => {
      const open = [...this.#ways.values()].filter((way) => way.index === at && way.breaker.state === 'open');
      return { host, count: open.length };
    });
    return { refusedAddresses: this.#lookup.refused + this.#refusedLiterals, circuitsOpen };
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    // `UpstreamFields` writes the host first.
    const destination = this.#table.find(request.fields[1] ?? '');
    const way = destination === undefined ? forbidden('the host is not listed') : this.#wayTo(destination);
    if ('failure' in way) return new RefusedCall(way, handler);
    const { entry } = destination as Destination;
    if (bodyBytesOf(request) > entry.requestBytesMax) {
      const cause = new Error('the body of the request passes request_body_max');
      return new RefusedCall({ failure: 'too_large', cause }, handler);
    }
    const call = new BoundedCall(handler, entry);
    call.begin(way.shielded, request);
    return call;
  }

  /** Connects by other keys and certificates from now on. */
  renewTls(tls: readonly (UpstreamTls | undefined)[]): void {
    this.#tls = tls;
    for (const { index, pool } of this.#ways.values()) pool.renewTls(tls[index]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ways.values()].map(({ pool }) => pool.close()));
  }

  #wayTo(destination: Destination): Way | Fault {
    const key = `${destination.index} ${destination.name}`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const host = destination.name.replace(/^\[|\]$/g, '');
    const literal = parseIp(host);
    if (literal !== null && !this.#guard.permits(literal)) {
      this.#refusedLiterals += 1;
      return forbidden(`${host} may not be called`);
    }
    // Whatever a URL parser would turn into something else was never looked at.
    const url = `http://${destination.name}`;
    if (!URL.canParse(url) || new URL(url).hostname !== destination.name)
      return forbidden('no name of a host');
    if (this.#ways.size >= EGRESS_WAYS_MAX && !this.#giveUpOne()) {
      return { failure: 'busy', cause: new Error(`${EGRESS_WAYS_MAX} hosts are called at once`) };
    }
    const way = this.#makeWay(destination, host);
    this.#ways.set(key, way);
    return way;
  }

  /** Room for another host: the oldest one that nobody calls goes. */
  #giveUpOne(): boolean {
    for (const [key, { pool }] of this.#ways) {
      const { running, queued } = pool.stats;
      if (running + queued > 0) continue;
      this.#ways.delete(key);
      void pool.close();
      return true;
    }
    return false;
  }

  #makeWay({ entry, index, name }: Destination, host: string): Way {
    const { queueMax, queueMsMax, keepAliveMs, breaker: breakerOptions } = this.#options;
    const { protocol, port, connectionsMax, connectMs, headersMs, idleMs, totalMs } = entry;
    const tls = this.#tls[index];
    const pool = new UndiciUpstream({
      protocol,
      host,
      port,
      lookup: this.#lookup.lookup,
      ...(tls === undefined ? {} : { tls }),
      connectionsMax,
      queueMax,
      queueMsMax,
      connectMs,
      headersMs,
      idleMs,
      keepAliveMs,
      totalMs,
      headBytesMax: UPSTREAM_HEAD_BYTES_MAX,
    });
    const breaker = new CircuitBreaker(breakerOptions, this.#clock, Math.random, (change) =>
      this.#changed(name, change),
    );
    const permits = new UpstreamPermits(breaker, entry.inFlightMax, this.#clock);
    return { index, pool, breaker, shielded: new ShieldedUpstream(pool, permits) };
  }
}

function forbidden(message: string): Fault {
  return { failure: 'forbidden', cause: new Error(message) };
}

/** As far as it is known before it is sent. */
function bodyBytesOf({ body }: UpstreamRequest): number {
  return body === 'none' ? 0 : (body.length ?? 0);
}
