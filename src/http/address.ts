/**
 * IP addresses and networks. IPv4-mapped IPv6 is unified with IPv4, so that one client has one address.
 */

/** An address as 16 network-order bytes in four 32-bit words; IPv4 is held as ::ffff:a.b.c.d. */
export interface IpAddress {
  readonly words: readonly [number, number, number, number];
  readonly family: 4 | 6;
  /** Canonical text (RFC 5952). */
  readonly text: string;
}

export interface Cidr {
  readonly address: IpAddress;
  /** Prefix length in the address's own family. */
  readonly bits: number;
  readonly text: string;
}
