// Limits of what stands in a request, each reached and passed.
import { expect, test } from 'vitest';
import {
  BODY_WINDOW_BYTES_DEFAULT,
  COMBINING_RUN_MAX,
  FILE_MAGIC_BYTES,
  FORWARDED_HOPS_MAX,
  HEADER_COUNT_MAX,
  HEADER_NAME_BYTES_MAX,
  HEADER_VALUE_BYTES_MAX,
  HEAD_BYTES_MAX,
  MULTIPART_BOUNDARY_BYTES_MAX,
  PEER_CACHE_ENTRIES_MAX,
  PERCENT_DECODE_ROUNDS_MAX,
  REQUEST_ID_CHARS_MAX,
  TRANSFORM_SCRATCH_BYTES,
} from '../../../src/core/limits.ts';
import { parseCidr } from '../../../src/http/address.ts';
import { createReaderFor, READER_LIMITS_DEFAULT } from '../../../src/http/body/create-reader.ts';
import { chooseBody } from '../../../src/http/body/sniff.ts';
import { RequestGuard } from '../../../src/http/guard/request-guard.ts';
import type { RequestHead } from '../../../src/http/request-head.ts';
import { lower } from '../../../src/http/transform/lower.ts';
import { nfkc } from '../../../src/http/transform/nfkc.ts';
import { percentDecode } from '../../../src/http/transform/percent-decode.ts';
import type { FileRecord } from '../../../src/http/value.ts';
import { checkText } from '../../support/check-rules.ts';
import { guardOptions } from '../../support/ward.ts';

const guard = new RequestGuard(guardOptions({ trustedPeers: [parseCidr('10.0.0.0/8')!] }));

function headOf(peer: string, fields: readonly string[]): RequestHead {
  const admission = guard.check({
    method: 'GET',
    target: '/',
    version: '1.1',
    scheme: 'http',
    fields: ['host', 's.example', ...fields],
    peer,
    peerPort: undefined,
    proxied: '',
  });
  if (admission.refusal !== null) throw new Error(admission.refusal);
  return admission.head;
}

const values = (bytes: number): string[] => {
  const fields: string[] = [];
  for (let left = bytes, i = 0; left > 0; left -= HEADER_VALUE_BYTES_MAX, i++) {
    fields.push(`x-${i}`, 'v'.repeat(Math.min(left, HEADER_VALUE_BYTES_MAX)));
  }
  return fields;
};

test.each<[string, (size: number) => string[], number]>([
  [
    'HEADER_COUNT_MAX',
    (count) =>
      Array(count - 1)
        .fill(['x-a', '1'])
        .flat(),
    HEADER_COUNT_MAX,
  ],
  ['HEADER_NAME_BYTES_MAX', (bytes) => ['x'.repeat(bytes), '1'], HEADER_NAME_BYTES_MAX],
  ['HEADER_VALUE_BYTES_MAX', (bytes) => ['x-a', '1'.repeat(bytes)], HEADER_VALUE_BYTES_MAX],
])('%s', (_name, fields, limit) => {
  expect(() => headOf('198.51.100.7', fields(limit))).not.toThrow();
  expect(() => headOf('198.51.100.7', fields(limit + 1))).toThrow('head.too_large');
});

test('HEAD_BYTES_MAX', () => {
  const fits = (bytes: number): boolean => {
    try {
      return headOf('198.51.100.7', values(bytes)) !== null;
    } catch {
      return false;
    }
  };
  expect([fits(HEAD_BYTES_MAX - 200), fits(HEAD_BYTES_MAX)]).toEqual([true, false]);
});

test('a request id of a trusted peer may have REQUEST_ID_CHARS_MAX characters', () => {
  const longest = 'a'.repeat(REQUEST_ID_CHARS_MAX);
  expect(headOf('10.0.0.1', ['x-request-id', longest]).id).toBe(longest);
  expect(headOf('10.0.0.1', ['x-request-id', `${longest}a`]).id).not.toContain('aa');
});

test('FORWARDED_HOPS_MAX addresses are read from the right', () => {
  const chain = (hops: number): string =>
    ['203.0.113.9', ...Array.from({ length: hops - 1 }, (_, i) => `10.0.1.${i + 1}`)].join(', ');
  const client = (hops: number): string =>
    headOf('10.0.0.1', ['x-forwarded-for', chain(hops)]).client.ip.text;
  expect(client(FORWARDED_HOPS_MAX)).toBe('203.0.113.9');
  expect(client(FORWARDED_HOPS_MAX + 1)).toBe('10.0.1.1');
});

test('more peers than PEER_CACHE_ENTRIES_MAX are still told apart', () => {
  const peers = Array.from({ length: PEER_CACHE_ENTRIES_MAX + 2 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
  for (const peer of [...peers, ...peers]) expect(headOf(peer, []).client.ip.text).toBe(peer);
});

interface Read {
  readonly parts: number[];
  readonly files: FileRecord[];
  readonly fault: string | undefined;
}

function read(type: string, body: string): Read {
  const parts: number[] = [];
  const files: FileRecord[] = [];
  const sink = {
    value: (_origin: number, _name: string, _path: string, _text: string, part: number) =>
      void parts.push(part),
    file: (file: FileRecord) => void files.push({ ...file }),
  };
  const reader = createReaderFor(chooseBody(type), {
    limits: READER_LIMITS_DEFAULT,
    sink,
    direction: 'request',
  });
  reader.write(Buffer.from(body, 'latin1'));
  reader.end();
  return { parts, files, fault: reader.fault?.reason };
}

test('a boundary may have MULTIPART_BOUNDARY_BYTES_MAX bytes', () => {
  const form = (boundary: string): Read =>
    read(
      `multipart/form-data; boundary=${boundary}`,
      `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--${boundary}--\r\n`,
    );
  const longest = 'b'.repeat(MULTIPART_BOUNDARY_BYTES_MAX);
  expect([form(longest).fault, form(`${longest}b`).fault]).toEqual([undefined, 'multipart.boundary']);
});

test('the first FILE_MAGIC_BYTES of a file decide its magic', () => {
  const magic = (before: number): string | undefined =>
    read(
      'multipart/form-data; boundary=b',
      `--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n${'x'.repeat(before)}\n<?php\r\n--b--\r\n`,
    ).files[0]?.magic;
  expect(magic(FILE_MAGIC_BYTES - 6)).toBe('application/x-php');
  expect(magic(FILE_MAGIC_BYTES)).toBe('text/plain');
});

test('a value of BODY_WINDOW_BYTES_DEFAULT is reported whole, a longer one in segments', () => {
  const value = 'v'.repeat(BODY_WINDOW_BYTES_DEFAULT);
  expect(read('application/json', `{"a":"${value}"}`).parts).toHaveLength(1);
  expect(read('application/json', `{"a":"${value}v"}`).parts).toHaveLength(2);
});

test('PERCENT_DECODE_ROUNDS_MAX rounds may be asked for', () => {
  const check = (rounds: number): boolean =>
    checkText(`rule a.b "x" { when request.query |> percent_decode(${rounds}) == "'" then block 403 }`)
      .policy !== null;
  expect([check(PERCENT_DECODE_ROUNDS_MAX), check(PERCENT_DECODE_ROUNDS_MAX + 1)]).toEqual([true, false]);
  const wrapped = `%${'25'.repeat(PERCENT_DECODE_ROUNDS_MAX)}27`;
  expect(percentDecode(wrapped, PERCENT_DECODE_ROUNDS_MAX)).toBe('%27');
});

test('texts longer than TRANSFORM_SCRATCH_BYTES are transformed as well', () => {
  for (const length of [TRANSFORM_SCRATCH_BYTES - 1, TRANSFORM_SCRATCH_BYTES, TRANSFORM_SCRATCH_BYTES * 3]) {
    expect(lower.bind([])('A'.repeat(length))).toBe('a'.repeat(length));
  }
});

test('COMBINING_RUN_MAX marks in a row are put in order, a longer run is cut', () => {
  const run = (marks: number): string =>
    Buffer.from(`a${'\u0301'.repeat(marks - 1)}\u0323`, 'utf8').toString('latin1');
  const ordered = (text: string): string =>
    Buffer.from(Buffer.from(text, 'latin1').toString('utf8').normalize('NFKC'), 'utf8').toString('latin1');
  const apply = nfkc.bind([]);
  expect(apply(run(COMBINING_RUN_MAX))).toBe(ordered(run(COMBINING_RUN_MAX)));
  expect(apply(run(COMBINING_RUN_MAX + 1))).not.toBe(ordered(run(COMBINING_RUN_MAX + 1)));
});
