/**
 * No private address can be called, however it is spelled and wherever it hides: addresses against an independent reader
 * (ipaddr.js), spellings against a list that names other hosts.
 */
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { addressInside, ipv4, makeIp, parseCidr, parseIp } from '../../src/http/address.ts';
import { AddressGuard } from '../../src/proxy/egress/address-guard.ts';
import { DestinationTable, type EgressHost } from '../../src/proxy/egress/destination.ts';
import '../support/seed.ts';

const guard = new AddressGuard([]);
const word = fc.nat(0xffffffff);

/** Networks that no call may reach. */
const PRIVATE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
].map((text) => parseCidr(text)!);

const privateV4 = fc
  .record({ network: fc.constantFrom(...PRIVATE), index: word })
  .map(({ network, index }) => addressInside(network, index).words[3]);

const bytesOf = (v4: number): number[] => [v4 >>> 24, (v4 >>> 16) & 255, (v4 >>> 8) & 255, v4 & 255];

/** Ways in which some parser or another writes an IPv4 address. */
const SPELLINGS: readonly ((v4: number) => string)[] = [
  (v4) => bytesOf(v4).join('.'),
  (v4) => String(v4),
  (v4) => `0x${v4.toString(16)}`,
  (v4) => `0X${v4.toString(16).toUpperCase()}`,
  (v4) => `0${v4.toString(8)}`,
  (v4) =>
    bytesOf(v4)
      .map((byte) => `0x${byte.toString(16)}`)
      .join('.'),
  (v4) =>
    bytesOf(v4)
      .map((byte) => `0${byte.toString(8)}`)
      .join('.'),
  (v4) =>
    bytesOf(v4)
      .map((byte) => String(byte).padStart(3, '0'))
      .join('.'),
  (v4) => `${v4 >>> 24}.${v4 & 0xffffff}`,
  (v4) => `${v4 >>> 24}.${(v4 >>> 16) & 255}.${v4 & 0xffff}`,
  (v4) => `${bytesOf(v4).join('.')}.`,
  (v4) => bytesOf(v4).join('%2e'),
  (v4) => bytesOf(v4).join('\u3002'),
  (v4) => `[::ffff:${bytesOf(v4).join('.')}]`,
  (v4) => `[::ffff:${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}]`,
  (v4) => `[0:0:0:0:0:FFFF:${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}]`,
  (v4) => `[::${bytesOf(v4).join('.')}]`,
  (v4) => `[64:ff9b::${bytesOf(v4).join('.')}]`,
  (v4) => `[2002:${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}::]`,
  (v4) => `[::ffff:${bytesOf(v4).join('.')}%25lo]`,
  (v4) => `api.example.com@${bytesOf(v4).join('.')}`,
  (v4) => `api.example.com:80@${bytesOf(v4).join('.')}`,
  (v4) => `${bytesOf(v4).join('.')}#.example.com`,
  (v4) => `${bytesOf(v4).join('.')}\\.example.com`,
  (v4) => `${bytesOf(v4).join('.')}\0.example.com`,
  (v4) => ` ${bytesOf(v4).join('.')}`,
];

const entry = (host: string, port: number): EgressHost => ({
  host,
  port,
  protocol: 'http',
  tunnel: false,
  rate: undefined,
  inFlightMax: 1,
  connectionsMax: 1,
  requestBytesMax: 1,
  answerBytesMax: 1,
  connectMs: 1,
  headersMs: 1,
  idleMs: 1,
  totalMs: 1,
});
const table = new DestinationTable([
  entry('api.example.com', 80),
  entry('*.example.com', 80),
  entry('93.184.215.14', 80),
]);

describe('the guard of addresses', () => {
  it('permits no private IPv4 address, plain or inside an IPv6 one', () => {
    fc.assert(
      fc.property(privateV4, word, (v4, rest) => {
        const low = v4 >>> 0;
        expect(guard.permits(ipv4(low))).toBe(false);
        expect(guard.permits(makeIp(0, 0, 0, low))).toBe(false);
        expect(guard.permits(makeIp(0x64ff9b, 0, 0, low))).toBe(false);
        const sixToFour = [(0x2002 << 16) | (low >>> 16), ((low & 0xffff) << 16) | (rest & 0xffff)];
        expect(guard.permits(makeIp(sixToFour[0]! >>> 0, sixToFour[1]! >>> 0, rest, rest))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('permits of all addresses only those that another reader calls unicast, too', () => {
    const any = fc.oneof(
      word.map((v4) => ipv4(v4)),
      fc.tuple(word, word, word, word).map(([a, b, c, d]) => makeIp(a, b, c, d)),
      fc
        .tuple(fc.constantFrom(0x20010000, 0x20020000, 0xfd00ec20, 0xfe800000, 0x0064ff9b, 0), word)
        .map(([a, d]) => makeIp(a, 0, 0, d)),
    );
    fc.assert(
      fc.property(any, (address) => {
        if (!guard.permits(address)) return;
        const range = ipaddr.process(address.text).range();
        // NAT64 is judged by what is inside.
        expect(['unicast', 'rfc6052', '6to4']).toContain(range);
      }),
      { numRuns: 5_000 },
    );
  });

  it('opens exactly the networks it is given, and metadata to nothing but its own address', () => {
    const networks = ['169.254.0.0/16', '10.1.0.0/16', 'fd00::/8', '0.0.0.0/0'].map(
      (text) => parseCidr(text)!,
    );
    const wide = new AddressGuard(networks.slice(0, 3));
    const all = new AddressGuard(networks);
    const single = new AddressGuard([parseCidr('169.254.169.254')!]);
    const reads = (text: string): boolean[] => [wide, all, single].map((one) => one.permits(parseIp(text)!));
    expect(reads('169.254.169.254')).toEqual([false, false, true]);
    expect(reads('fd00:ec2::254')).toEqual([false, false, false]);
    expect(reads('64:ff9b::169.254.169.254')).toEqual([false, false, false]);
    expect(reads('168.63.129.16')).toEqual([false, false, false]);
    expect(reads('169.254.1.1')).toEqual([true, true, false]);
    expect(reads('10.1.2.3')).toEqual([true, true, false]);
    expect(reads('10.2.2.3')).toEqual([false, true, false]);
    expect(reads('fd00::1')).toEqual([true, true, false]);
    expect(reads('8.8.8.8')).toEqual([true, true, true]);
    expect(reads('2606:4700::1111')).toEqual([true, true, true]);
  });
});

it('no spelling of a private address is a listed host', () => {
  fc.assert(
    fc.property(
      privateV4,
      fc.constantFrom(...SPELLINGS),
      fc.constantFrom('', ':80', ':443'),
      (v4, spell, port) => {
        expect(table.find(spell(v4 >>> 0) + port)).toBeUndefined();
      },
    ),
    { numRuns: 5_000 },
  );
});

it('a host is listed in its own name, in any case, with or without final dot, and below a pattern', () => {
  expect(table.find('API.example.COM.')?.index).toBe(0);
  expect(table.find('a.b.example.com:80')).toMatchObject({ index: 1, name: 'a.b.example.com' });
  expect(table.find('93.184.215.14')?.index).toBe(2);
  for (const other of ['example.com', 'xexample.com', 'api.example.com:8080', '1.93.184.215.14', '']) {
    expect(table.find(other)).toBeUndefined();
  }
});
