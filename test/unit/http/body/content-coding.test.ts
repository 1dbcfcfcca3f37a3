import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  CONTENT_CODINGS_MAX,
  GZIP_HEADER_BYTES_MAX,
  INFLATE_GRACE_BYTES,
  INFLATE_RATIO_MAX,
} from '../../../../src/core/limits.ts';
import { contentCodingOf, createDecoder } from '../../../../src/http/body/content-coding.ts';
import type { ContentCoding } from '../../../../src/http/body/content-coding.ts';
import { randomOf } from '../../../support/fuzz.ts';

interface Decoded {
  text: string;
  fault: string | null;
  consumed: number;
  largest: number;
}

async function decode(coding: ContentCoding, body: Uint8Array, chunkBytes: number): Promise<Decoded> {
  const pieces: Buffer[] = [];
  let largest = 0;
  const decoder = createDecoder(coding, (chunk) => {
    largest = Math.max(largest, chunk.length);
    pieces.push(Buffer.from(chunk));
  });
  for (let at = 0; at < body.length; at += chunkBytes) {
    const before = decoder.produced;
    await decoder.write(body.subarray(at, at + chunkBytes));
    expect(decoder.produced).toBeGreaterThanOrEqual(before);
    expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBeLessThanOrEqual(decoder.produced);
  }
  await decoder.end();
  const text = Buffer.concat(pieces).toString('latin1');
  return { text, fault: decoder.fault?.reason ?? null, consumed: decoder.consumed, largest };
}

const plain = 'some text that is compressed, '.repeat(2000);
const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
const codings = ['gzip', 'deflate', 'br'] as const;

describe.each(codings)('%s', (coding) => {
  const body = encoders[coding](plain);

  test.each([1, 7, 1000, 1_000_000])('decodes in chunks of %i bytes', async (chunkBytes) => {
    const { text, fault, consumed } = await decode(coding, body, chunkBytes);
    expect(fault).toBeNull();
    expect(text).toBe(plain);
    expect(consumed).toBe(body.length);
  });

  test('decodes an empty text', async () => {
    expect(await decode(coding, encoders[coding](''), 3)).toMatchObject({ text: '', fault: null });
  });

  test.each([1, 1_000_000])('refuses trailing bytes, in chunks of %i', async (chunkBytes) => {
    const trailed = Buffer.concat([body, Buffer.from('x')]);
    expect((await decode(coding, trailed, chunkBytes)).fault).toBe('coding.damaged');
  });

  test.each([1, 1_000_000])(
    'refuses a second stream behind the first, in chunks of %i',
    async (chunkBytes) => {
      expect((await decode(coding, Buffer.concat([body, body]), chunkBytes)).fault).toBe('coding.damaged');
    },
  );

  test('refuses a stream that was cut anywhere', async () => {
    const short = encoders[coding]('a short text');
    for (let length = 0; length < short.length; length++) {
      expect((await decode(coding, short.subarray(0, length), 5)).fault, `${length}`).toBe('coding.damaged');
    }
  });

  test('stops a bomb soon after the grace, in bounded pieces', async () => {
    const bomb = encoders[coding](Buffer.alloc(64 * 1024 * 1024));
    const { text, fault, largest } = await decode(coding, bomb, 1_000_000);
    expect(fault).toBe('coding.ratio');
    expect(text.length).toBeLessThanOrEqual(INFLATE_GRACE_BYTES + bomb.length * INFLATE_RATIO_MAX);
    expect(largest).toBeLessThanOrEqual(64 * 1024);
  });

  test('lets a body inflate INFLATE_RATIO_MAX times, no more', async () => {
    // Noise hardly shrinks, zeros nearly vanish: together they come close to the ratio from either side.
    const random = randomOf(1);
    const noise = Buffer.from(Array.from({ length: 60_000 }, () => random(256)));
    const inflating = (times: number): Buffer =>
      encoders[coding](Buffer.concat([noise, Buffer.alloc(noise.length * times)]));
    expect((await decode(coding, inflating(INFLATE_RATIO_MAX * 0.9), 1_000_000)).fault).toBeNull();
    expect((await decode(coding, inflating(INFLATE_RATIO_MAX * 1.2), 1_000_000)).fault).toBe('coding.ratio');
  });

  test('resolves what waits when it is closed', async () => {
    const decoder = createDecoder(coding, () => undefined);
    const writing = decoder.write(body);
    decoder.close();
    await writing;
    await decoder.write(body);
    await decoder.end();
    expect(decoder.fault).toBeNull();
  });
});

describe('gzip framing', () => {
  const body = gzipSync('abc');
  const withFlags = (flags: number, extra: Buffer): Buffer => {
    const head = Buffer.from(body.subarray(0, 10));
    head[3] = flags;
    return Buffer.concat([head, extra, body.subarray(10)]);
  };

  test('skips extra field, name and comment', async () => {
    const extra = Buffer.from('\x03\x00xyzname\0comment\0', 'latin1');
    expect(await decode('gzip', withFlags(4 | 8 | 16, extra), 2)).toMatchObject({ text: 'abc', fault: null });
  });

  test.each([
    [GZIP_HEADER_BYTES_MAX, null],
    [GZIP_HEADER_BYTES_MAX + 1, 'coding.damaged'],
  ])('a header of %i bytes gives %s', async (length, fault) => {
    const name = Buffer.alloc(length - 10, 0x61);
    name[name.length - 1] = 0;
    expect((await decode('gzip', withFlags(8, name), 7)).fault).toBe(fault);
  });

  test.each([
    ['a reserved flag', withFlags(0x20, Buffer.alloc(0))],
    ['a wrong header checksum', withFlags(2, Buffer.from([1, 2]))],
    ['a header that does not end', withFlags(8, Buffer.alloc(GZIP_HEADER_BYTES_MAX, 0x61))],
    ['a wrong checksum', Buffer.from(body).fill(0, body.length - 8, body.length - 4)],
    ['a wrong size', Buffer.from(body).fill(9, body.length - 4)],
    ['another magic', Buffer.from(body).fill(0, 0, 1)],
  ])('refuses %s', async (_what, damaged) => {
    expect((await decode('gzip', damaged, 4)).fault).toBe('coding.damaged');
    expect((await decode('gzip', damaged, 4000)).fault).toBe('coding.damaged');
  });
});

test.each(['identity', 'gzip'] as const)('%s: what the receiver throws rejects the write', async (coding) => {
  const decoder = createDecoder(coding, () => {
    throw new Error('evaluation failed');
  });
  await expect(decoder.write(gzipSync('abc'))).rejects.toThrow('evaluation failed');
  await decoder.end();
});

test('raw deflate is not deflate', async () => {
  expect((await decode('deflate', deflateRawSync(plain), 100)).fault).toBe('coding.damaged');
});

test('identity passes through', async () => {
  expect(await decode('identity', Buffer.from('abc'), 2)).toMatchObject({
    text: 'abc',
    fault: null,
    consumed: 3,
  });
});

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['identity', 'identity'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', null],
  [
    Array(CONTENT_CODINGS_MAX + 1)
      .fill('gzip')
      .join(', '),
    null,
  ],
  ['gzip, br', null],
  ['gzip, gzip', null],
])('content coding of %j is %j', (field, coding) => {
  expect(contentCodingOf(field)).toBe(coding);
});
