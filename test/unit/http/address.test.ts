// Addresses and networks: canonical text, strictness, and the unification of mapped addresses.
import { describe, expect, it } from 'vitest';
import { cidrContains, makeIp, networkOf, parseCidr, parseIp, readCidr } from '../../../src/http/address.ts';

describe('parseIp', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:1:0:0:0:0:1', '0:0:1::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('reads %s as %s', (text, canonical) => {
    const address = parseIp(text)!;
    expect(address.text).toBe(canonical);
    expect(address.family).toBe(canonical.includes(':') ? 6 : 4);
    expect(parseIp(canonical)).toEqual(address);
  });

  it.each([
    ...[
      '',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.04',
      '1..2.3',
      '1.2.3.',
      '.1.2.3',
      ' 1.2.3.4',
    ],
    ...[
      '1.2.3.4 ',
      '0x1.2.3.4',
      '1.2.3.4/8',
      '١.2.3.4',
      ':',
      ':::',
      '1:2',
      '1:2:3:4:5:6:7:8:9',
      '::1::',
      '12345::',
    ],
    ...[
      'g::',
      'fe80::1%eth0',
      '[::1]',
      '1.2.3.4::',
      '::1.2.3.4:5',
      '::1.2.3.04',
      '1:2:3:4:5:6:7:1.2.3.4',
      ':1::2',
    ],
    ...['1::2:', '1:2:3:4::5:6:7:8', '::1.2.3', `${'0'.repeat(50)}::`],
  ])('refuses %j', (text) => {
    expect(parseIp(text)).toBeNull();
  });

  it('holds IPv4 as a mapped address', () => {
    expect(parseIp('10.1.2.3')!.words).toEqual([0, 0, 0xffff, 0x0a010203]);
    expect(makeIp(0, 0, 0xffff, 0xffffffff).text).toBe('255.255.255.255');
  });
});

describe('readCidr', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:10.0.0.1', '10.0.0.1/32'],
  ])('reads %s as %s', (text, canonical) => {
    expect(parseCidr(text)?.text).toBe(canonical);
  });

  it.each([
    ['10.0.0.0/33', 'prefix_length'],
    ['::/129', 'prefix_length'],
    ['::ffff:10.0.0.0/8', 'prefix_length'],
    ['10.0.0.0/', 'malformed'],
    ['10.0.0.0/08', 'malformed'],
    ['10.0.0.0/8/8', 'malformed'],
    ['10.0.0.0/-1', 'malformed'],
    ['10.0.0.0/255.0.0.0', 'malformed'],
    ['example.com/8', 'malformed'],
  ])('refuses %s as %s', (text, reason) => {
    expect(readCidr(text)).toEqual({ ok: false, reason });
    expect(parseCidr(text)).toBeNull();
  });

  it('names the network that stray host bits were meant for', () => {
    expect(readCidr('10.1.0.0/8')).toEqual({ ok: false, reason: 'host_bits', suggestion: '10.0.0.0/8' });
    expect(readCidr('2001:db8::1/64')).toEqual({
      ok: false,
      reason: 'host_bits',
      suggestion: '2001:db8::/64',
    });
  });
});

describe('cidrContains', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['::/0', '203.0.113.9', false],
    ['::/0', 'fe80::1', true],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['2001:db8:8000::/33', '2001:db8:8000::1', true],
    ['2001:db8:8000::/33', '2001:db8:7fff::1', false],
    ['::1/128', '::2', false],
  ])('%s contains %s: %s', (network, address, expected) => {
    expect(cidrContains(parseCidr(network)!, parseIp(address)!)).toBe(expected);
  });
});

it('cuts an address to its network, at most to its family', () => {
  expect(networkOf(parseIp('198.51.100.77')!, 25).text).toBe('198.51.100.0/25');
  expect(networkOf(parseIp('198.51.100.77')!, 99).text).toBe('198.51.100.77/32');
  expect(networkOf(parseIp('2001:db8:ffff::1')!, 33).text).toBe('2001:db8:8000::/33');
  expect(networkOf(parseIp('2001:db8::1')!, -1).text).toBe('::/0');
});
