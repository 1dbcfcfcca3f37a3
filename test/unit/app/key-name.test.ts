/** Keys in logs: addresses and routes by name, everything else as a hash. */
import { describe, expect, it } from 'vitest';
import { keyName } from '../../../src/app/key-name.ts';

const KEY = Buffer.from('key of the test');
const name = (key: string): string => keyName(key, KEY, (part) => part === 'login');

describe('keyName', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::/56', '2001:db8::/56'],
    ['14:203.0.113.0/24 login', '203.0.113.0/24 login'],
    ['14:203.0.113.0/24 \0', '203.0.113.0/24 (none)'],
  ])('shows %j', (key, shown) => {
    expect(name(key)).toBe(shown);
  });

  it('hashes what may be a secret, alone or as a part, and equal ones alike', () => {
    const alone = name('sk_live_4242');
    expect(alone).toMatch(/^\[12 bytes, [0-9a-f]{16}\]$/);
    expect(name('12:sk_live_4242 login')).toBe(`${alone} login`);
    expect(name('10:203.0.113.7 sk_live_4242')).toMatch(/^\[27 bytes/);
  });

  it('takes no part longer than the key, and no other length on trust', () => {
    for (const key of ['99:203.0.113.7 login', '3:203.0.113.7 login', '0:', ':', '5:login']) {
      expect(name(key)).toMatch(/^\[\d+ bytes, [0-9a-f]{16}\]$|^\[\] /);
    }
  });
});
