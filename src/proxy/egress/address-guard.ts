/**
 * Which addresses Ward connects to on behalf of the service (CWE-918, server-side request forgery).
 *
 * Stricter than what rules call private: of IPv6 only what IANA has given out as global unicast is public, and whatever
 * carries an IPv4 address inside is judged by that one, too.
 */
import { type Cidr, cidrContains, type IpAddress, ipv4, parseCidr, parseIp } from '../../http/address.ts';
import { isPrivate } from '../../http/address-class.ts';
import { CidrSet } from '../../http/cidr-set.ts';

/** Services that tell a machine its own credentials. A network that holds one of them does not permit it. */
const METADATA = addresses([
  '169.254.169.254', // most clouds
  '169.254.170.2', // credentials of containers
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16', // of all of these the one in public space
]);

/** RFC 4291 §2.4 with the IANA registry of global unicast: nothing outside is routed. */
const GLOBAL_UNICAST = network('2000::/3');
const PROTOCOL_ASSIGNMENTS = network('2001::/23'); // Teredo, ORCHID, benchmarking
const NAT64 = network('64:ff9b::/96'); // RFC 6052
const COMPATIBLE = network('::/96'); // RFC 4291 §2.5.5.1
const SIX_TO_FOUR = network('2002::/16'); // RFC 3056
const RELAYS = network('192.88.99.0/24'); // of 6to4, RFC 7526

export class AddressGuard {
  readonly #permitted: CidrSet;
  /** Addresses that were named one by one. */
  readonly #named: ReadonlySet<string>;

  /** @param permitted networks that are not public and may be called all the same */
  constructor(permitted: readonly Cidr[]) {
    this.#permitted = new CidrSet(permitted);
    const single = permitted.filter(({ address, bits }) => bits === (address.family === 4 ? 32 : 128));
    this.#named = new Set(single.map(({ address }) => address.text));
  }

  permits(address: IpAddress): boolean {
    const inner = embedded(address);
    const isMetadata = METADATA.has(address.text) || (inner !== undefined && METADATA.has(inner.text));
    if (isMetadata) return this.#named.has(address.text);
    return (
      (isPublic(address) && (inner === undefined || isPublic(inner))) || this.#permitted.contains(address)
    );
  }
}

function isPublic(address: IpAddress): boolean {
  if (isPrivate(address)) return false;
  if (address.family === 4) return !cidrContains(RELAYS, address);
  if (cidrContains(NAT64, address)) return true;
  return cidrContains(GLOBAL_UNICAST, address) && !cidrContains(PROTOCOL_ASSIGNMENTS, address);
}

/** The IPv4 address that routers would take out of an IPv6 one. */
function embedded(address: IpAddress): IpAddress | undefined {
  if (address.family === 4) return undefined;
  const [first, second, , fourth] = address.words;
  if (cidrContains(NAT64, address) || cidrContains(COMPATIBLE, address)) return ipv4(fourth);
  if (cidrContains(SIX_TO_FOUR, address)) return ipv4(((first & 0xffff) << 16) | (second >>> 16));
  return undefined;
}

function addresses(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.map((text) => (parseIp(text) as IpAddress).text));
}

function network(text: string): Cidr {
  return parseCidr(text) as Cidr;
}
