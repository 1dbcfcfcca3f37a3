/** Who counts as one client: an IPv4 address, or an IPv6 /64, of which one subscriber has at least one (RFC 6177 §2). */
import type { IpAddress } from '../../http/address.ts';

export function clientKeyOf(address: IpAddress): string {
  return address.family === 4 ? address.text : `${address.words[0]}:${address.words[1]}`;
}
