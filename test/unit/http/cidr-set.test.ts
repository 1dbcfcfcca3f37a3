// CidrSet against a plain scan over the same networks, and at the size of a large ban list.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LIST_ENTRIES_MAX } from '../../../src/core/limits.ts';
import {
  type Cidr,
  cidrContains,
  ipv4,
  makeIp,
  networkOf,
  parseCidr,
  parseIp,
} from '../../../src/http/address.ts';
import { CidrSet } from '../../../src/http/cidr-set.ts';

const networks = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);

it('finds addresses at both ends of a network and none beside it', () => {
  const set = new CidrSet(networks('192.0.2.64/26', '2001:db8:1::/48'));
  for (const inside of ['192.0.2.64', '192.0.2.127', '2001:db8:1::', '2001:db8:1:ffff:ffff:ffff:ffff:ffff']) {
    expect(set.contains(parseIp(inside)!), inside).toBe(true);
  }
  for (const outside of ['192.0.2.63', '192.0.2.128', '2001:db8:0:ffff::', '2001:db8:2::', '::', '0.0.0.0']) {
    expect(set.contains(parseIp(outside)!), outside).toBe(false);
  }
});

it('merges nested networks and duplicates', () => {
  const set = new CidrSet(networks('10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8', '::/0', '2001:db8::/32'));
  expect(set.size).toBe(2);
  expect(set.contains(parseIp('10.200.0.1')!)).toBe(true);
});

it('holds everything, and nothing', () => {
  const all = new CidrSet(networks('0.0.0.0/0', '::/0'));
  const none = new CidrSet([]);
  for (const text of ['0.0.0.0', '255.255.255.255', '::1', 'ffff::']) {
    expect(all.contains(parseIp(text)!)).toBe(true);
    expect(none.contains(parseIp(text)!)).toBe(false);
  }
});

it('agrees with a scan', () => {
  const word = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0xfffffff0, max: 0xffffffff }));
  const address = fc.oneof(
    word.map(ipv4),
    fc.tuple(word, word, word, word).map(([a, b, c, d]) => makeIp(a, b, c, d)),
  );
  const network = fc
    .tuple(address, fc.integer({ min: 0, max: 128 }))
    .map(([ip, bits]) => networkOf(ip, bits));
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 12 }),
      fc.array(address, { maxLength: 12 }),
      (list, probes) => {
        const set = new CidrSet(list);
        for (const probe of probes) {
          expect(set.contains(probe)).toBe(list.some((entry) => cidrContains(entry, probe)));
        }
      },
    ),
    { numRuns: 500 },
  );
});

it('holds a list of the largest size', () => {
  function* everyOther(): Iterable<Cidr> {
    for (let index = 0; index < LIST_ENTRIES_MAX; index++) {
      yield { address: { words: [0, 0, 0xffff, index * 2], family: 4, text: '' }, bits: 32, text: '' };
    }
  }
  const set = new CidrSet(everyOther());
  expect(set.size).toBe(LIST_ENTRIES_MAX);
  expect(set.contains(ipv4(2 * LIST_ENTRIES_MAX - 2))).toBe(true);
  expect(set.contains(ipv4(2 * LIST_ENTRIES_MAX - 1))).toBe(false);
});
