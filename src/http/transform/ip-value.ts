/** Telling an address from the other values of the language. */
import type { IpAddress } from '../address.ts';
import type { Value } from '../value.ts';

/** The value if it is an address, else undefined. */
export function asIp(value: Value): IpAddress | undefined {
  return typeof value === 'object' && 'words' in value ? value : undefined;
}
