/** `bans.exempt`: addresses, networks around and inside it, keys with an address in them, and keys without. */
import { expect, it } from 'vitest';
import { exemption } from '../../../src/app/ban-exemption.ts';

const isExempt = exemption(['10.0.0.0/8', '2001:db8:1::/48', '192.0.2.7']);

it.each([
  '10.1.2.3',
  '192.0.2.7',
  '::ffff:10.1.2.3',
  '2001:db8:1::5',
  '10.1.0.0/16',
  '192.0.2.0/24',
  '0.0.0.0/0',
])('no ban may touch %s', (key) => expect(isExempt('client.ip', key)).toBe(true));

it.each(['11.1.2.3', '192.0.2.8', '2001:db8:2::5', '192.0.3.0/24', '::/128', 'session', ''])(
  'a ban may touch %s',
  (key) => expect(isExempt('client.ip', key)).toBe(false),
);

it('sees an address among the parts of a key', () => {
  expect(isExempt('flood.l7', '8:10.1.2.3 orders')).toBe(true);
  expect(isExempt('flood.l7', '6:orders 10.1.2.3')).toBe(true);
  expect(isExempt('flood.l7', '8:11.1.2.3 orders')).toBe(false);
});

it('cannot be had by a client who writes an address into another part of its key', () => {
  // Address and user agent, user agent and address, and a text that reads as two parts.
  expect(isExempt('flood.l7', '8:11.1.2.3 0.0.0.0/0')).toBe(false);
  expect(isExempt('flood.l7', '8:10.1.2.3 11.1.2.3')).toBe(false);
  expect(isExempt('flood.l7', '8:11.1.2.3 8:10.1.2.3 x')).toBe(false);
});

it('exempts nobody when the list is empty', () => {
  expect(exemption([])('client.ip', '10.1.2.3')).toBe(false);
});
