/** Preambles of both versions, whole, cut anywhere and broken. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROXY_PREAMBLE_BYTES_MAX } from '../../../src/core/limits.ts';
import { readPreamble } from '../../../src/http/proxy-protocol.ts';

function v2(command: number, family: number, addresses: readonly number[], extra = 0): Buffer {
  const length = addresses.length + extra;
  return Buffer.concat([
    Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
    Buffer.from([0x20 | command, (family << 4) | 1, length >> 8, length & 255, ...addresses]),
    Buffer.alloc(extra, 0x04),
  ]);
}

const PORTS = [0x30, 0x39, 0x00, 0x50];
const V2_INET = v2(1, 1, [9, 8, 7, 6, 127, 0, 0, 1, ...PORTS]);
const V2_INET6 = v2(1, 2, [
  0x20,
  1,
  13,
  184,
  ...Array<number>(11).fill(0),
  1,
  ...Array<number>(16).fill(0),
  ...PORTS,
]);
const line = (text: string): Buffer => Buffer.from(`${text}\r\n`, 'latin1');

describe('readPreamble', () => {
  it.each([
    [line('PROXY TCP4 9.8.7.6 127.0.0.1 12345 80'), '9.8.7.6', 12_345],
    [line('PROXY TCP6 2001:db8::1 ::1 12345 80'), '2001:db8::1', 12_345],
    [line('PROXY UNKNOWN'), '', 0],
    [line('PROXY UNKNOWN ffff:f::f ffff::f 65535 65535'), '', 0],
    [V2_INET, '9.8.7.6', 12_345],
    [V2_INET6, '2001:db8:0:0:0:0:0:1', 12_345],
    [v2(1, 1, [9, 8, 7, 6, 127, 0, 0, 1, ...PORTS], 200), '9.8.7.6', 12_345],
    [v2(0, 1, [9, 8, 7, 6, 127, 0, 0, 1, ...PORTS]), '', 0],
    [v2(1, 3, Array<number>(216).fill(65)), '', 0],
  ])('reads %#, and waits while it is cut anywhere', (bytes, address, port) => {
    const read = { kind: 'read', bytes: bytes.length, address, port };
    expect(readPreamble(bytes)).toEqual(read);
    expect(readPreamble(Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1\r\n\r\n')]))).toEqual(read);
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(readPreamble(bytes.subarray(0, cut))).toEqual({ kind: 'incomplete' });
    }
  });

  it.each([
    line('PROXY TCP4 9.8.7.6 127.0.0.1 99999 80'),
    line('PROXY TCP4 9.8.7.6 127.0.0.1 12345'),
    line('PROXY TCP4 2001:db8::1 ::1 12345 80'),
    line('PROXY TCP5 9.8.7.6 127.0.0.1 12345 80'),
    line('PROXY  TCP4 9.8.7.6 127.0.0.1 12345 80'),
    line(`PROXY UNKNOWN ${'x'.repeat(100)}`),
    Buffer.from(`PROXY UNKNOWN ${'x'.repeat(200)}`),
    v2(1, 1, [9, 8, 7, 6]),
    v2(2, 1, [9, 8, 7, 6, 127, 0, 0, 1, ...PORTS]),
    v2(1, 1, [9, 8, 7, 6, 127, 0, 0, 1, ...PORTS], PROXY_PREAMBLE_BYTES_MAX),
  ])('refuses %#', (bytes) => {
    expect(readPreamble(bytes)).toEqual({ kind: 'malformed' });
  });

  it.each(['GET / HTTP/1.1\r\n', 'POST / HTTP/1.1\r\n', 'PRI * HTTP/2.0\r\n', '\x16\x03\x01', '\r\n\r\nGET'])(
    'leaves %j to the parser',
    (text) => {
      expect(readPreamble(Buffer.from(text, 'latin1')).kind).toBe('none');
    },
  );

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, marked) => {
        const whole = marked ? Buffer.concat([V2_INET.subarray(0, 12), bytes]) : Buffer.from(bytes);
        const preamble = readPreamble(whole);
        if (preamble.kind === 'read') expect(preamble.bytes).toBeLessThanOrEqual(whole.length);
      }),
      { seed: Number(process.env['FC_SEED'] ?? 1), numRuns: 500 },
    );
  });
});
