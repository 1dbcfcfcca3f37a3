/**
 * Who the client is, when proxies stand between it and Ward.
 *
 * Each hop appends the address it saw, so the chain is read from the right, and only while the hop that wrote an
 * entry is trusted. The first address that is not a trusted proxy is the client; what stands left of it is its own
 * claim. An entry that is no address ends the walk at the last trusted hop.
 */
import { FORWARDED_HOPS_MAX } from '../../core/limits.ts';
import { type IpAddress, parseIp } from '../address.ts';
import type { CidrSet } from '../cidr-set.ts';
import { combineLines, listElements } from '../fields.ts';

/**
 * Which field names the client: `auto` takes `x-forwarded-for`, and `forwarded` (RFC 7239) where there is none; `peer`
 * neither. Proxies that write one of the two pass the other on as the client sent it, so naming it is safer.
 */
export type ClientSource = 'auto' | 'x-forwarded-for' | 'forwarded' | 'peer';

/** The client behind `peer`, which is trusted. `malformed`: an entry that a trusted hop wrote is no address. */
export function clientBehind(
  peer: IpAddress,
  trusted: CidrSet,
  fields: readonly string[],
  source: ClientSource,
): { readonly client: IpAddress; readonly malformed: boolean } {
  const chain = chainOf(fields, source);
  let client = peer;
  const last = Math.max(0, chain.length - FORWARDED_HOPS_MAX);
  for (let i = chain.length - 1; i >= last; i--) {
    const address = parseIp(chain[i].trim());
    if (address === null) return { client, malformed: true };
    client = address;
    if (!trusted.contains(address)) break;
  }
  return { client, malformed: false };
}

/** Addresses as hops appended them, the latest last. */
function chainOf(fields: readonly string[], source: ClientSource): string[] {
  if (source === 'peer') return [];
  const listed = source === 'forwarded' ? undefined : combineLines(fields, 'x-forwarded-for');
  if (listed !== undefined) return listed.split(',');
  return source === 'x-forwarded-for' ? [] : forwardedChain(fields);
}

/** The `for` parameters of `forwarded`, without quotes, brackets and ports. */
function forwardedChain(fields: readonly string[]): string[] {
  const combined = combineLines(fields, 'forwarded');
  if (combined === undefined) return [];
  return listElements(combined).map((element) => {
    const match = /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;]*)/i.exec(element);
    return match === null ? '' : nodeAddress(match[1].replace(/^"|"$/g, ''));
  });
}

function nodeAddress(node: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(node);
  return bracketed === null ? node.replace(/:\d{1,5}$/, '') : bracketed[1];
}
