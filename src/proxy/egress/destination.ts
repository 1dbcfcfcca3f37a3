/**
 * Where the service may call. A host that is not listed does not exist: there is no default and no way round.
 *
 * Names come from the guard, lower-case and in one spelling: it has refused user information, escapes, letters beyond
 * ASCII, and numbers that URL parsers would read as addresses (`127.1`, `0x7f000001`, `2130706433`). What is left to fold
 * is the dot of a fully qualified name.
 */
import { parseHost } from '../../http/host.ts';

/** One entry of the list. Plain data. */
export interface EgressHost {
  /** A name, `*.` and a name, or an address (IPv6 in brackets); lower-case. */
  readonly host: string;
  /** Where Ward connects; the service may name it, or leave it out. */
  readonly port: number;
  readonly protocol: 'http' | 'https';
  /** CONNECT may open a tunnel there. */
  readonly tunnel: boolean;
  /** Undefined: no limit. */
  readonly rate: { readonly perSecond: number; readonly burst: number } | undefined;
  /** To each host the entry stands for. */
  readonly inFlightMax: number;
  readonly connectionsMax: number;
  readonly requestBytesMax: number;
  readonly answerBytesMax: number;
  readonly connectMs: number;
  readonly headersMs: number;
  readonly idleMs: number;
  /** 0: no bound of its own. */
  readonly totalMs: number;
}

export interface Destination {
  readonly entry: EgressHost;
  /** Place of the entry in the list. */
  readonly index: number;
  /** The host itself, where the entry is a pattern: without final dot. */
  readonly name: string;
}

const HTTP_PORT = 80;

export class DestinationTable {
  readonly hosts: readonly EgressHost[];
  /** Indexes of the entries by name, and by what follows the star. */
  readonly #byName = new Map<string, number[]>();
  readonly #byParent = new Map<string, number[]>();

  constructor(hosts: readonly EgressHost[]) {
    this.hosts = hosts;
    hosts.forEach(({ host }, index) => {
      const [map, key] = host.startsWith('*.') ? [this.#byParent, host.slice(2)] : [this.#byName, host];
      map.set(key, [...(map.get(key) ?? []), index]);
    });
  }

  /**
   * The entry for a host as requests name it. An exact name goes before a pattern, a longer pattern before a shorter one;
   * among entries of one name the port decides.
   *
   * @param authority host and port, as in the host field; a port of 80 is as good as none, for that is what http:// means
   */
  find(authority: string): Destination | undefined {
    const host = parseHost(authority);
    if (host === null) return undefined;
    const name = host.name.endsWith('.') ? host.name.slice(0, -1) : host.name;
    const port = host.port ?? HTTP_PORT;
    for (const indexes of this.#candidates(name)) {
      const exact = indexes.find((index) => this.hosts[index]?.port === port);
      const index = exact ?? (port === HTTP_PORT ? indexes[0] : undefined);
      const entry = index === undefined ? undefined : this.hosts[index];
      if (index !== undefined && entry !== undefined) return { entry, index, name };
    }
    return undefined;
  }

  /**
   * The entry a tunnel may go to.
   *
   * @param authority as CONNECT names it, with the port (RFC 9110 §9.3.6)
   */
  findTunnel(authority: string): Destination | undefined {
    const host = parseHost(authority);
    if (host?.port === undefined) return undefined;
    const name = host.name.endsWith('.') ? host.name.slice(0, -1) : host.name;
    for (const indexes of this.#candidates(name)) {
      const index = indexes.find((one) => this.hosts[one]?.port === host.port);
      const entry = index === undefined ? undefined : this.hosts[index];
      if (index !== undefined && entry !== undefined)
        return entry.tunnel ? { entry, index, name } : undefined;
    }
    return undefined;
  }

  /** Most specific first; at most one step for each label of the name. */
  *#candidates(name: string): Generator<readonly number[]> {
    const own = this.#byName.get(name);
    if (own !== undefined) yield own;
    // An address has no names below it.
    if (name.startsWith('[')) return;
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const below = this.#byParent.get(name.slice(dot + 1));
      if (below !== undefined) yield below;
    }
  }
}
