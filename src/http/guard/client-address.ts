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
import { combineLines } from '../fields.ts';

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

/**
 * The `for` parameters of `forwarded`, without quotes, brackets and ports. Split from the end, as it is trusted: quotes are
 * balanced in what the last hop wrote, and need not be in what the client sent and the hop appended to.
 */
function forwardedChain(fields: readonly string[]): string[] {
  const combined = combineLines(fields, 'forwarded');
  if (combined === undefined) return [];
  const elements = splitFromEnd(combined, ',').filter((element) => element.trim() !== '');
  return elements.map((element) => {
    const nodes = splitFromEnd(element, ';').flatMap((pair) => FOR.exec(pair)?.[1] ?? []);
    // RFC 7239 §4: no parameter twice. Which of them the hop meant, nobody knows.
    return nodes.length === 1 ? nodeAddress(nodes[0].replace(/^"|"$/g, '')) : '';
  });
}

const FOR = /^\s*for\s*=\s*("[^"]*"|[^\s]*)\s*$/i;

/** The parts between separators outside quoted strings, in the order they stand. */
function splitFromEnd(text: string, separator: string): string[] {
  const parts: string[] = [];
  let end = text.length;
  let quoted = false;
  for (let at = text.length - 1; at >= 0; at--) {
    const character = text.charAt(at);
    if (character === '"' && !isEscaped(text, at)) quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(at + 1, end));
      end = at;
    }
  }
  parts.push(text.slice(0, end));
  return parts.reverse();
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charAt(at - 1 - slashes) === '\\') slashes++;
  return slashes % 2 === 1;
}

function nodeAddress(node: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(node);
  return bracketed === null ? node.replace(/:\d{1,5}$/, '') : bracketed[1];
}
