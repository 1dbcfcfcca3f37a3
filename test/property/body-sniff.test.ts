import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNestedJson } from '../../src/http/body/nested.ts';
import { SniffingReader } from '../../src/http/body/sniff.ts';
import { bytesOf, replayEveryCut, SMALL_LIMITS } from './body-replay.ts';

describe('sniffing reader', () => {
  const fragment = fc.constantFrom(
    ...[
      ' ',
      '\n',
      '{',
      '[',
      '"a":',
      '1',
      '}',
      ']',
      'name',
      '=',
      '&',
      '%',
      'n'.repeat(40),
      '<a>',
      '\xff',
      '"',
      ',',
    ],
  );

  test.each(['request', 'response'] as const)(
    'reads any bytes of a %s the same at every cut',
    (direction) => {
      fc.assert(
        fc.property(fc.array(fragment, { maxLength: 9 }), (parts) => {
          const run = replayEveryCut((options) => new SniffingReader(options), bytesOf(parts.join('')), {
            direction,
          });
          expect(run.fault?.reason ?? '').not.toMatch(/^json\.(?:syntax|charset)|form|truncated/);
          if (direction === 'response') expect(run.kind).not.toBe('urlencoded');
        }),
        { numRuns: 250 },
      );
    },
  );
});

test('nested JSON is read if, and only if, JSON.parse reads it', () => {
  const fragment = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"a":',
    '"b"',
    '1',
    ',',
    ' ',
    '"\\ud800"',
    '\x01',
    '"a":1',
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 9 }), (parts) => {
      const text = parts.join('');
      let parsed: unknown = null;
      try {
        parsed = JSON.parse(text);
      } catch {
        // not JSON
      }
      let reported = 0;
      const sink = { value: () => void reported++, file: () => undefined };
      const outcome = readNestedJson(text, 'p', 'p', 0, text.length, SMALL_LIMITS, sink);
      expect(outcome).toBe(typeof parsed === 'object' && parsed !== null ? 'read' : 'absent');
      if (outcome === 'absent') expect(reported).toBe(0);
    }),
    { numRuns: 500 },
  );
});
