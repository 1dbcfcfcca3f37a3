/** `bans.exempt`: the operator's rescue, which no rule can overrule. */
import { cidrContains, parseCidr } from '../http/address.ts';
import type { Cidr } from '../http/address.ts';
import { partsOf } from './key-name.ts';
import type { IsExempt } from '../limiter/bans/ban-table.ts';

/**
 * A key with an address or a network in it is exempt if that shares an address with a network of the list, whatever kind
 * it is of: keys of floods and of `client.ip |> subnet(24, 56)` are such, too. Of several addresses each must: a client
 * who writes `10.0.0.1` into its user agent is not exempt for that. Other keys (a session, a token) are not of this list:
 * it cannot know whose they are.
 *
 * @param networks the configuration's own check let them through
 */
export function exemption(networks: readonly string[]): IsExempt {
  const exempt = networks.map(parseCidr).filter((network) => network !== null);
  if (exempt.length === 0) return () => false;
  return (_kind, key) => {
    const named = partsOf(key)
      .map(parseCidr)
      .filter((network) => network !== null);
    return named.length > 0 && named.every((one) => exempt.some((network) => overlap(network, one)));
  };
}

function overlap(one: Cidr, other: Cidr): boolean {
  return cidrContains(one, other.address) || cidrContains(other, one.address);
}
