/** The keyed hash against a second, plain writing of the paper's algorithm. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type HashSecret, KeyHash } from '../../../src/limiter/key-hash.ts';

const mask = 0xffff_ffffn;
const rotate = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (32n - by))) & mask;

/** HalfSipHash-1-3-64 on unbounded integers, one step a line. */
function reference(bytes: Uint8Array, low: bigint, high: bigint): bigint {
  const v = [low, high, 0x6c796765n ^ low, 0x74656462n ^ high];
  v[1] ^= 0xeen;
  const rounds = (times: number): void => {
    for (let round = 0; round < times; round++) {
      v[0] = (v[0] + v[1]) & mask;
      v[1] = rotate(v[1], 5n) ^ v[0];
      v[0] = rotate(v[0], 16n);
      v[2] = (v[2] + v[3]) & mask;
      v[3] = rotate(v[3], 8n) ^ v[2];
      v[0] = (v[0] + v[3]) & mask;
      v[3] = rotate(v[3], 7n) ^ v[0];
      v[2] = (v[2] + v[1]) & mask;
      v[1] = rotate(v[1], 13n) ^ v[2];
      v[2] = rotate(v[2], 16n);
    }
  };
  const padded = new Uint8Array((bytes.length & ~3) + 4);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 0xff;
  const words = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 4) {
    const word = BigInt(words.getUint32(at, true));
    v[3] ^= word;
    rounds(1);
    v[0] ^= word;
  }
  v[2] ^= 0xeen;
  rounds(3);
  const lower = v[1] ^ v[3];
  v[1] ^= 0xddn;
  rounds(3);
  return ((v[1] ^ v[3]) << 32n) | lower;
}

function hashOf(text: string, secret: HashSecret): bigint {
  const hash = new KeyHash();
  hash.update(text, secret);
  return (BigInt(hash.high >>> 0) << 32n) | BigInt(hash.low >>> 0);
}

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

it('agrees with the paper on any bytes and any secret', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), word, word, (bytes, low, high) => {
      const text = String.fromCharCode(...bytes);
      expect(hashOf(text, { low, high })).toBe(reference(bytes, BigInt(low >>> 0), BigInt(high >>> 0)));
    }),
    { numRuns: 300 },
  );
});

it('gives another hash under another secret', () => {
  expect(hashOf('203.0.113.7', { low: 1, high: 2 })).not.toBe(hashOf('203.0.113.7', { low: 1, high: 3 }));
});

it('tells texts of zero bytes apart by their length', () => {
  const secret = { low: 1, high: 2 };
  const hashes = new Set(Array.from({ length: 200 }, (_, length) => hashOf('\0'.repeat(length), secret)));
  expect(hashes.size).toBe(200);
});
