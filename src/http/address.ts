/**
 * IP addresses and networks. IPv4-mapped IPv6 is unified with IPv4, so that one client has one address.
 *
 * Parsing is strict, because lists and trusted-proxy decisions hang on it: dotted quads without leading zeros, RFC 4291
 * §2.2 text for IPv6, no zone ids. The transformation `to_ip` is the lenient reader.
 */

/** An address as 16 network-order bytes in four unsigned 32-bit words; IPv4 is held as ::ffff:a.b.c.d. */
export interface IpAddress {
  readonly words: readonly [number, number, number, number];
  readonly family: 4 | 6;
  /** Canonical text (RFC 5952). */
  readonly text: string;
}

export interface Cidr {
  readonly address: IpAddress;
  /** Prefix length in the address's own family. */
  readonly bits: number;
  readonly text: string;
}

/** Second word of an IPv4-mapped address (RFC 4291 §2.5.5.2): the 96-bit prefix is 0, 0, this. */
const MAPPED = 0xffff;
const IPV4_TEXT_MAX = 15;
const IPV6_TEXT_MAX = 45;

/** An IPv4 address from its number. */
export function ipv4(word: number): IpAddress {
  return makeIp(0, 0, MAPPED, word >>> 0);
}

/** An address from four words; a mapped one comes out as IPv4. */
export function makeIp(a: number, b: number, c: number, d: number): IpAddress {
  const words = [a, b, c, d] as const;
  const family = a === 0 && b === 0 && c === MAPPED ? 4 : 6;
  return { words, family, text: family === 4 ? dotted(d) : compressed(words) };
}

/**
 * Reads an address in its standard text form.
 *
 * @returns null for anything else: leading zeros, zone ids, brackets, white space, inet_aton forms.
 */
export function parseIp(text: string): IpAddress | null {
  if (text.includes(':')) return parseIpv6(text);
  const word = parseDotted(text);
  return word < 0 ? null : ipv4(word);
}

/** The number a dotted quad stands for, -1 if the text is none. */
function parseDotted(text: string): number {
  if (text.length > IPV4_TEXT_MAX) return -1;
  let word = 0;
  let part = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === 0x2e) {
      if (part < 0 || ++dots > 3) return -1;
      word = word * 256 + part;
      part = -1;
    } else if (byte >= 0x30 && byte <= 0x39 && part !== 0) {
      part = (part < 0 ? 0 : part * 10) + byte - 0x30;
      if (part > 255) return -1;
    } else {
      return -1;
    }
  }
  return dots === 3 && part >= 0 ? word * 256 + part : -1;
}

function parseIpv6(text: string): IpAddress | null {
  if (text.length > IPV6_TEXT_MAX) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = readGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 1 ? [] : readGroups(halves[1]!, true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (index: number): number => groups[index]! * 0x10000 + groups[index + 1]!;
  return makeIp(word(0), word(2), word(4), word(6));
}

/** 16-bit groups between colons; a dotted quad may stand last and gives two. */
function readGroups(text: string, dottedMayEnd: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const word = dottedMayEnd && index === parts.length - 1 ? parseDotted(part) : -1;
      if (word < 0) return null;
      groups.push(word >>> 16, word & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups.length <= 8 ? groups : null;
}

function dotted(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

/** RFC 5952 §4.2: the longest run of two or more zero groups, the first of equals, becomes `::`. */
function compressed(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let best = 0;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > bestLength) {
      best = start;
      bestLength = end - start;
    }
    start = Math.max(start, end - 1);
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestLength < 2) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

/** Why a text is no network: it is none at all, its prefix is out of range, or bits outside the prefix are set. */
export type CidrFault = 'malformed' | 'prefix_length' | 'host_bits';

export type CidrReading =
  | { readonly ok: true; readonly cidr: Cidr }
  | { readonly ok: false; readonly reason: CidrFault; readonly suggestion?: string };

/**
 * Reads `address/bits`; an address alone is a network of one.
 *
 * @returns the reason for a refusal, and for stray host bits the network that was probably meant.
 */
export function readCidr(text: string): CidrReading {
  const slash = text.indexOf('/');
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return { ok: false, reason: 'malformed' };
  const whole = address.family === 4 ? 32 : 128;
  const length = slash < 0 ? String(whole) : text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return { ok: false, reason: 'malformed' };
  // A mapped address is written with a prefix of its IPv6 form.
  const mapped = slash >= 0 && address.family === 4 && text.includes(':');
  const bits = mapped ? Number(length) - 96 : Number(length);
  if (bits < 0 || bits > whole) return { ok: false, reason: 'prefix_length' };
  const cidr = networkOf(address, bits);
  if (cidr.address.text !== address.text) return { ok: false, reason: 'host_bits', suggestion: cidr.text };
  return { ok: true, cidr };
}

/** As `readCidr`, without the reason: null for whatever it refuses. */
export function parseCidr(text: string): Cidr | null {
  const reading = readCidr(text);
  return reading.ok ? reading.cidr : null;
}

/** The network of `bits` bits around an address; `bits` is clamped to the family. */
export function networkOf(address: IpAddress, bits: number): Cidr {
  const length = Math.max(0, Math.min(bits, address.family === 4 ? 32 : 128));
  const total = address.family === 4 ? length + 96 : length;
  const [a, b, c, d] = address.words;
  const network = makeIp(
    (a & wordMask(total)) >>> 0,
    (b & wordMask(total - 32)) >>> 0,
    (c & wordMask(total - 64)) >>> 0,
    (d & wordMask(total - 96)) >>> 0,
  );
  return { address: network, bits: length, text: `${network.text}/${length}` };
}

/** A 32-bit mask with the first `bits` bits set; out of range is all or nothing. */
function wordMask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

/** True if the address lies in the network. Families never mix: `::/0` holds no IPv4 address. */
/** An address of a network by its number, counted round; of a network larger than 2^32 the first that many. */
export function addressInside(cidr: Cidr, index: number): IpAddress {
  const [a, b, c, d] = cidr.address.words;
  const free = Math.min(32, (cidr.address.family === 4 ? 32 : 128) - cidr.bits);
  return makeIp(a, b, c, (d + (index % 2 ** free)) >>> 0);
}

/** Whether the network holds the address. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (cidr.address.family !== address.family) return false;
  const total = address.family === 4 ? cidr.bits + 96 : cidr.bits;
  for (let index = 0; index < 4; index++) {
    const mask = wordMask(total - 32 * index);
    if (((cidr.address.words[index]! ^ address.words[index]!) & mask) !== 0) return false;
  }
  return true;
}
