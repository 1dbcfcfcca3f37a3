/** `subnet(v4, v6)`: the network a client belongs to, for keys of limiters. */
import { type IpAddress, networkOf, parseCidr, parseIp } from '../address.ts';
import { asIp } from './ip-value.ts';
import type { MapTransformation } from './transformation.ts';

const ip = (text: string): IpAddress => parseIp(text)!;

export const subnet: MapTransformation = {
  kind: 'map',
  name: 'subnet',
  doc: 'The network around an address: the first argument is the prefix length for IPv4, the second for IPv6.',
  parameters: [
    { name: 'v4', kind: 'Int', range: [0, 32] },
    { name: 'v6', kind: 'Int', range: [0, 128] },
  ],
  from: ['Ip'],
  to: 'Cidr',
  result: 'one',
  examples: [
    { input: ip('192.0.2.77'), args: [24, 56], output: parseCidr('192.0.2.0/24')! },
    { input: ip('2001:db8:1:2ff::1'), args: [24, 56], output: parseCidr('2001:db8:1:200::/56')! },
    { input: ip('::ffff:10.1.2.3'), args: [32, 64], output: parseCidr('10.1.2.3/32')! },
  ],
  bind: ([v4, v6]) => {
    const bits4 = Number(v4);
    const bits6 = Number(v6);
    return (value) => {
      const address = asIp(value);
      return address && networkOf(address, address.family === 4 ? bits4 : bits6);
    };
  },
};
