/** `percent_decode(n)`: RFC 3986 §2.1 escapes, a bounded number of times. */
import { PERCENT_DECODE_ROUNDS_MAX } from '../../core/limits.ts';
import { hexPair, load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

/**
 * Decodes valid `%xx` escapes at most `rounds` times and stops when nothing is left to decode; invalid escapes stay.
 * Plus signs are not touched. Cost: the length of the text for each round that changes it, and one more.
 */
export function percentDecode(text: string, rounds: number): string {
  const first = text.indexOf('%');
  if (first < 0) return text;
  const buffer = load(text);
  let length = text.length;
  for (let round = 0; round < rounds; round++) {
    const shorter = decodeRound(buffer, first, length);
    if (shorter === length) break;
    length = shorter;
  }
  return length === text.length ? text : unload(buffer, length, text);
}

/** One round in place; returns the new length. */
function decodeRound(buffer: Buffer, from: number, length: number): number {
  let out = from;
  for (let at = from; at < length; at++) {
    const byte = buffer[at]!;
    const value = byte === 0x25 && at + 2 < length ? hexPair(buffer[at + 1], buffer[at + 2]) : -1;
    if (value < 0) {
      buffer[out++] = byte;
    } else {
      buffer[out++] = value;
      at += 2;
    }
  }
  return out;
}

export const percent_decode: TextTransformation = {
  kind: 'text',
  name: 'percent_decode',
  doc: 'Decodes %xx escapes, at most `rounds` times, until nothing changes. Invalid escapes and plus signs stay.',
  parameters: [{ name: 'rounds', kind: 'Int', range: [1, PERCENT_DECODE_ROUNDS_MAX] }],
  triggers: '%',
  erases: false,
  growth: 1,
  examples: [
    { input: '%27+or', args: [1], output: "'+or" },
    { input: '%252e', args: [1], output: '%2e' },
    { input: '%25252e', args: [3], output: '.' },
    { input: '100%zz%4', args: [3], output: '100%zz%4' },
  ],
  bind: ([rounds]) => {
    const count = Number(rounds);
    return (text) => percentDecode(text, count);
  },
};
