import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReaderOptions } from '../../src/http/body/reader.ts';
import { RawTextTap } from '../../src/http/body/text.ts';
import { UrlencodedReader } from '../../src/http/body/urlencoded.ts';
import { bytesOf, replayEveryCut, utf8BytesAsLatin1, wholeValues } from './body-replay.ts';

const make = (options: ReaderOptions): UrlencodedReader => new UrlencodedReader(options);
const makeLenient = (options: ReaderOptions): UrlencodedReader =>
  new UrlencodedReader(options, { lenient: true });

describe('urlencoded reader', () => {
  const pair = fc.tuple(fc.string({ maxLength: 6 }), fc.string({ unit: 'grapheme', maxLength: 30 }));

  test('reports the pairs URLSearchParams gives, at every cut', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 6 }), (pairs) => {
        const text = new URLSearchParams(pairs).toString();
        const run = replayEveryCut(make, bytesOf(text));
        expect(run.fault).toBeNull();
        const expected = pairs.map(([name, value]) => [utf8BytesAsLatin1(name), utf8BytesAsLatin1(value)]);
        expect(wholeValues(run, 16).map(([name, , text]) => [name, text])).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  const fragment = fc.constantFrom(
    ...[
      'a',
      '=',
      '&',
      '+',
      '%',
      '%4',
      '%41',
      '%zz',
      '%c3%a9',
      'x'.repeat(20),
      'n'.repeat(40),
      '\xff',
      '{"a":',
      '%4+',
      ';',
    ],
  );
  test('reads any bytes the same at every cut, strict and lenient', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (parts) => {
        const body = bytesOf(parts.join(''));
        replayEveryCut(make, body);
        const run = replayEveryCut(makeLenient, body);
        expect(run.fault).toBeNull();
        if (/[^&=]{65}/.test(body.toString('latin1'))) return; // a name over the limit is read as a value
        const oracle = [...new URLSearchParams(body.toString('latin1').replaceAll('\xff', '%ef%bf%bd'))];
        const shown = wholeValues(run, 16).map(([name, , text]) =>
          [name, text].map((bytes) => bytesOf(bytes as string).toString('utf8')),
        );
        expect(shown).toEqual(oracle);
      }),
      { numRuns: 300 },
    );
  });
});

test('the raw text tap reports every byte, at every cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (body) => {
      const run = replayEveryCut((options) => new RawTextTap(options), body);
      const text = wholeValues(run, 16).map(([, , piece]) => piece);
      expect(text).toEqual(body.length === 0 ? [] : [Buffer.from(body).toString('latin1')]);
      expect(run.cleared).toBe(body.length);
    }),
    { numRuns: 60 },
  );
});
