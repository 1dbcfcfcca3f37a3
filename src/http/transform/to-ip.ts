/**
 * `to_ip`: every spelling of an address that a client library may connect to.
 *
 * IPv4 as `inet_aton` reads it: one to four parts, each decimal, octal (0…) or hexadecimal (0x…), the last one filling the
 * bytes that are left. IPv6 also in brackets and with a zone id, which is dropped.
 */
import { type IpAddress, ipv4, parseIp } from '../address.ts';
import type { MapTransformation } from './transformation.ts';
import { trimSpace } from './trim.ts';

/** Longer text is no address in any form, padded octal numbers included. */
const TEXT_MAX = 128;
const PART = /^(?:0[xX][0-9a-fA-F]*|[0-9]+)$/;

/** Reads an address in any of its spellings; undefined for other text. */
export function readAnyIp(text: string): IpAddress | undefined {
  const trimmed = trimSpace(text);
  if (trimmed.length > TEXT_MAX) return undefined;
  if (trimmed.includes(':')) {
    const bare = trimmed.startsWith('[') && trimmed.endsWith(']') ? trimmed.slice(1, -1) : trimmed;
    return parseIp(bare.replace(/%.*$/s, '')) ?? undefined;
  }
  const word = inetAton(trimmed.endsWith('.') ? trimmed.slice(0, -1) : trimmed);
  return word < 0 ? undefined : ipv4(word);
}

/** The number `inet_aton` makes of a text, -1 if it refuses it. */
function inetAton(text: string): number {
  const parts = text.split('.');
  if (parts.length > 4) return -1;
  let word = 0;
  for (const [index, part] of parts.entries()) {
    const value = readPart(part);
    const last = index === parts.length - 1;
    const room = last ? 2 ** (8 * (4 - index)) : 256;
    if (value < 0 || value >= room) return -1;
    word = last ? word * room + value : word * 256 + value;
  }
  return word;
}

function readPart(part: string): number {
  if (!PART.test(part)) return -1;
  if (part.length > 1 && (part[1] === 'x' || part[1] === 'X')) return part.length === 2 ? 0 : Number(part);
  if (part.length > 1 && part.startsWith('0')) return /[89]/.test(part) ? -1 : Number.parseInt(part, 8);
  return Number(part);
}

export const to_ip: MapTransformation = {
  kind: 'map',
  name: 'to_ip',
  doc: 'Reads an IP address in every form `inet_aton` does (decimal, octal, hexadecimal, one to four parts), and IPv6 with or without brackets; absent for other text.',
  parameters: [],
  from: ['String'],
  to: 'Ip',
  result: 'optional',
  examples: [
    { input: '0x7f.1', output: ipv4(0x7f000001) },
    { input: '2130706433', output: ipv4(0x7f000001) },
    { input: '0177.0.0.01', output: ipv4(0x7f000001) },
    { input: '[::ffff:10.0.0.1]', output: ipv4(0x0a000001) },
    { input: 'fe80::1%eth0', output: parseIp('fe80::1')! },
    { input: 'example.com', output: undefined },
    { input: '1.2.3.256', output: undefined },
  ],
  bind: () => (value) => (typeof value === 'string' ? readAnyIp(value) : undefined),
};
