/** Which addresses are not on the public internet, for rules against server-side request forgery. */
import { type Cidr, type IpAddress, cidrContains, ipv4, parseCidr } from './address.ts';

/** IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast. */
const PRIVATE_V4 = networks([
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // RFC 1918
  '100.64.0.0/10', // carrier-grade NAT, RFC 6598
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, where cloud metadata lives
  '172.16.0.0/12', // RFC 1918
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.168.0.0/16', // RFC 1918
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved and broadcast
]);

/** IANA IPv6 Special-Purpose Address Registry, and multicast. */
const PRIVATE_V6 = networks([
  '::/128', // unspecified
  '::1/128', // loopback
  '64:ff9b:1::/48', // local NAT64, RFC 8215
  '100::/64', // discard
  '2001:db8::/32', // documentation
  '3fff::/20', // documentation
  'fc00::/7', // unique local
  'fe80::/10', // link-local
  'fec0::/10', // site-local, deprecated
  'ff00::/8', // multicast
]);

const NAT64 = networks(['64:ff9b::/96'])[0]!; // RFC 6052
const COMPATIBLE = networks(['::/96'])[0]!; // RFC 4291 §2.5.5.1
const SIX_TO_FOUR = networks(['2002::/16'])[0]!; // RFC 3056

/** True for every address that is not globally reachable unicast, also behind NAT64, 6to4 and IPv4-compatible forms. */
export function isPrivate(address: IpAddress): boolean {
  if (address.family === 4) return PRIVATE_V4.some((network) => cidrContains(network, address));
  if (PRIVATE_V6.some((network) => cidrContains(network, address))) return true;
  const [first, second, , fourth] = address.words;
  if (cidrContains(NAT64, address) || cidrContains(COMPATIBLE, address)) return isPrivate(ipv4(fourth));
  if (cidrContains(SIX_TO_FOUR, address)) {
    return isPrivate(ipv4(((first & 0xffff) << 16) | (second >>> 16)));
  }
  return false;
}

function networks(texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => parseCidr(text)).filter((cidr) => cidr !== null);
}
