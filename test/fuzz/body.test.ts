/** Mutated documents of every kind through every reader: nothing throws, cuts do not matter, a seed repeats a run. */
import { describe, expect, test } from 'vitest';
import { createBodyReader } from '../../src/http/body/create-reader.ts';
import { FAULT_REASONS } from '../../src/http/body/reader.ts';
import type { BodyKind } from '../../src/http/body/reader.ts';
import { RawTextTap } from '../../src/http/body/text.ts';
import { replay, SMALL_LIMITS } from '../property/body-replay.ts';
import { FUZZ_SEED, fuzzRuns, mutate, pick, randomOf } from '../support/fuzz.ts';

const RUNS = fuzzRuns(1_500);

const SEEDS: readonly string[] = [
  '{"a":{"b":[1,-2.5e3,"x\\u00e9\\ud83d\\ude00",true,null]},"c~/":"\xc3\xa9","d":{}}',
  'name=value&x=%41%42+c&long=' + 'v'.repeat(60) + '&=&%c3%a9=1',
  '{"a":1}\n{"b":"x\\u0027"}\n\x1e[true]\n',
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n--b\r\nContent-Disposition: form-data; name="f"; ' +
    'filename="x.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--b--\r\n',
  '<?xml version="1.0"?><a x="1&amp;"><!-- c --><b:c>t&#65;<![CDATA[]]]]></b:c> <d/></a>\n',
];
const TOKENS = [
  '"',
  '\\',
  '{',
  '[',
  '\r\n',
  '\n',
  '--b',
  '<',
  '&',
  '%',
  '>',
  ']]>',
  '\xff',
  '\0',
  '=',
  "'",
  ';',
  ':',
];
const KINDS: readonly BodyKind[] = ['json', 'urlencoded', 'multipart', 'xml', 'text', 'opaque'];

describe(`body readers, seed ${FUZZ_SEED}`, () => {
  test.each(KINDS)('%s survives mutations', (kind) => {
    const random = randomOf(FUZZ_SEED);
    const faults = new Map<string, number>();
    for (let run = 0; run < RUNS; run++) {
      const body = Buffer.from(mutate(pick(SEEDS, random), TOKENS, random), 'latin1');
      const make = (options: Parameters<typeof createBodyReader>[1]) => createBodyReader(kind, options);
      const setup = { limits: SMALL_LIMITS, boundary: 'b' };
      const whole = replay(make, [body], setup);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < body.length; ) {
        const next = at + 1 + random(7);
        chunks.push(body.subarray(at, next));
        at = next;
      }
      expect(replay(make, chunks, setup), `run ${run}`).toEqual(whole);
      if (whole.fault === null) expect(whole.cleared).toBe(body.length);
      else expect(Object.keys(FAULT_REASONS)).toContain(whole.fault.reason);
      const outcome = whole.fault?.reason ?? 'read';
      faults.set(outcome, (faults.get(outcome) ?? 0) + 1);
      expect(replay((options) => new RawTextTap(options), chunks).fault).toBeNull();
    }
    expect(faults.get('read'), JSON.stringify([...faults])).toBeGreaterThan(0);
  });
});
