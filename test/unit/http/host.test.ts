// Host values.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseHost } from '../../../src/http/host.ts';

it.each([
  ['example.com', 'example.com', undefined, 'example.com'],
  ['EXAMPLE.com:8080', 'example.com', 8080, 'example.com:8080'],
  ['localhost:080', 'localhost', 80, 'localhost:80'],
  ['a_b.example', 'a_b.example', undefined, 'a_b.example'],
  ['example.com.', 'example.com.', undefined, 'example.com.'],
  ['127.0.0.1', '127.0.0.1', undefined, '127.0.0.1'],
  ['[::1]:443', '[::1]', 443, '[::1]:443'],
  ['[2001:DB8:0::1]', '[2001:db8::1]', undefined, '[2001:db8::1]'],
  ['[::ffff:1.2.3.4]', '[::ffff:1.2.3.4]', undefined, '[::ffff:1.2.3.4]'],
])('reads %s', (value, name, port, text) => {
  expect(parseHost(value)).toEqual({ name, port, text });
});

it.each([
  ...[
    '',
    ' ',
    'a b',
    'a,b',
    'user@host',
    'host/',
    'host?',
    'host#',
    'host\\',
    'a..b',
    '.a',
    ':80',
    'a:',
    'a:x',
    'a:65536',
  ],
  ...[
    'a:123456',
    'a:80:80',
    '[::1',
    '::1',
    '[::1]x',
    '[::1]:',
    '[]',
    '[1.2.3.4]',
    '[fe80::1%25eth0]',
    '1.2.3',
    '0x7f.1',
  ],
  ...['1.2.3.256', '0177.0.0.1', 'h%6fst', '\xe9.example', 'a\0', 'a\n', `${'a'.repeat(254)}`],
])('refuses %j', (value) => {
  expect(parseHost(value)).toBeNull();
});

it('agrees with URL about what it accepts', () => {
  const piece = fc.constantFrom(
    'a',
    'B',
    '1',
    '.',
    '-',
    '_',
    ':',
    '80',
    '[',
    ']',
    '::1',
    '0x',
    '%41',
    '@',
    'xn--a',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }).map((p) => p.join('')),
      (value) => {
        const host = parseHost(value);
        // Invalid punycode is refused by URL alone; it is a name here.
        if (host === null || value.toLowerCase().includes('xn--')) return;
        const url = new URL(`http://${value}/`);
        expect(url.hostname).toBe(host.name);
        expect(url.port === '' ? 80 : Number(url.port)).toBe(host.port ?? 80);
      },
    ),
    { numRuns: 1_000 },
  );
});
