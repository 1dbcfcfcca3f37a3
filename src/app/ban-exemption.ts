/** `bans.exempt`: the operator's rescue, which no rule can overrule. */
import { cidrContains, parseCidr } from '../http/address.ts';
import type { Cidr } from '../http/address.ts';
import { partsOf } from './key-name.ts';
import type { IsExempt } from '../limiter/bans/ban-table.ts';

/**
 * A key of which a part is an address or a network is exempt if that shares an address with a network of the list,
 * whatever kind it is of: keys of floods and of `client.ip |> subnet(24, 56)` are such, too. Other keys (a session, a
 * token) are not of this list: it cannot know whose they are.
 *
 * @param networks the configuration's own check let them through
 */
export function exemption(networks: readonly string[]): IsExempt {
  const exempt = networks.map(parseCidr).filter((network) => network !== null);
  if (exempt.length === 0) return () => false;
  return (_kind, key) =>
    partsOf(key).some((part) => {
      const banned = parseCidr(part);
      return banned !== null && exempt.some((network) => overlap(network, banned));
    });
}

function overlap(one: Cidr, other: Cidr): boolean {
  return cidrContains(one, other.address) || cidrContains(other, one.address);
}
