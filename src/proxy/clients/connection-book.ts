/**
 * Counts the connections of one worker, and of each of its clients, and says when there is no room for another.
 *
 * A client is the peer's address, of IPv6 its /64; what a trusted proxy opens for many clients is exempt.
 *
 * uWebSockets.js says that a connection ended but not whose, unless it ended before its first request or during one.
 * Those that ended unused after an answer stay *unattributed*: they may be anybody's, so each client has at least its
 * count less all of them, and only by that is it refused. No client is ever refused for connections it does not have.
 * Connections nobody used for a turn were cut by the library, which settles what is unattributed in the end.
 */
import type { Clock } from '../../core/clock.ts';
import { CONNECTION_CLIENTS_MAX, CONNECTION_TURN_MS, PEER_CACHE_ENTRIES_MAX } from '../../core/limits.ts';
import { type Cidr, parseIp } from '../../http/address.ts';
import { CidrSet } from '../../http/cidr-set.ts';
import { clientKeyOf } from './client-key.ts';

/** Plain data; the configuration maps onto it. */
export interface ConnectionLimits {
  /** Connections of the worker at once. */
  readonly connectionsMax: number;
  /** Connections of one client at once, per worker; 0: no limit. */
  readonly connectionsPerClient: number;
}

/** What is counted of one client. Changed by the book alone. */
export interface ClientConnections {
  readonly key: string;
  readonly exempt: boolean;
  /** Opened and not known to have ended. */
  open: number;
  /** Requests and WebSockets under way; on listeners that tell. */
  busy: number;
  /** Connections opened and requests begun or ended, in this turn and in the one before. */
  touched: number;
  touchedBefore: number;
}

export interface ConnectionFigures {
  readonly connections: number;
  /** Connections cut because the worker, or their client, had too many. */
  readonly refusedConnections: number;
  readonly refusedPerClient: number;
}

export class ConnectionBook {
  readonly #limits: ConnectionLimits;
  readonly #exempt: CidrSet;
  readonly #clock: Clock;
  readonly #clients = new Map<string, ClientConnections>();
  /** Keys of IPv6 peers seen lately: reading an address costs a microsecond. */
  readonly #keys = new Map<string, string>();
  #open = 0;
  #unattributed = 0;
  #refused = 0;
  #refusedPerClient = 0;
  #turnEndsMs = 0;

  /** @param exempt peers that stand for many clients */
  constructor(limits: ConnectionLimits, exempt: readonly Cidr[], clock: Clock) {
    this.#limits = limits;
    this.#exempt = new CidrSet(exempt);
    this.#clock = clock;
  }

  /** A connection was made. Null: there is no room, it is to be cut and is not counted. */
  open(peer: string): ClientConnections | null {
    const { connectionsMax, connectionsPerClient } = this.#limits;
    if (this.#open >= connectionsMax) {
      this.#refused += 1;
      return null;
    }
    const now = this.#clock.monotonic();
    if (now >= this.#turnEndsMs) this.#nextTurn(now);
    const client = this.#clientOf(peer);
    if (
      connectionsPerClient > 0 &&
      !client.exempt &&
      client.open - this.#unattributed >= connectionsPerClient
    ) {
      this.#refusedPerClient += 1;
      return null;
    }
    this.#open += 1;
    client.open += 1;
    client.touched += 1;
    return client;
  }

  /** A connection that was let in has ended. */
  close(client: ClientConnections): void {
    this.closeUnknown();
    this.attribute(client);
  }

  /** A connection has ended; `attribute` may follow. */
  closeUnknown(): void {
    this.#open -= 1;
    this.#unattributed += 1;
  }

  /** The connection that ended last was this client's. */
  attribute(client: ClientConnections): void {
    if (client.open === 0 || this.#unattributed === 0) return;
    this.#unattributed -= 1;
    client.open -= 1;
    this.#forgetUnused(client);
  }

  /** Connections that have ended and may have been anybody's. */
  get unattributed(): number {
    return this.#unattributed;
  }

  /** A request begins on one of the connections of this peer; `requestEnded` must follow once. */
  requestBegun(peer: string): ClientConnections {
    const client = this.#clientOf(peer);
    client.busy += 1;
    client.touched += 1;
    return client;
  }

  requestEnded(client: ClientConnections): void {
    client.busy -= 1;
    client.touched += 1;
    this.#forgetUnused(client);
  }

  /** Clients with something to remember. */
  get clients(): number {
    return this.#clients.size;
  }

  get figures(): ConnectionFigures {
    return {
      connections: this.#open,
      refusedConnections: this.#refused,
      refusedPerClient: this.#refusedPerClient,
    };
  }

  #clientOf(peer: string): ClientConnections {
    const key = this.#keyOf(peer);
    let client = this.#clients.get(key);
    if (client !== undefined) return client;
    const full = this.#clients.size >= CONNECTION_CLIENTS_MAX;
    const address = parseIp(peer);
    const exempt = full || address === null || this.#exempt.contains(address);
    client = { key, exempt, open: 0, busy: 0, touched: 0, touchedBefore: 0 };
    if (!full) this.#clients.set(key, client);
    return client;
  }

  /** IPv4 as it is written, IPv6 by its /64. */
  #keyOf(peer: string): string {
    if (!peer.includes(':')) return peer;
    let key = this.#keys.get(peer);
    if (key !== undefined) return key;
    const address = parseIp(peer);
    if (address === null) return peer;
    key = clientKeyOf(address);
    if (this.#keys.size >= PEER_CACHE_ENTRIES_MAX) this.#keys.clear();
    this.#keys.set(peer, key);
    return key;
  }

  #forgetUnused(client: ClientConnections): void {
    if (client.open > 0 || client.busy > 0) return;
    // One there was no room for may since have got a record of its own.
    if (this.#clients.get(client.key) === client) this.#clients.delete(client.key);
  }

  /** What can be open of a client has a request under way or was touched within this turn or the last. */
  #nextTurn(now: number): void {
    this.#turnEndsMs = now + CONNECTION_TURN_MS;
    for (const client of this.#clients.values()) {
      const openMax = client.busy + client.touched + client.touchedBefore;
      const gone = Math.min(this.#unattributed, Math.max(0, client.open - openMax));
      client.open -= gone;
      this.#unattributed -= gone;
      client.touchedBefore = client.touched;
      client.touched = 0;
      this.#forgetUnused(client);
    }
  }
}
