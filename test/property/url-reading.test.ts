/** Plain authorities are read without the parser of the standard, and to the same end. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readUrl } from '../../src/http/transform/url.ts';

const label = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,6}$/),
  fc.stringMatching(/^[0-9]{1,10}$/),
  fc.stringMatching(/^0x[0-9a-f]{0,9}$/),
  fc.constantFrom('xn--a', 'xn--nxasmq6b', '0', '08', '127', '256', 'a--b', '-a', 'a_b', 'A'),
);
const authority = fc
  .tuple(
    fc.constantFrom('http:', 'https:', 'ws:', 'ftp:', 'HTTP:', 'file:', 'x:', ''),
    fc.constantFrom('//', '/', '\\\\', '///'),
    fc.array(label, { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', '.', ':80', ':8080', ':0', ':65536', ':', '@a', '%41'),
    fc.constantFrom('', '/', '/a b', '?q', '#f', '\\x', '/\t', '/%zz', '/\xff'),
  )
  .map(([scheme, slashes, labels, port, rest]) => scheme + slashes + labels.join('.') + port + rest);

/** A blank in front is taken off by the standard, and no plain authority has one. */
const byTheStandard = (text: string): unknown => readUrl(` ${text}`);

it('reads what the standard reads', () => {
  fc.assert(
    fc.property(authority, (text) => {
      expect(readUrl(text)).toEqual(byTheStandard(text));
    }),
    { numRuns: 4000 },
  );
});

it('reads one text again as the first time, and another text anew', () => {
  const first = readUrl('http://a.example/');
  expect(readUrl('http://a.example/')).toEqual(first);
  expect(readUrl('http://127.1:81/')).toEqual({ scheme: 'http', host: '127.0.0.1', port: 81 });
});

it('finds no URL in a host with a control character, however often it is asked', () => {
  // UTF-8 of three characters below U+0100 whose own bytes are UTF-8 of one: optimised, Node's `canParse` takes them for it.
  const host = '//ws\xc3\xa8\xc2\xa7\xc2\x86';
  const read = Array.from({ length: 15_000 }, (_, i) => readUrl(`${host}${i}`));
  expect(read.filter((reading) => reading !== undefined)).toEqual([]);
});
