/** `is_private`: the predicate for rules against server-side request forgery. */
import { type IpAddress, parseIp } from '../address.ts';
import { isPrivate } from '../address-class.ts';
import { asIp } from './ip-value.ts';
import type { MapTransformation } from './transformation.ts';

const ip = (text: string): IpAddress => parseIp(text)!;

export const is_private: MapTransformation = {
  kind: 'map',
  name: 'is_private',
  doc: 'True for addresses that are not on the public internet: loopback, private, link-local, shared, unique local, multicast, reserved, documentation, and the same behind NAT64 or 6to4.',
  parameters: [],
  from: ['Ip'],
  to: 'Bool',
  result: 'one',
  examples: [
    { input: ip('169.254.169.254'), output: true },
    { input: ip('64:ff9b::7f00:1'), output: true },
    { input: ip('93.184.216.34'), output: false },
    { input: ip('2606:4700::1111'), output: false },
  ],
  bind: () => (value) => {
    const address = asIp(value);
    return address !== undefined && isPrivate(address);
  },
};
